import type { Candles, Resolution } from "../api/types";
import { seconds, type Seconds } from "./brand";

/** One bar; `time` is its opening in seconds UTC. */
export interface Bar {
  time: Seconds;
  open: number;
  high: number;
  low: number;
  close: number;
  /** Base currency; null where unknown. */
  volume: number | null;
}

/** Body of the topics `candle:*`. */
export interface CandleEvent {
  t: number;
  o: number;
  h: number;
  l: number;
  c: number;
  v: number | null;
  closed: boolean;
}

export const HOUR = 3600;

const STEPS: Record<Resolution, number> = {
  "1m": 60,
  "5m": 300,
  "15m": 900,
  "30m": 1800,
  "1h": HOUR,
  "4h": 4 * HOUR,
  "1d": 24 * HOUR,
};

/** Length of a bar in seconds. */
export const stepOf = (resolution: Resolution): number => STEPS[resolution];

/** The stream whose bars grow a bar of this resolution: the exchange's own, else the next finer. */
export function streamOf(resolution: Resolution): Resolution {
  if (resolution === "15m" || resolution === "30m") return "5m";
  return resolution === "4h" || resolution === "1d" ? "1h" : resolution;
}

/** Bars of an answer's columns. */
export function barsOf(candles: Candles): Bar[] {
  const { t, open, high, low, close, volume } = candles;
  return t.map((time, i) => ({
    time: seconds(time),
    open: open[i] ?? NaN,
    high: high[i] ?? NaN,
    low: low[i] ?? NaN,
    close: close[i] ?? NaN,
    volume: volume[i] ?? null,
  }));
}

/** Two runs of bars as one, ascending and without doubles; where both have a bar, `newer` wins. */
export function merge(older: readonly Bar[], newer: readonly Bar[]): Bar[] {
  const first = newer[0];
  const last = newer.at(-1);
  if (first === undefined || last === undefined) return [...older];
  const before = older.filter((bar) => bar.time < first.time);
  const after = older.filter((bar) => bar.time > last.time);
  return [...before, ...newer, ...after];
}

/**
 * The last bar of a run after a live event, or null where the event is older than it.
 *
 * A bar of the exchange's own interval is replaced; a coarser one grows: its high and low widen, its
 * close follows. The volume of a grown bar is unknown between reloads and keeps its last value.
 */
export function grow(last: Bar | undefined, event: CandleEvent, step: number, own: boolean) {
  const time = seconds(Math.floor(event.t / step) * step);
  if (last !== undefined && time < last.time) return null;
  const { o: open, h: high, l: low, c: close, v: volume } = event;
  if (own || last === undefined || time > last.time)
    return { time, open, high, low, close, volume };
  return {
    ...last,
    high: Math.max(last.high, high),
    low: Math.min(last.low, low),
    close,
  };
}

/** End of the newest full hour that a bar's close knows of: the as_of of its forecast. */
export const asOfBar = (time: Seconds, step: number): Seconds =>
  seconds(Math.floor((time + step) / HOUR) * HOUR);

/** Opening of the bar whose close is the price at `moment`; between bars it is not on the grid. */
export const barOfMoment = (moment: Seconds, step: number): Seconds => seconds(moment - step);
