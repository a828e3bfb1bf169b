import type { Bar } from "./bars";

/** Times its surroundings, or one part in, at which a price is no market's but a mistake. */
const FACTOR = 3;
/** Bars on either side that it is held against. */
const REACH = 2;

/**
 * Indices, from `since` on, of the bars that are odd against their neighbours: a print of ten times
 * the price, say. They would flatten all others if the scale made room for them.
 *
 * Odd is what reaches beyond `FACTOR` times the close of a neighbour, and the median close around
 * it: a market that moved far stays there, so the bars that follow vouch for it.
 */
export function oddBars(bars: readonly Bar[], since = 0): number[] {
  const found: number[] = [];
  for (let i = Math.max(since, 0); i < bars.length; i++) {
    const bar = bars[i];
    if (bar === undefined) continue;
    const [before, after] = [bars[i - 1] ?? bar, bars[i + 1] ?? bar];
    if (isFar(bar, before.close) || isFar(bar, after.close)) {
      const around = bars.slice(Math.max(i - REACH, 0), i + REACH + 1);
      if (around.length > REACH && isFar(bar, medianClose(around))) found.push(i);
    }
  }
  return found;
}

/** Bars whose judgement changes with the newest. */
export const UNSETTLED = REACH + 1;

/** Lowest and highest price of the bars between two indices without those at `odd`; null for none. */
export function extentWithout(
  bars: readonly Bar[],
  odd: readonly number[],
  from: number,
  to: number,
): readonly [number, number] | null {
  let [low, high] = [Infinity, -Infinity];
  for (let i = Math.max(from, 0); i <= Math.min(to, bars.length - 1); i++) {
    const bar = bars[i];
    if (bar === undefined || odd.includes(i)) continue;
    low = Math.min(low, bar.low);
    high = Math.max(high, bar.high);
  }
  return low <= high ? [low, high] : null;
}

const isFar = ({ low, high }: Bar, price: number): boolean =>
  high > FACTOR * price || low * FACTOR < price;

function medianClose(bars: readonly Bar[]): number {
  const closes = bars.map((bar) => bar.close).toSorted((a, b) => a - b);
  return closes[Math.floor(closes.length / 2)] ?? NaN;
}
