import { useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, type RefObject } from "react";
import { mayPass } from "../api/client";
import { queries } from "../api/queries";
import type { Prediction } from "../api/types";
import { millis, type Millis } from "../lib/brand";
import { marketNow, symbolOf, useLive } from "../state/live";
import { HORIZONS, useView } from "../state/view";

/** Width of an element in CSS pixels, followed as it changes. */
export function useWidth(fallback: number): [RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(fallback);
  useEffect(() => {
    const element = ref.current;
    if (element === null || typeof ResizeObserver === "undefined") return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined && entry.contentRect.width > 0) setWidth(entry.contentRect.width);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** A value once it has stood still for a while; the first is given at once. */
export function useSettled<T>(value: T, delay: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}

/** A value one frame late, so that what is more urgent is painted first; the first is given at once. */
export function useFrameLater<T>(value: T): T {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => setShown(value));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [value]);
  return shown ?? value;
}

/** This machine's clock, renewed every `every` ms. */
export function useWall(every: number): Millis {
  const [wall, setWall] = useState(() => millis(Date.now()));
  useEffect(() => {
    const timer = setInterval(() => setWall(millis(Date.now())), every);
    return () => clearInterval(timer);
  }, [every]);
  return wall;
}

/** What time it is at the exchange, renewed every `every` ms of this machine. */
export function useMarketNow(every = 1000): Millis {
  const status = useLive((live) => live.status);
  return marketNow(status, useWall(every));
}

/** The newest forecast of the chosen market and horizon. */
export function usePrediction() {
  const asset = useView((view) => view.asset);
  const horizon = useView((view) => view.horizon);
  const engine = useView((view) => view.engine);
  return useQuery({
    ...queries.prediction(asset, horizon, engine),
    // The feed brings new forecasts; asking again keeps what is said about their truth fresh.
    refetchInterval: (query) => retried(query) || 5000,
    // A change of horizon keeps the old figures, with their own label, until the new ones come.
    placeholderData: (before) => (before?.asset === asset ? before : undefined),
  });
}

/** The newest forecasts of every horizon, null where there is none yet. */
export function usePredictions(): (Prediction | null)[] {
  const asset = useView((view) => view.asset);
  const engine = useView((view) => view.engine);
  return useQueries({
    queries: HORIZONS.map((hours) => queries.prediction(asset, hours, engine)),
    combine: (answers) => answers.map((answer) => answer.data ?? null),
  });
}

/** The last error until there is an answer: asking again does not make it go away. */
export function useTrouble({ data, error }: { data: unknown; error: Error | null }): Error | null {
  const [kept, setKept] = useState(error);
  const now = error ?? (data === undefined ? kept : null);
  if (now !== kept) setKept(now);
  return now;
}

/** Ask again every three seconds while the service is in trouble; a wrong question stays wrong. */
export function retried({ state }: { state: { status: string; error: Error | null } }) {
  return state.status === "error" && mayPass(state.error) ? 3000 : false;
}

/** The last price that was heard of the chosen market; null before the first. */
export function useLastPrice(): number | null {
  const asset = useView((view) => view.asset);
  return useLive((live) => live.price[symbolOf(asset, live.status)] ?? null);
}
