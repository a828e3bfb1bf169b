import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { fetchBars, PAGE, queries, type ApiLayer } from "../api/queries";
import type { Level, ProfileBin, Resolution } from "../api/types";
import { barsOf, grow, merge, stepOf, streamOf, type Bar, type CandleEvent } from "../lib/bars";
import { seconds, type Seconds } from "../lib/brand";
import { onCandles } from "../live/feed";
import { retried } from "../panels/hooks";
import { symbolOf, useLive } from "../state/live";
import { useView, type LayerName } from "../state/view";

const MOST_BARS = 30_000;
/** Bars that the service gives in one answer. */
const AT_ONCE = 10_000;

/** Bars of the chosen market, newest last, and where they come from. */
export interface History {
  /** Whole runs; changes when a page or a reload arrives. */
  loaded: readonly Bar[];
  /** The newest bars as they grow; a stable function that reads the current run. */
  current: () => readonly Bar[];
  /** Hear of the last bar's growth. */
  onGrowth: (listener: () => void) => () => void;
  loadOlder: () => void;
  loadingOlder: boolean;
  complete: boolean;
  status: "pending" | "error" | "success";
  error: Error | null;
  resolutions: readonly Resolution[] | null;
  retry: () => void;
  /** A moment at which `loaded` was put together, for the measure of painting. */
  asset: string;
  resolution: Resolution;
}

export function useHistory(): History {
  const queryClient = useQueryClient();
  const asset = useView((view) => view.asset);
  const resolution = useView((view) => view.resolution);
  const symbol = useLive((live) => symbolOf(asset, live.status));
  const pages = useInfiniteQuery({
    ...queries.history(asset, resolution),
    refetchOnReconnect: false,
    refetchInterval: (query) => retried(query) || (isBare(query.state.data) ? 3000 : false),
  });
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage, refetch } = pages;

  const run = useRef<{ key: string; bars: readonly Bar[] }>({ key: "", bars: [] });
  const listeners = useRef(new Set<() => void>());
  const [patch, setPatch] = useState<{ key: string; bars: readonly Bar[] }>({ key: "", bars: [] });
  const key = `${asset}:${resolution}`;

  const loaded = useMemo(() => {
    const fetched = (data?.pages ?? []).reduce<readonly Bar[]>(
      (newer, page) => merge(barsOf(page.candles), newer),
      [],
    );
    const bars = patch.key === key ? merge(fetched, patch.bars) : fetched;
    // What grew since the answer was made is newer than the answer.
    const last = bars.at(-1);
    const grown =
      run.current.key === key && last !== undefined
        ? run.current.bars.filter((bar) => bar.time > last.time)
        : [];
    const all = merge(bars, grown);
    run.current = { key, bars: all };
    return all;
  }, [data, patch, key]);

  // Where it fails nothing is lost for good: a connection or a runner that is back brings it all.
  const reloadTail = useCallback(
    async (limit: number) => {
      const page = await fetchBars(asset, resolution, null, limit).catch(() => null);
      // Late, it may be of a market that nobody looks at any more.
      if (page === null || run.current.key !== key) return;
      setPatch((old) => ({
        key,
        bars: merge(old.key === key ? old.bars : [], barsOf(page.candles)),
      }));
    },
    [asset, resolution, key],
  );

  useEffect(() => {
    const step = stepOf(resolution);
    const stream = streamOf(resolution);
    const own = stream === resolution;
    return onCandles(symbol, stream, (event: CandleEvent) => {
      const { bars } = run.current;
      const last = bars.at(-1);
      if (run.current.key !== key || last === undefined) return;
      const bar = grow(last, event, step, own);
      if (bar === null) return;
      const missed = (bar.time - last.time) / step - 1;
      run.current.bars = bar.time === last.time ? [...bars.slice(0, -1), bar] : [...bars, bar];
      if (missed >= 1) void reloadTail(Math.min(Math.ceil(missed) + 3, AT_ONCE));
      else if (!own && event.closed) void reloadTail(3);
      listeners.current.forEach((listener) => listener());
    });
  }, [symbol, resolution, key, reloadTail]);

  // The feed was away: whatever closed meanwhile is asked for.
  const connection = useLive((live) => live.connection);
  const wasLost = useRef(false);
  useEffect(() => {
    if (connection === "lost") wasLost.current = true;
    if (connection === "open" && wasLost.current) {
      wasLost.current = false;
      void reloadTail(200);
      void queryClient.invalidateQueries({ queryKey: ["prediction"] });
      void queryClient.invalidateQueries({ queryKey: ["health"] });
    }
  }, [connection, reloadTail, queryClient]);

  return {
    loaded,
    current: useCallback(() => run.current.bars, []),
    onGrowth: useCallback((listener: () => void) => {
      listeners.current.add(listener);
      return () => void listeners.current.delete(listener);
    }, []),
    loadOlder: useCallback(() => {
      if (hasNextPage && !isFetchingNextPage && run.current.bars.length < MOST_BARS) {
        void fetchNextPage();
      }
    }, [hasNextPage, isFetchingNextPage, fetchNextPage]),
    loadingOlder: isFetchingNextPage,
    complete: data !== undefined && !hasNextPage,
    status: data === undefined ? pages.status : "success",
    error: data === undefined ? pages.error : null,
    resolutions: data?.pages[0]?.resolutions ?? null,
    retry: useCallback(() => void refetch(), [refetch]),
    asset,
    resolution,
  };
}

