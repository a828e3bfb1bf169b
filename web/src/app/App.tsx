import { lazy, Suspense } from "react";
import { useFeed } from "../live/feed";
import { ExplanationPanel } from "../panels/ExplanationPanel";
import { ForecastPanel } from "../panels/ForecastPanel";
import { Notices } from "../panels/Notices";
import { RecordStrip } from "../panels/RecordStrip";
import { useLive } from "../state/live";
import { show, useView } from "../state/view";
import { Mishap } from "../ui/Mishap";
import styles from "./App.module.css";
import { Header } from "./Header";
import { useKeys } from "./keys";

// The frame and the forecast are painted while the chart's code, asked for at once, is on its way.
const chart = import("../chart/Chart");
const Chart = lazy(() => chart.then((module) => ({ default: module.Chart })));
const Dialogs = lazy(() => import("./Dialogs").then((module) => ({ default: module.Dialogs })));

/** The one screen: chart, forecast and reasons beside it, the record beneath. */
export function App() {
  useFeed();
  useKeys();
  const open = useView((view) => view.dialog !== null);
  const sheet = useView((view) => view.sheet);
  const offline = useLive((live) => live.lostSince !== null);
  const kind = useLive((live) => live.kind);
  const simulated = kind === null ? "unknown" : kind !== "live";
  return (
    <div className={styles.shell} data-offline={offline} data-simulated={simulated}>
      <header className={styles.header}>
        <Header />
      </header>
      <div className={styles.notices}>
        <Notices />
      </div>
      <main className={styles.chart}>
        <div className={styles.canvas}>
          <Mishap what="The chart">
            <Suspense>
              <Chart />
            </Suspense>
          </Mishap>
        </div>
      </main>
      <aside className={styles.side} data-open={sheet} aria-label="Forecast and its reasons">
        <button
          type="button"
          className={styles.handle}
          aria-expanded={sheet}
          onClick={() => show({ sheet: !sheet })}
        >
          <span className="hidden-visually">
            {sheet ? "Lower the forecast" : "Raise the forecast"}
          </span>
        </button>
        <Mishap what="The forecast">
          <ForecastPanel />
        </Mishap>
        <Mishap what="The explanation">
          <ExplanationPanel />
        </Mishap>
      </aside>
      <footer className={styles.strip}>
        <Mishap what="The record">
          <RecordStrip />
        </Mishap>
      </footer>
      {open && (
        <Mishap what="This page" onClose={() => show({ dialog: null })}>
          <Suspense>
            <Dialogs />
          </Suspense>
        </Mishap>
      )}
    </div>
  );
}
