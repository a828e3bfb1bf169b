import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { heed } from "../api/client";
import { queries } from "../api/queries";
import type { Prediction } from "../api/types";
import { marketNow, symbolOf, useLive } from "../state/live";
import { millis } from "../lib/brand";
import { take } from "./feed";
import type { ForecastBody } from "./forecast";
import type { FeedMessage } from "./socket";

beforeEach(() => useLive.setState(useLive.getInitialState(), true));

afterEach(() => void vi.useRealTimers());

const keyOf = (hours: number) => queries.prediction("BTC", hours, "calibrated").queryKey;

/** A forecast of two horizons, as it is told. */
function told(sequence: number): ForecastBody {
  const part = { p_up: 0.5, mean: 0, vol: 0.01, confidence: "high", confidence_reason: "calm" };
  const column = [1, 2];
  const cone = {
    t: [7200, 10_800],
    lower_2sigma: column,
    lower_1sigma: column,
    mid: column,
    upper_1sigma: column,
    upper_2sigma: column,
  };
  return {
    symbol: "BTCUSDT",
    as_of: "1970-01-01T01:00:00Z",
    issued_at: null,
    sequence,
    price: 100,
    regime: "normal",
    model_version: "v2",
    late: false,
    unreliable: [],
    horizons: { "1": { ...part, quantiles: [0.1] }, "24": { ...part, quantiles: [0.1] } },
    cone,
    gbm: cone,
  } as ForecastBody;
}

/** A page that shows forecasts with a number, and hears of one. */
function hear(
  shown: number,
  type: FeedMessage["type"],
  data: ForecastBody,
  as_of = "1970-01-01T00:00:00Z",
) {
  vi.useFakeTimers();
  const queryClient = new QueryClient();
  const quantiles = [{ level: 0.5, log_return: 0, price: 100 }];
  const held = { ledger_sequence: shown, quantiles, as_of } as Prediction;
  for (const hours of [1, 24]) queryClient.setQueryData(keyOf(hours), held);
  queryClient.setQueryData(["scores", "BTC"], "of before");
  take({ type, topic: "forecast:BTCUSDT", seq: 1, data }, queryClient);
  return {
    numbers: () =>
      [1, 24].map((hours) => queryClient.getQueryData<Prediction>(keyOf(hours))?.ledger_sequence),
    outdated: () =>
      queryClient
        .getQueryCache()
        .findAll({ predicate: ({ state }) => state.isInvalidated })
        .map((query) => query.queryKey[0]),
  };
}

test("a snapshot of the forecast on screen asks nothing again", () => {
  const { numbers, outdated } = hear(7, "snapshot", told(7));
  vi.advanceTimersByTime(1000);
  expect(numbers()).toEqual([7, 7]);
  expect(outdated()).toEqual([]);
});

test("every horizon is renewed at once, all else once that has been painted", () => {
  for (const [type, number] of [
    ["snapshot", 8],
    ["update", 7],
    ["update", 8],
  ] as const) {
    const { numbers, outdated } = hear(type === "update" ? 6 : 7, type, told(number));
    expect(numbers()).toEqual([number, number]);
    expect(outdated()).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(outdated()).toEqual(["scores"]);
  }
});

test("a forecast of an hour before does not take the place of a newer one: that is asked for", () => {
  const { numbers, outdated } = hear(8, "snapshot", told(7), "1970-01-01T02:00:00Z");
  expect(numbers()).toEqual([8, 8]);
  vi.advanceTimersByTime(1000);
  expect(numbers()).toEqual([8, 8]);
  expect(outdated()).toEqual(["prediction", "prediction", "scores"]);
});

test("a horizon that a forecast does not tell is asked for", () => {
  const body = told(8);
  const { numbers, outdated } = hear(7, "update", {
    ...body,
    horizons: { "1": body.horizons["1"] } as ForecastBody["horizons"],
  });
  vi.advanceTimersByTime(1000);
  expect(numbers()).toEqual([8, 7]);
  expect(outdated()).toEqual(["prediction", "scores"]);
});

/** Hear a status, with or without a market. */
function hearStatus(queryClient: QueryClient, market: unknown, assets: object) {
  const data = { heartbeat: null, market, assets };
  take({ type: "snapshot", topic: "status", seq: 1, data }, queryClient);
}

test("what the runner has not written yet is heard without harm", () => {
  const queryClient = new QueryClient();
  hearStatus(queryClient, null, { BTCUSDT: null });
  for (const topic of ["status", "forecast:BTCUSDT", "candle:BTCUSDT:1h"]) {
    take({ type: "snapshot", topic, seq: 1, data: null }, queryClient);
  }
  const { status, kind } = useLive.getState();
  expect(status).toEqual({ heartbeat: null, market: null, assets: {} });
  expect(kind).toBeNull();
  expect(symbolOf("BTC", status)).toBe("BTCUSDT");
  expect(marketNow(status, millis(5))).toBe(5);
});

test("once there is a market, what was refused is asked for again", async () => {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const queryFn = vi.fn(() => Promise.reject(new Error("not yet")));
  const shown = new QueryObserver(queryClient, { queryKey: ["history"], queryFn });
  const leave = shown.subscribe(() => undefined);
  await vi.waitFor(() => expect(shown.getCurrentResult().isError).toBe(true));
  hearStatus(queryClient, null, {});
  expect(queryFn).toHaveBeenCalledTimes(1);
  hearStatus(queryClient, { kind: "recorded", symbols: ["BTCUSDT"] }, {});
  expect(queryFn).toHaveBeenCalledTimes(2);
  leave();
  expect(useLive.getState().kind).toBe("recorded");
});

test("once the runner has started, what was answered meanwhile is asked for again", () => {
  const queryClient = new QueryClient();
  const asked = () => queryClient.getQueryState(["history"])?.isInvalidated;
  queryClient.setQueryData(["history"], "half of it");
  for (const [state, renewed] of [
    ["starting", false],
    ["starting", false],
    ["running", true],
  ] as const) {
    const data = { heartbeat: { state }, market: { symbols: [] }, assets: {} };
    take({ type: "update", topic: "status", seq: 1, data }, queryClient);
    expect(asked()).toBe(renewed);
  }
});

test("an answer tells where prices come from while no status does", () => {
  const truth = { simulated: true, market: "invented" };
  heed({ assets: [], truth });
  expect(useLive.getState().kind).toBeNull();
  heed({ candles: {}, truth });
  expect(useLive.getState().kind).toBe("invented");
});
