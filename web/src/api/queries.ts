import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { isoOf, seconds, type Seconds } from "../lib/brand";
import { client, unwrap } from "./client";
import type { Engine, Resolution } from "./types";

/** Bars of one page; the first is on screen while older ones come. */
export const PAGE = 1500;

/** What is asked for beside the candles. */
export type ApiLayer = "volume_profile" | "levels" | "vwap" | "ema" | "volatility";

/** Past forecasts that begin from `start` and before `end`, one each `every` hours. */
export interface GhostPage {
  start: Seconds;
  end: Seconds;
  every: number;
}

/** Bars before `end` (null: the newest), from `start` on where it is given. */
export interface MarketPage {
  start?: Seconds;
  end: Seconds | null;
  limit: number;
  layers: readonly ApiLayer[];
  /** Not sent: a new mark asks anew, e.g. because a bar closed. */
  mark?: number;
}

/** So many bars before a moment; null: the newest. */
export function fetchBars(
  asset: string,
  resolution: Resolution,
  end: number | null,
  limit: number,
) {
  return unwrap(
    client.GET("/market-data", {
      params: {
        query: { asset, resolution, limit, ...(end !== null && { end: isoOf(seconds(end)) }) },
      },
    }),
  );
}

/**
 * Every question the terminal asks. Answers about the past (`at` given) never change and are kept;
 * the newest ones are renewed by the live feed (live/feed.ts), not by polling.
 */
export const queries = {
  prediction: (asset: string, horizon: number, engine: Engine, at: Seconds | null = null) =>
    queryOptions({
      queryKey: ["prediction", asset, horizon, engine, at] as const,
      queryFn: ({ signal }) =>
        unwrap(
          client.GET("/predict", {
            params: {
              query: {
                asset,
                horizon_hours: horizon,
                engine,
                ...(at !== null && { at: isoOf(at) }),
              },
            },
            signal,
          }),
        ),
      staleTime: at === null ? 30_000 : Infinity,
    }),

  explanation: (asset: string, horizon: number, at: Seconds | null = null) =>
    queryOptions({
      queryKey: ["explanation", asset, horizon, at] as const,
      queryFn: ({ signal }) =>
        unwrap(
          client.GET("/explain", {
            params: {
              query: { asset, horizon_hours: horizon, ...(at !== null && { at: isoOf(at) }) },
            },
            signal,
          }),
        ),
      // What came of a recent forecast is still to be filled in. The hour before is no stand-in:
      // its numbers would stand under the name of this one.
      staleTime: at === null ? 30_000 : 600_000,
    }),

  chance: (asset: string, horizon: number, level: number) =>
    queryOptions({
      queryKey: ["chance", asset, horizon, level] as const,
      queryFn: ({ signal }) =>
        unwrap(
          client.GET("/chance", {
            params: { query: { asset, horizon_hours: horizon, level } },
            signal,
          }),
        ),
      staleTime: 30_000,
    }),

  marketData: (asset: string, resolution: Resolution, page: MarketPage) =>
    queryOptions({
      queryKey: ["market-data", asset, resolution, page] as const,
      queryFn: ({ signal }) =>
        unwrap(
          client.GET("/market-data", {
            params: {
              query: {
                asset,
                resolution,
                limit: page.limit,
                ...(page.start !== undefined && { start: isoOf(page.start) }),
                ...(page.end !== null && { end: isoOf(page.end) }),
                ...(page.layers.length > 0 && { layers: page.layers.join(",") }),
              },
            },
            signal,
          }),
        ),
      staleTime: page.end === null ? 0 : Infinity,
    }),

  /** The newest bars, and page by page what was before them. */
  history: (asset: string, resolution: Resolution) =>
    infiniteQueryOptions({
      queryKey: ["history", asset, resolution] as const,
      initialPageParam: null as number | null,
      queryFn: ({ pageParam }) => fetchBars(asset, resolution, pageParam, PAGE),
      getNextPageParam: (page) => page.next_before,
      // Live bars keep it current; it is asked anew when the market is chosen again.
      staleTime: 0,
      gcTime: 60_000,
    }),

  ghosts: (asset: string, horizon: number, page: GhostPage) =>
    queryOptions({
      queryKey: ["ghosts", asset, horizon, page] as const,
      queryFn: ({ signal }) =>
        unwrap(
          client.GET("/ghosts", {
            params: {
              query: {
                asset,
                horizon_hours: horizon,
                start: isoOf(page.start),
                end: isoOf(page.end),
                every: page.every,
                limit: 500,
              },
            },
            signal,
          }),
        ),
      staleTime: 60_000,
      placeholderData: keepPreviousData,
    }),

  scores: (asset: string) =>
    queryOptions({
      queryKey: ["scores", asset] as const,
      queryFn: ({ signal }) =>
        unwrap(client.GET("/scores", { params: { query: { asset } }, signal })),
      staleTime: 60_000,
    }),

  health: () =>
    queryOptions({
      queryKey: ["health"] as const,
      queryFn: ({ signal }) => unwrap(client.GET("/health", { signal })),
      staleTime: 10_000,
    }),
};
