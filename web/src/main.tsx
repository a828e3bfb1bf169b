import { notifyManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { mayPass } from "./api/client";
import { queries } from "./api/queries";
import { App } from "./app/App";
import { bindUrl } from "./app/url";
import { useView } from "./state/view";
import { Mishap } from "./ui/Mishap";
import "./theme/fonts.css";
import "./theme/tokens.css";
import "./theme/base.css";

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A question that was wrong stays wrong; a service that is away comes back.
      retry: (failures, error) => mayPass(error) && failures < 2,
      retryDelay: (attempt) => 250 * 2 ** attempt,
      refetchOnWindowFocus: false,
      gcTime: 600_000,
    },
  },
});

// What the feed tells is rendered at once, not behind whatever else is waiting.
notifyManager.setScheduler(queueMicrotask);
bindUrl();
// Bars travel while the chart's code does; if they fail, the chart asks again and says so.
const { asset, resolution } = useView.getState();
queryClient.infiniteQuery(queries.history(asset, resolution)).catch(() => undefined);
const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <Mishap what="The terminal">
          <App />
        </Mishap>
      </QueryClientProvider>
    </StrictMode>,
  );
}
