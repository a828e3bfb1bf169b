/**
 * Where moments lie on an axis of bars.
 *
 * The chart places bars by their position, not by their time, so that gaps take no room. A moment
 * between two bars lies between their positions in proportion; beyond the ends the nearest step
 * goes on.
 */
export class Axis {
  constructor(readonly times: readonly number[]) {}

  /** Position of the last bar at or before a time; -1 before the first. */
  floor(time: number): number {
    let low = 0;
    let high = this.times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.times[middle] ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Fractional position of a time; null on an axis of fewer than two bars. */
  position(time: number): number | null {
    const count = this.times.length;
    if (count < 2) return null;
    const at = Math.min(Math.max(this.floor(time), 0), count - 2);
    const left = this.times[at] ?? 0;
    const right = this.times[at + 1] ?? 0;
    return at + (time - left) / (right - left);
  }

  /** Index of exactly this time, or null. */
  exact(time: number): number | null {
    const at = this.floor(time);
    return this.times[at] === time ? at : null;
  }
}

/** Times after `last` at `step` up to the first at or beyond `end`. */
export function future(last: number, step: number, end: number): number[] {
  const count = Math.max(0, Math.ceil((end - last) / step));
  return Array.from({ length: count }, (_, i) => last + (i + 1) * step);
}

/** Linear interpolation of (x, y) at `at`; null outside. */
export function interpolate(x: readonly number[], y: readonly number[], at: number): number | null {
  const count = Math.min(x.length, y.length);
  if (count === 0 || at < (x[0] ?? Infinity) || at > (x[count - 1] ?? -Infinity)) return null;
  const index = Math.min(Math.max(new Axis(x).floor(at), 0), Math.max(count - 2, 0));
  const x0 = x[index] ?? 0;
  const x1 = x[index + 1] ?? x0;
  const y0 = y[index] ?? 0;
  const y1 = y[index + 1] ?? y0;
  return x1 === x0 ? y0 : y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}
