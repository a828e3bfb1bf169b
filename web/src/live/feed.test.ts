import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { queries } from "../api/queries";
import type { Prediction } from "../api/types";
import { take } from "./feed";
import type { ForecastBody } from "./forecast";
import type { FeedMessage } from "./socket";

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