/** Whether the service answered and had no bars: nothing will grow, so it is asked again. */
const isBare = (data: { pages: { candles: { t: number[] } }[] } | undefined): boolean =>
  data !== undefined && data.pages.every(({ candles }) => candles.t.length === 0);

const LINE_LAYERS: readonly [LayerName, ApiLayer][] = [
  ["levels", "levels"],
  ["vwap", "vwap"],
  ["ema", "ema"],
  ["volatility", "volatility"],
];

/** Lines by name, each value on the opening time of its bar; and levels. */
export interface Indicators {
  lines: Map<string, Map<number, number | null>>;
  levels: readonly Level[];
}

const NONE: Indicators = { lines: new Map(), levels: [] };

/** Indicators of the loaded bars, renewed as bars close. */
export function useIndicators(history: History): Indicators {
  const chosen = useView((view) => view.layers);
  const layers = LINE_LAYERS.filter(([name]) => chosen.has(name)).map(([, layer]) => layer);
  const limit = Math.min(Math.max(Math.ceil(history.loaded.length / PAGE), 1) * PAGE, AT_ONCE);
  const newest = history.loaded.at(-1)?.time ?? 0;
  const { data } = useQuery({
    ...queries.marketData(history.asset, history.resolution, {
      end: null,
      limit,
      layers,
      mark: newest,
    }),
    enabled: layers.length > 0 && history.loaded.length > 0,
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  });
  return useMemo(() => {
    if (data === undefined || data.asset !== history.asset) return NONE;
    if (data.resolution !== history.resolution) return NONE;
    const { t } = data.candles;
    return {
      lines: new Map(
        data.layers.lines.map((line) => [
          line.name,
          new Map(t.map((time, i) => [time, line.values[i] ?? null])),
        ]),
      ),
      levels: data.layers.levels ?? [],
    };
  }, [data, history.asset, history.resolution]);
}

const NO_BINS: readonly ProfileBin[] = [];

/** Volume by price of the bars on screen. */
export function useProfile(
  history: History,
  range: { from: Seconds; to: Seconds } | null,
): readonly ProfileBin[] {
  const wanted = useView((view) => view.layers.has("profile"));
  // Right after a change to finer bars the screen is still that of the coarse ones.
  const fitting = range !== null && fits(range, stepOf(history.resolution));
  const { data } = useQuery({
    ...queries.marketData(history.asset, history.resolution, {
      start: range?.from ?? seconds(0),
      end: range?.to ?? seconds(0),
      limit: AT_ONCE,
      layers: ["volume_profile"],
    }),
    enabled: wanted && fitting,
    placeholderData: keepPreviousData,
    gcTime: 30_000,
  });
  const ours = data?.asset === history.asset && data.resolution === history.resolution;
  return (ours && wanted ? data.layers.volume_profile : null) ?? NO_BINS;
}

/** Whether the bars of a range are given in one answer. */
const fits = (range: { from: Seconds; to: Seconds }, step: number): boolean =>
  (range.to - range.from) / step <= AT_ONCE;
