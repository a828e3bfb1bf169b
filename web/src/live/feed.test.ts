import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";
import { heed } from "../api/client";
import { queries } from "../api/queries";
import type { Prediction } from "../api/types";
import { marketNow, symbolOf, useLive } from "../state/live";
import { millis } from "../lib/brand";
import { take } from "./feed";
import type { ForecastBody } from "./forecast";
import type { FeedMessage } from "./socket";

beforeEach(() => useLive.setState(useLive.getInitialState(), true));

const { queryKey } = queries.prediction("BTC", 24, "calibrated");

/** A page that shows the forecast with a number, and hears of one. */
function hear(shown: number, type: FeedMessage["type"], told: number): boolean {
  const queryClient = new QueryClient();
  queryClient.setQueryData(queryKey, { ledger_sequence: shown } as Prediction);
  const body = { symbol: "BTCUSDT", sequence: told, horizons: {} } as ForecastBody;
  take({ type, topic: "forecast:BTCUSDT", seq: 1, data: body }, queryClient);
  return queryClient.getQueryState(queryKey)?.isInvalidated ?? false;
}

test("a snapshot of the forecast on screen asks nothing again", () => {
  expect(hear(7, "snapshot", 7)).toBe(false);
});

test("a snapshot of a newer forecast, and every update, renews what is shown", () => {
  expect(hear(7, "snapshot", 8)).toBe(true);
  expect(hear(7, "update", 8)).toBe(true);
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

test("an answer tells where prices come from while no status does", () => {
  const truth = { simulated: true, market: "invented" };
  heed({ assets: [], truth });
  expect(useLive.getState().kind).toBeNull();
  heed({ candles: {}, truth });
  expect(useLive.getState().kind).toBe("invented");
});
