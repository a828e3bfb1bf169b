/** Answers and a page for the tests of the panels. */

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import axe from "axe-core";
import type { ReactNode } from "react";
import { queries } from "../api/queries";
import type { Contribution, Explanation, Prediction, Scorecard, Scores, Truth } from "../api/types";
import golden from "../lib/distribution.golden.json";
import { distribution, quantile } from "../lib/distribution";
import { useLive } from "../state/live";
import { DEFAULT_VIEW, HORIZONS, useView } from "../state/view";

export const AS_OF = "2024-03-06T13:00:00Z";

export const TRUTH: Truth = {
  simulated: true,
  market: "recorded",
  stale: false,
  unreliable: false,
  reasons: [],
  market_time: "2024-03-06T13:20:00Z",
};

/** A forecast over `hours`: the first golden distribution, as wide as the root of time. */
export function prediction(hours = 24, change: Partial<Prediction> = {}): Prediction {
  const [law] = golden.cases;
  if (law === undefined) throw new Error("no golden distribution");
  const price = law.price;
  const width = Math.sqrt(hours / 24);
  const quantiles = law.quantiles.map(({ level, log_return }) => ({
    level,
    log_return: log_return * width,
    price: price * Math.exp(log_return * width),
  }));
  const dist = distribution(price, quantiles);
  if (dist === null) throw new Error("golden quantiles cross");
  const at = (level: number) => price * Math.exp(quantile(dist, level));
  return {
    asset: "BTC",
    symbol: "BTCUSDT",
    horizon_hours: hours,
    as_of: AS_OF,
    target_time: new Date(Date.parse(AS_OF) + hours * 3.6e6).toISOString(),
    issued_at: "2024-03-06T13:00:01Z",
    source: "published",
    ledger_sequence: 18_231,
    price,
    p_up: 0.52,
    p_down: 0.48,
    expected_move: 0.001 * width,
    expected_price: at(0.5),
    volatility: 0.02 * width,
    confidence: "medium",
    confidence_reason: "its width is ordinary for 90 days",
    regime: "normal",
    quantiles,
    cone: [
      {
        t: AS_OF,
        lower_2sigma: at(0.023),
        lower_1sigma: at(0.159),
        mid: at(0.5),
        upper_1sigma: at(0.841),
        upper_2sigma: at(0.977),
      },
    ],
    cone_engine: "calibrated",
    model: "barograph",
    model_version: "0.2.0",
    risk: { size: 1, refused: [], holding: [] },
    truth: TRUTH,
    ...change,
  };
}

function contribution(group: string, value: number, before: number | null): Contribution {
  return { group, name: `Name of ${group}`, words: `Words of ${group} with 5.6 %.`, value, before };
}

/** What was believed at `AS_OF` over 24 hours. */
export function explanation(change: Partial<Explanation> = {}): Explanation {
  const parts = [
    contribution("seasonality", 0.1, 0.05),
    contribution("recent_volatility", -0.04, -0.1),
  ];
  const odds = [contribution("drift", 0.06, 0.06), contribution("calibration", 0.02, null)];
  return {
    asset: "BTC",
    symbol: "BTCUSDT",
    horizon_hours: 24,
    as_of: AS_OF,
    source: "walk_forward",
    price: 60_000,
    p_up: 0.52,
    expected_move: 0.001,
    volatility: Math.exp(-4 + 0.06),
    lower_1sigma: 58_800,
    upper_1sigma: 61_300,
    lower_2sigma: 57_600,
    upper_2sigma: 62_500,
    confidence: "medium",
    regime: "high_volatility",
    log_volatility: { base: -4, total: -3.94, contributions: parts },
    log_odds_up: { base: 0, total: 0.08, contributions: odds },
    changed: ["The last hour moved 1.9 %."],
    reasons: ["First reason.", "Second reason.", "Third reason.", "Fourth reason."],
    realised: 0.01,
    truth: TRUTH,
    ...change,
  };
}

/** The record at one horizon. */
export function scorecard(hours = 24, change: Partial<Scorecard> = {}): Scorecard {
  const held = (value: number) => ({ value, low: value - 0.012, high: value + 0.012 });
  return {
    horizon_hours: hours,
    source: "walk_forward",
    first: "2021-01-01T00:00:00Z",
    last: "2025-06-30T00:00:00Z",
    count: 39_000,
    effective_count: 39_000 / hours,
    coverage: [
      { nominal: 0.5, held: held(0.497) },
      { nominal: 0.682, held: held(0.676) },
      { nominal: 0.8, held: held(0.799) },
      { nominal: 0.9, held: held(0.902) },
      { nominal: 0.954, held: held(0.93) },
    ],
    reliability_up: [
      { said: 0.48, happened: 0.49, count: 13_000 },
      { said: 0.5, happened: 0.5, count: 13_000 },
      { said: 0.53, happened: 0.52, count: 13_000 },
    ],
    pit: [0.1, 0.09, 0.11, 0.1, 0.1, 0.1, 0.1, 0.1, 0.09, 0.11],
    pinball: 0.006,
    qlike: 0.25,
    skill: { value: 3.1, low: 1.2, high: 4.8 },
    baseline: "ewma",
    direction: { value: 0.509, low: 0.503, high: 0.515 },
    ...change,
  };
}

export const SCORES: Scores = {
  asset: "BTC",
  walk_forward: HORIZONS.map((hours) => scorecard(hours)),
  live: [],
  truth: TRUTH,
};

/** A query client that has been told everything and asks nothing by itself. */
export function told(): QueryClient {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Infinity, gcTime: Infinity } },
  });
  for (const hours of HORIZONS) {
    const { queryKey } = queries.prediction("BTC", hours, "calibrated");
    client.setQueryData(queryKey, prediction(hours));
    client.setQueryData(queries.explanation("BTC", hours).queryKey, explanation());
  }
  client.setQueryData(queries.scores("BTC").queryKey, SCORES);
  return client;
}

/** Show something from a fresh view. */
export function page(children: ReactNode, client = told()) {
  useView.setState(DEFAULT_VIEW, true);
  useLive.setState(useLive.getInitialState(), true);
  return { client, ...render(<Within client={client}>{children}</Within>) };
}

function Within({ client, children }: { client: QueryClient; children: ReactNode }) {
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}

/** What a screen reader would stumble over; colours are judged in the browser. */
export async function obstacles(element: Element): Promise<string[]> {
  const found = await axe.run(element, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}
