import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { PAGE, queries } from "../api/queries";
import type { MarketData } from "../api/types";
import { take } from "../live/feed";
import { useLive } from "../state/live";
import { DEFAULT_VIEW, useView } from "../state/view";
import { useHistory } from "./history";

const { GET } = vi.hoisted(() => ({ GET: vi.fn() }));

vi.mock("../api/client", async (original) => ({
  ...(await original<typeof import("../api/client")>()),
  client: { GET },
}));

beforeEach(() => {
  useView.setState({ ...DEFAULT_VIEW, asset: "BTC", resolution: "1h" }, true);
  useLive.setState(useLive.getInitialState(), true);
  GET.mockReset();
});

/** Hourly bars, all at one price. */
function bars(hours: readonly number[], price: number): MarketData {
  const column = hours.map(() => price);
  const [open, high, low, close, volume] = [column, column, column, column, column];
  const candles = { t: hours.map((hour) => hour * 3600), open, high, low, close, volume };
  return { candles, resolutions: ["1h"], next_before: null } as unknown as MarketData;
}

/** A chart of two markets whose bars are there, and what its requests for more are answered. */
function shown() {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, gcTime: Infinity } },
  });
  for (const [asset, price] of [
    ["BTC", 100],
    ["ETH", 10],
  ] as const) {
    const { queryKey } = queries.history(asset, "1h");
    client.setQueryData(queryKey, { pages: [bars([1, 2], price)], pageParams: [null] });
  }
  const answers: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  // Whole pages are there; what is asked for besides is answered by the test.
  GET.mockImplementation(
    (_, { params }: { params: { query: { limit: number } } }) =>
      new Promise((resolve, reject) => {
        if (params.query.limit < PAGE) answers.push({ resolve, reject });
      }),
  );
  const { result } = renderHook(useHistory, {
    wrapper: ({ children }) => (
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    ),
  });
  const candle = (symbol: string, hour: number, price: number) => {
    const data = { t: hour * 3600, o: price, h: price, l: price, c: price, v: 1, closed: false };
    act(() => take({ type: "update", topic: `candle:${symbol}:1h`, seq: 1, data }, client));
  };
  return {
    candle,
    answers,
    settle: () => act(() => new Promise((resolve) => setTimeout(resolve))),
    held: () => result.current.loaded.map(({ time, close }) => [time / 3600, close]),
  };
}

const answered = (data: MarketData) => ({ data, response: new Response() });

test("an answer about the market of before leaves the bars of the present one alone", async () => {
  const { candle, answers, settle, held } = shown();
  candle("BTCUSDT", 5, 100);
  act(() => useView.setState({ asset: "ETH" }));
  candle("ETHUSDT", 5, 10);
  const [ofBefore, ofNow] = answers;
  ofNow?.resolve(answered(bars([2, 3, 4, 5], 11)));
  await settle();
  ofBefore?.resolve(answered(bars([3, 4, 5], 100)));
  await settle();
  expect(held()).toEqual([[1, 10], ...[2, 3, 4, 5].map((hour) => [hour, 11])]);
});

test("where bars that were missed cannot be had, those that are there stay", async () => {
  const { candle, answers, settle, held } = shown();
  candle("BTCUSDT", 5, 100);
  answers[0]?.reject(new Error("away"));
  await settle();
  expect(held()).toEqual([1, 2].map((hour) => [hour, 100]));
  candle("BTCUSDT", 8, 100);
  answers[1]?.resolve(answered(bars([3, 4, 5, 6, 7], 100)));
  await settle();
  expect(held()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((hour) => [hour, 100]));
});
