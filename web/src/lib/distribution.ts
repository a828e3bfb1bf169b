/**
 * One distribution from the published quantiles, the same as `metrics/distribution.py`.
 *
 * 1. Between two published levels the quantile function is linear in the normal score.
 * 2. Beyond the outermost levels the tails are exponential, through the two outermost quantiles.
 *
 * `GET /chance` answers from the same law, so that the level dragged on screen and the API agree
 * (`distribution.golden.json` holds both to 1e-9).
 */

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
 * The curve to draw, of `count` points over `[low, high]` in price.
 *
 * The law above has a density with a step at every published level. The drawn one goes through the
 * same quantiles by a monotone cubic in the normal score (Fritsch and Carlson), so that the area
 * up to each published quantile is exact and there are no steps that mean nothing.
 */
export function density(
  dist: Distribution,
  low: number,
  high: number,
  count: number,
): DensityPoint[] {
  const knots = distinct(dist);
  const curve = monotoneCubic(
    knots.map((knot) => knot.value),
    knots.map((knot) => knot.score),
  );
  const tails = tailScales(dist);
  const first = at(dist.returns, 0);
  const last = at(dist.returns, dist.returns.length - 1);
  const outside = {
    down: at(dist.levels, 0),
    up: 1 - at(dist.levels, dist.levels.length - 1),
  };
  return Array.from({ length: count }, (_, i) => {
    const price = low + ((high - low) * i) / (count - 1);
    const value = Math.log(price / dist.price);
    let perReturn: number;
    if (value < first) perReturn = exponential(first - value, tails.down, outside.down);
    else if (value > last) perReturn = exponential(value - last, tails.up, outside.up);
    else {
      const { value: score, slope } = curve(value);
      perReturn = normalDensity(score) * slope;
    }
    return { price, density: perReturn / price };
  });
}

function exponential(distance: number, scale: number, mass: number): number {
  return scale > 0 ? (mass / scale) * Math.exp(-distance / scale) : 0;
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

/** Monotone cubic through ascending points; gives value and slope inside their range. */
export function monotoneCubic(
  x: readonly number[],
  y: readonly number[],
): (at: number) => { value: number; slope: number } {
  const n = x.length;
  if (n < 2) return () => ({ value: y[0] ?? 0, slope: 0 });
  const secants = Array.from(
    { length: n - 1 },
    (_, i) => (at(y, i + 1) - at(y, i)) / (at(x, i + 1) - at(x, i)),
  );
  const slopes = x.map((_, i) => {
    if (i === 0) return at(secants, 0);
    if (i === n - 1) return at(secants, n - 2);
    const left = at(secants, i - 1);
    const right = at(secants, i);
    if (left * right <= 0) return 0;
    const w1 = 2 * (at(x, i + 1) - at(x, i)) + (at(x, i) - at(x, i - 1));
    const w2 = at(x, i + 1) - at(x, i) + 2 * (at(x, i) - at(x, i - 1));
    return (w1 + w2) / (w1 / left + w2 / right);
  });
  return (where) => {
    let i = 0;
    while (i < n - 2 && where > at(x, i + 1)) i += 1;
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

/** Density of the standard normal law. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** Distribution function of the standard normal law: its series in the middle, Lentz's continued
 * fraction in the tails; 1e-15. */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z > 3) return 1 - normalCdf(-z);
  if (z < -38) return 0;
  if (z >= -3) {
    let term = z;
    let sum = z;
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 200; k += 1) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 + normalDensity(z) * sum;
  }
  // Mills' ratio: 1/(x + 1/(x + 2/(x + 3/(x + ...)))), from the inside out.
  const x = -z;
  let fraction = x;
  for (let k = 120; k >= 1; k -= 1) fraction = x + k / fraction;
  return normalDensity(z) / fraction;
}

const NEAR = {
  top: [
    3.3871328727963666, 133.14166789178438, 1971.5909503065513, 13731.69376550946,
    45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227,
  ],
  bottom: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597,
    39307.89580009271, 28729.085735721943, 5226.495278852854,
  ],
};
const FAR = {
  top: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045,
    1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 7.745450142783414e-4,
  ],
  bottom: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
    0.015198666563616457, 5.475938084995345e-4, 1.0507500716444169e-9,
  ],
};
const FARTHEST = {
  top: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
    0.026532189526576124, 0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  bottom: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 7.868691311456133e-4,
    1.8463183175100548e-5, 1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

function ratio({ top, bottom }: typeof NEAR, x: number): number {
  const polynomial = (terms: number[]) => terms.reduceRight((sum, term) => sum * x + term, 0);
  return polynomial(top) / polynomial(bottom);
}

/** Quantile of the standard normal law: Wichura (1988), algorithm AS 241, 1e-16. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(NEAR, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const size = r <= 5 ? ratio(FAR, r - 1.6) : ratio(FARTHEST, r - 5);
  return q < 0 ? -size : size;
}
