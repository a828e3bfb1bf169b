/** Where things are in the plot of a distribution; pure, so that it is tested without a screen. */

import { density, priceAt, type Distribution } from "../../lib/distribution";
import * as format from "../../lib/format";

export interface Label {
  readonly price: number;
  readonly x: number;
  readonly text: string;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Top of the curve and its base line, in pixels from above. */
  readonly top: number;
  readonly base: number;
  /** Prices at the left and right edge. */
  readonly low: number;
  readonly high: number;
  readonly x: (price: number) => number;
  readonly price: (x: number) => number;
  readonly clamp: (price: number) => number;
  /** The prices that fit as labels, the first ones first. */
  readonly labels: (prices: readonly number[]) => Label[];
}

const TOP = 15;
const BASE = 92;
const HEIGHT = 122;
/** Width of a character of a label, px. */
const CHARACTER = 6.5;

/** What the plot shows in any case: 98.4 % of the distribution. */
function inside(dist: Distribution): { low: number; high: number; span: number } {
  const [low, high] = [priceAt(dist, 0.008), priceAt(dist, 0.992)];
  return { low, high, span: high - low || dist.price * 0.001 };
}

/** The last price where room must be made for it; null where it is within the plot anyway. */
export function outlying(dist: Distribution, live: number | null): number | null {
  const { low, high, span } = inside(dist);
  const within = live === null || (live > low + span * 0.03 && live < high - span * 0.03);
  return within ? null : live;
}

/** The plot shows 98.4 % of the distribution, and the last price wherever it is within reason. */
export function frame(dist: Distribution, width: number, live: number | null): Frame {
  const { span, ...inner } = inside(dist);
  const reach = live === null ? dist.price : live;
  const low = Math.max(inner.low - span / 2, Math.min(inner.low, reach - span * 0.03));
  const high = Math.min(inner.high + span / 2, Math.max(inner.high, reach + span * 0.03));
  const x = (price: number) => ((price - low) / (high - low)) * width;
  const digits = format.priceDigits(dist.price);
  return {
    width,
    height: HEIGHT,
    top: TOP,
    base: BASE,
    low,
    high,
    x,
    price: (at) => low + (at / width) * (high - low),
    clamp: (price) => Math.min(high, Math.max(low, price)),
    labels: (prices) => {
      const placed: (Label & { half: number })[] = [];
      for (const price of prices) {
        const text = format.price(price, digits);
        const half = (text.length * CHARACTER) / 2;
        const at = Math.min(width - half, Math.max(half, x(price)));
        if (placed.every((other) => Math.abs(other.x - at) >= half + other.half + 4)) {
          placed.push({ price, x: at, text, half });
        }
      }
      return placed;
    },
  };
}

/** The curve as SVG paths. */
export function outline(view: Frame, dist: Distribution): { line: string; area: string } {
  const points = density(dist, view.low, view.high, 160);
  const peak = Math.max(...points.map((point) => point.density)) || 1;
  const line = points
    .map(({ price, density: value }, i) => {
      const y = view.base - (value / peak) * (view.base - view.top - 4);
      return `${i === 0 ? "M" : "L"}${view.x(price).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
  return { line, area: `${line}L${view.width} ${view.base}L0 ${view.base}Z` };
}

/** A round step of about a fiftieth of the two-sigma band: 1, 2 or 5 times a power of ten. */
export function step(dist: Distribution): number {
  const raw = (priceAt(dist, 0.977) - priceAt(dist, 0.023)) / 50 || dist.price * 1e-4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const lead = raw / power;
  return power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10);
}

/** The roundest level close to a price, to begin with. */
export function roundLevel(price: number, dist: Distribution): number {
  const unit = step(dist) * 10;
  return Math.round(price / unit) * unit;
}
