/**
 * One distribution from the published quantiles, the same as `metrics/distribution.py`.
 *
 * 1. Between two published levels the quantile function is linear in the normal score.
 * 2. Beyond the outermost levels the tails are exponential, through the two outermost quantiles.
 *
 * `GET /chance` answers from the same law, so that the level dragged on screen and the API agree
 * (`distribution.golden.json` holds both to 1e-9).
 */

import { normalCdf, normalDensity, normalQuantile } from "./normal";

/** Published levels and the log returns at them, both ascending and of one length. */
export interface Distribution {
  readonly levels: readonly number[];
  readonly returns: readonly number[];
  /** Close at the origin; log returns are relative to it. */
  readonly price: number;
}

export interface QuantilePoint {
  readonly level: number;
  readonly log_return: number;
}

/** Null where the quantiles make no distribution: too few, crossing, or not numbers. */
export function distribution(
  price: number,
  quantiles: readonly QuantilePoint[],
): Distribution | null {
  const levels = quantiles.map((point) => point.level);
  const returns = quantiles.map((point) => point.log_return);
  const sound =
    levels.length >= 2 &&
    price > 0 &&
    Number.isFinite(price) &&
    levels.every((level, i) => level > 0 && level < 1 && (i === 0 || level > at(levels, i - 1))) &&
    returns.every((value, i) => Number.isFinite(value) && (i === 0 || value >= at(returns, i - 1)));
  return sound ? { levels, returns, price } : null;
}

/** Probability of a log return of at most `value`; an atom is counted half. */
export function cdf(dist: Distribution, value: number): number {
  const below = dist.returns.filter((q) => q < value).length;
  const atMost = dist.returns.filter((q) => q <= value).length;
  return (crossing(dist, value, below) + crossing(dist, value, atMost)) / 2;
}

/** Chance of a price above `level` at the horizon. */
export function chanceAbove(dist: Distribution, level: number): number {
  if (level <= 0) return 1;
  return 1 - cdf(dist, Math.log(level / dist.price));
}

/** Log return at a probability strictly between 0 and 1. */
export function quantile(dist: Distribution, probability: number): number {
  const { levels, returns } = dist;
  const last = levels.length - 1;
  const tails = tailScales(dist);
  if (probability < at(levels, 0)) {
    return at(returns, 0) + tails.down * Math.log(probability / at(levels, 0));
  }
  if (probability > at(levels, last)) {
    const beyond = Math.log((1 - probability) / (1 - at(levels, last)));
    return at(returns, last) - tails.up * beyond;
  }
  const found = levels.findIndex((level) => level >= probability);
  const right = Math.max(found, 1);
  const z0 = normalQuantile(at(levels, right - 1));
  const z1 = normalQuantile(at(levels, right));
  const share = (normalQuantile(probability) - z0) / (z1 - z0);
  return at(returns, right - 1) * (1 - share) + at(returns, right) * share;
}

/** Price at a probability. */
export function priceAt(dist: Distribution, probability: number): number {
  return dist.price * Math.exp(quantile(dist, probability));
}

export interface DensityPoint {
  readonly price: number;
  /** Probability per unit of price. */
  readonly density: number;
}

/**
 * The curve to draw over `[low, high]` in price, ascending.
 *
 * The law above has a density with a step at every published level. The drawn one goes through the
 * same quantiles, as a smooth function of the normal score, so that the area up to each of them is
 * as published and there are no steps that mean nothing.
 */
export function density(
  dist: Distribution,
  low: number,
  high: number,
  count: number,
): DensityPoint[] {
  const knots = distinct(dist);
  const [first, last] = [knots[0], knots[knots.length - 1]];
  if (first === undefined || last === undefined || knots.length < 2) return [];
  const curve = smooth(
    knots.map((knot) => knot.score),
    knots.map((knot) => knot.value),
  );
  const point = (value: number, perReturn: number): DensityPoint => {
    const price = dist.price * Math.exp(value);
    return { price, density: perReturn / price };
  };
  const middle = grid(first.score, last.score, count).map((score) => {
    const { value, slope } = curve(score);
    return point(value, normalDensity(score) / Math.max(slope, 1e-9));
  });
  const tails = tailScales(dist);
  const outside = { down: at(dist.levels, 0), up: 1 - at(dist.levels, dist.levels.length - 1) };
  const tail = (from: number, to: number, scale: number, mass: number) =>
    grid(from, to, 24).map((value) =>
      point(value, scale > 0 ? (mass / scale) * Math.exp(-Math.abs(value - to) / scale) : 0),
    );
  const below = Math.min(Math.log(low / dist.price), first.value);
  const above = Math.max(Math.log(high / dist.price), last.value);
  return [
    ...tail(below, first.value, tails.down, outside.down).slice(0, -1),
    ...middle,
    ...tail(above, last.value, tails.up, outside.up).reverse().slice(1),
  ].filter(({ price }) => price >= low && price <= high);
}

