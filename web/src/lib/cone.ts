import type { ConePoint, Ghost, Prediction } from "../api/types";
import { secondsOf } from "./brand";

/** A cone as columns; `t` are moments in seconds, the rest prices. */
export interface Cone {
  asOf: number;
  price: number;
  t: number[];
  lower2: number[];
  lower1: number[];
  mid: number[];
  upper1: number[];
  upper2: number[];
}

/** The cone of a prediction, begun at its price; null where it has no points. */
export function coneOf(prediction: Pick<Prediction, "as_of" | "price" | "cone">): Cone | null {
  const asOf = secondsOf(prediction.as_of);
  const points = prediction.cone.filter((point) => secondsOf(point.t) > asOf);
  if (points.length === 0) return null;
  const column = (pick: (point: ConePoint) => number) => [prediction.price, ...points.map(pick)];
  return {
    asOf,
    price: prediction.price,
    t: [asOf, ...points.map((point) => secondsOf(point.t))],
    lower2: column((point) => point.lower_2sigma),
    lower1: column((point) => point.lower_1sigma),
    mid: column((point) => point.mid),
    upper1: column((point) => point.upper_1sigma),
    upper2: column((point) => point.upper_2sigma),
  };
}

const BEND = 10;

/**
 * A past cone drawn from its end: between its beginning and its end it opens with the square root of
 * time, as returns of independent hours would; only the end is what was published.
 */
export function coneOfGhost(ghost: Ghost): Cone {
  const asOf = secondsOf(ghost.as_of);
  const length = secondsOf(ghost.target_time) - asOf;
  const shares = Array.from({ length: BEND + 1 }, (_, i) => i / BEND);
  const drift = Math.log(ghost.mid / ghost.price);
  const column = (end: number) => {
    const spread = Math.log(end / ghost.mid);
    return shares.map((share) => ghost.price * Math.exp(drift * share + spread * Math.sqrt(share)));
  };
  return {
    asOf,
    price: ghost.price,
    t: shares.map((share) => asOf + share * length),
    lower2: column(ghost.lower_2sigma),
    lower1: column(ghost.lower_1sigma),
    mid: column(ghost.mid),
    upper1: column(ghost.upper_1sigma),
    upper2: column(ghost.upper_2sigma),
  };
}

/**
 * Ghosts that do not crowd: those whose beginning lies on a grid of `every` hours, a multiple of
 * the horizon that leaves at least `room` pixels between two ends.
 */
export function thin(
  ghosts: readonly Ghost[],
  horizonHours: number,
  pixelsPerHour: number,
  room: number,
): Ghost[] {
  const every = spacing(horizonHours, pixelsPerHour, room);
  return ghosts.filter((ghost) => (secondsOf(ghost.as_of) / 3600) % every === 0);
}

/** Hours between two ghosts: the least multiple of the horizon that takes `room` pixels. */
export function spacing(horizonHours: number, pixelsPerHour: number, room: number): number {
  const own = Math.max(horizonHours * pixelsPerHour, 1e-9);
  return horizonHours * Math.max(1, Math.ceil(room / own));
}