function grid(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** Quantiles without atoms: equal neighbours become one knot at their middle score. */
function distinct(dist: Distribution): { value: number; score: number }[] {
  const knots: { value: number; score: number; count: number }[] = [];
  dist.returns.forEach((value, i) => {
    const score = normalQuantile(at(dist.levels, i));
    const before = knots[knots.length - 1];
    if (before !== undefined && value - before.value < 1e-12) {
      before.score = (before.score * before.count + score) / (before.count + 1);
      before.count += 1;
    } else knots.push({ value, score, count: 1 });
  });
  return knots;
}

type Curve = (where: number) => { value: number; slope: number };

/** A cubic spline where it rises throughout; else the monotone cubic. */
function smooth(x: readonly number[], y: readonly number[]): Curve {
  const spline = hermite(x, y, splineSlopes(x, y));
  const rising = grid(at(x, 0), at(x, x.length - 1), 400).every((where) => {
    const mean = (at(y, y.length - 1) - at(y, 0)) / (at(x, x.length - 1) - at(x, 0));
    return spline(where).slope > 0.05 * mean;
  });
  return rising ? spline : hermite(x, y, monotoneSlopes(x, y));
}

/** Slopes of the natural cubic spline, by Thomas' algorithm. */
function splineSlopes(x: readonly number[], y: readonly number[]): number[] {
  const n = x.length;
  const { width, secant } = pieces(x, y);
  const upper: number[] = [0.5];
  const right: number[] = [1.5 * at(secant, 0)];
  for (let i = 1; i < n; i += 1) {
    const end = i === n - 1;
    const [left, next] = [1 / at(width, i - 1), end ? 0 : 1 / at(width, i)];
    const pull = 3 * (at(secant, i - 1) * left + (end ? 0 : at(secant, i) * next));
    const pivot = 2 * (left + next) - left * at(upper, i - 1);
    upper.push(next / pivot);
    right.push((pull - left * at(right, i - 1)) / pivot);
  }
  const slopes = [...right];
  for (let i = n - 2; i >= 0; i -= 1) slopes[i] = at(right, i) - at(upper, i) * at(slopes, i + 1);
  return slopes;
}

/** Slopes that keep the curve monotone: Fritsch and Butland (1984). */
function monotoneSlopes(x: readonly number[], y: readonly number[]): number[] {
  const { width, secant } = pieces(x, y);
  return x.map((_, i) => {
    if (i === 0) return at(secant, 0);
    if (i === x.length - 1) return at(secant, i - 1);
    const [left, right] = [at(secant, i - 1), at(secant, i)];
    if (left * right <= 0) return 0;
    const [before, after] = [at(width, i - 1), at(width, i)];
    return (3 * (before + after)) / ((2 * after + before) / left + (after + 2 * before) / right);
  });
}

function pieces(x: readonly number[], y: readonly number[]) {
  const width = x.slice(1).map((value, i) => value - at(x, i));
  const secant = width.map((size, i) => (at(y, i + 1) - at(y, i)) / size);
  return { width, secant };
}

/** The cubic through points with given slopes; its value and slope inside their range. */
function hermite(x: readonly number[], y: readonly number[], slopes: readonly number[]): Curve {
  return (where) => {
    let i = 0;
    while (i < x.length - 2 && where > at(x, i + 1)) i += 1;
    const width = at(x, i + 1) - at(x, i);
    const t = (where - at(x, i)) / width;
    const [y0, y1, m0, m1] = [at(y, i), at(y, i + 1), at(slopes, i), at(slopes, i + 1)];
    const value =
      y0 * (1 + 2 * t) * (1 - t) ** 2 +
      m0 * width * t * (1 - t) ** 2 +
      y1 * t * t * (3 - 2 * t) +
      m1 * width * t * t * (t - 1);
    const slope =
      ((y1 - y0) * 6 * t * (1 - t)) / width + m0 * (1 - t) * (1 - 3 * t) + m1 * t * (3 * t - 2);
    return { value, slope };
  };
}

/** Scales of the exponential tails. */
function tailScales({ levels, returns }: Distribution): { down: number; up: number } {
  const n = levels.length;
  return {
    down: (at(returns, 1) - at(returns, 0)) / Math.log(at(levels, 1) / at(levels, 0)),
    up:
      (at(returns, n - 1) - at(returns, n - 2)) /
      Math.log((1 - at(levels, n - 2)) / (1 - at(levels, n - 1))),
  };
}

/** Level at which the quantile function passes `value`, `place` quantiles being below it. */
function crossing(dist: Distribution, value: number, place: number): number {
  const { levels, returns } = dist;
  const size = levels.length;
  const tails = tailScales(dist);
  if (place === 0) return at(levels, 0) * decay(at(returns, 0) - value, tails.down);
  if (place === size) {
    return 1 - (1 - at(levels, size - 1)) * decay(value - at(returns, size - 1), tails.up);
  }
  const gap = at(returns, place) - at(returns, place - 1);
  const share = gap > 0 ? (value - at(returns, place - 1)) / gap : 0;
  const z0 = normalQuantile(at(levels, place - 1));
  const z1 = normalQuantile(at(levels, place));
  return normalCdf(z0 + share * (z1 - z0));
}

function decay(distance: number, scale: number): number {
  if (distance <= 0) return 1;
  return scale > 0 ? Math.exp(-distance / scale) : 0;
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no value at ${index} of ${values.length}`);
  return value;
}
