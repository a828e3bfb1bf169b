/** Words for what the API says in codes, and what a reader may conclude from the record. */

import { ApiError, isStarting } from "../api/client";
import type { Contribution, Explanation, Ghost, Grade, Regime, Scorecard } from "../api/types";
import { count, duration, horizonWords, month, percent, signedPoints } from "./format";

export interface Words {
  readonly short: string;
  readonly long: string;
}

export const REGIMES: Readonly<Record<Regime, Words>> = {
  low_volatility: { short: "Calm", long: "prices move less than in most of the last months" },
  normal: { short: "Ordinary", long: "prices move about as much as they usually do" },
  high_volatility: { short: "Restless", long: "prices move more than in most of the last months" },
  trending_up: {
    short: "Trending up",
    long: "a rise that is large for the volatility of its days",
  },
  trending_down: {
    short: "Trending down",
    long: "a fall that is large for the volatility of its days",
  },
  panic: { short: "Panic", long: "a fast fall with far more movement than usual" },
  unknown: { short: "Unknown", long: "too few bars to tell" },
};

export const GRADES: Readonly<Record<Grade, { pips: number; long: string }>> = {
  low: { pips: 1, long: "expect the bands to be less sharp than usual" },
  medium: { pips: 2, long: "about as sharp as usual" },
  high: { pips: 3, long: "sharper than usual, and as well calibrated" },
};

export interface Row {
  readonly name: string;
  readonly label: string;
  readonly words: readonly string[];
  readonly value: number;
  /** The same one bar earlier; null where any part of it is unknown. */
  readonly before: number | null;
  /** Where the bar of this row starts: the sum of all rows above. */
  readonly from: number;
}

/** Contributions summed by group, in the order of their first appearance, so that rows stay where
 * they are as the crosshair moves. */
export function waterfall(sum: Explanation["log_volatility"]): Row[] {
  const groups = new Map<string, Contribution[]>();
  for (const part of sum.contributions) {
    groups.set(part.group, [...(groups.get(part.group) ?? []), part]);
  }
  let from = sum.base;
  return [...groups].map(([name, parts]) => {
    const row = {
      name,
      label: parts[0]?.name ?? name,
      words: parts.map((part) => part.words).filter((words) => words !== ""),
      value: total(parts.map((part) => part.value)) ?? 0,
      before: total(parts.map((part) => part.before)),
      from,
    };
    from += row.value;
    return row;
  });
}

/** The sum; null where a part is unknown. */
function total(parts: readonly (number | null)[]): number | null {
  return parts.reduce<number | null>(
    (sum, part) => (sum === null || part === null ? null : sum + part),
    0,
  );
}

/** How likely a sum of log-odds is. */
export function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

export type Outcome = Ghost["outcome"];

/** Which band a realised return fell into. */
export function outcome(belief: Explanation): Outcome {
  const { realised, price } = belief;
  if (realised === null) return "open";
  const came = price * Math.exp(realised);
  if (came >= belief.lower_1sigma && came <= belief.upper_1sigma) return "inside_1sigma";
  if (came >= belief.lower_2sigma && came <= belief.upper_2sigma) return "inside_2sigma";
  return "outside";
}

export const OUTCOMES: Readonly<Record<Outcome, Words>> = {
  inside_1sigma: { short: "Held", long: "inside the band that should hold two times in three" },
  inside_2sigma: {
    short: "Outer band",
    long: "outside the two-thirds band, inside the one that should hold 19 times in 20",
  },
  outside: { short: "Missed", long: "outside both bands, as one in twenty should be" },
  open: { short: "Open", long: "its time has not come yet" },
  missing: { short: "No price", long: "there is no price for the hour it was about" },
};

export interface Trouble {
  readonly title: string;
  readonly message: string;
  /** What happens next, or what to do. */
  readonly next: string;
}

const NEXT: Readonly<Record<string, readonly [string, string]>> = {
  PREDICTION_UNAVAILABLE: ["No forecast yet", "It appears here as soon as there is one."],
  STORE_UNAVAILABLE: ["The forecasts cannot be read", "Asking again every few seconds."],
  UNKNOWN_ASSET: ["This market is not followed", "Choose another with /."],
  BAD_HORIZON: ["No forecast so far ahead", "Choose a horizon with 1 to 6."],
  NOT_FOUND: ["Nothing was believed at this hour", "Choose another bar, or Esc for the newest."],
  BAD_RANGE: ["The range makes no sense", "Esc goes back to the newest bars."],
  RANGE_TOO_LONG: ["The range is too long", "Zoom in, or take coarser bars."],
};

/** An error in words: what is wrong, and what happens next. */
export function trouble(error: unknown): Trouble {
  if (error instanceof ApiError) {
    // Where no market is known at all, none has been refused.
    const code = error.status === 404 && isStarting(error) ? "PREDICTION_UNAVAILABLE" : error.code;
    const [title, next] = NEXT[code] ?? [
      `The service answered ${error.status}`,
      error.status >= 500 ? "Asking again every few seconds." : "Reload the page to start afresh.",
    ];
    return { title, message: error.failure?.error.message ?? "", next };
  }
  return {
    title: "The service does not answer",
    message: "",
    next: "Asking again every few seconds; what is shown is the last that was known.",
  };
}

/** How far a start has come where the words of it say so: "43 % done" is 0.43. */
export function progress(doing: string): number | null {
  const found = /(\d+(?:\.\d+)?)\s*%/.exec(doing);
  return found === null ? null : Math.min(1, Number(found[1]) / 100);
}

/** The coverage of a nominal level, 0.68 for instance. */
export function covered(card: Scorecard, nominal: number): Scorecard["coverage"][number] | null {
  return card.coverage.find((item) => Math.abs(item.nominal - nominal) < 0.006) ?? null;
}

/** Whether the interval of a coverage holds what was promised. */
export function kept(item: Scorecard["coverage"][number]): boolean {
  const { value, low, high } = item.held;
  if (low === null || high === null) return Math.abs(value - item.nominal) <= TOLERATED;
  return low <= item.nominal && item.nominal <= high;
}

/** Fewest outcomes that do not overlap before a live record is called one. */
export const ENOUGH = 30;

/** Outcomes that do not overlap, at least by the clock: overlapping ones repeat each other. */
export function independent(card: Scorecard): number {
  return card.effective_count ?? card.count / card.horizon_hours;
}

/** How a two-thirds band fared, in a sentence. */
export function coverageWords(card: Scorecard): string {
  const item = covered(card, 0.68);
  if (item === null || card.count === 0) return "No forecast of this horizon has matured yet.";
  const { value, low, high } = item.held;
  const span =
    low === null || high === null ? "" : ` (95 % interval ${percent(low)} to ${percent(high)})`;
  return `The two-thirds band held ${percent(value)} of the time${span}: ${judged(item)}.`;
}

/** Points a coverage may miss by before it is called narrow or wide. */
export const TOLERATED = 0.01;

function judged(item: Scorecard["coverage"][number]): string {
  const miss = item.held.value - item.nominal;
  const promise = `the promised ${percent(item.nominal)}`;
  if (kept(item)) return `as promised (${percent(item.nominal)}), within what chance allows`;
  if (Math.abs(miss) <= TOLERATED) return `within a point of ${promise}`;
  return miss < 0
    ? `less than ${promise}; the bands were too narrow`
    : `more than ${promise}; the bands were too wide`;
}

/** What the skill figure means, in a sentence. */
export function skillWords(card: Scorecard): string {
  if (card.skill === null) return "Too little to compare with a simpler model.";
  const { value, low, high } = card.skill;
  const rival = baseline(card);
  const span =
    low === null || high === null
      ? ""
      : ` (95 % interval ${signedPoints(low)} to ${signedPoints(high)})`;
  if (low !== null && low > 0) {
    return `Its error is ${signedPoints(value).replace("+", "")} below ${rival}'s${span}.`;
  }
  if (high !== null && high < 0) {
    return `It does worse than ${rival}: ${signedPoints(value)}${span}.`;
  }
  return `Not told apart from ${rival}: ${signedPoints(value)}${span}.`;
}

/** What the share of right signs means, in a sentence. */
export function directionWords(card: Scorecard): string {
  if (card.direction === null) return "";
  const { value, low, high } = card.direction;
  const clear = low !== null && high !== null && (low > 0.5 || high < 0.5);
  return clear
    ? `It was right about the direction ${percent(value)} of the time: a lean, not a signal to trade on.`
    : `It was right about the direction ${percent(value)} of the time: no better than a coin, as an honest forecast of price mostly is.`;
}

/** What a live record of this size is worth. */
export function liveWords(card: Scorecard | undefined, hours: number): string {
  if (card === undefined || card.count === 0) {
    return `No published forecast of ${horizonWords(hours)} has matured yet. The first one does ${horizonWords(hours)} after it was published.`;
  }
  const alone = Math.max(1, Math.floor(independent(card)));
  const since = card.first === null ? "" : ` since ${month(card.first)}`;
  const size = `${count(card.count)} published and matured${since}`;
  if (alone >= ENOUGH) return `${size}, about ${count(alone)} of them without overlap.`;
  const needed = (ENOUGH - alone) * hours * 3600;
  return `${size}, which overlap so much that they count as about ${count(alone)}. That is too few to judge by: ${ENOUGH} take another ${duration(needed)}.`;
}

/** The simpler model it is compared with, as people write it. */
export function baseline(card: Scorecard): string {
  const name = card.baseline ?? "the baseline";
  const known: Record<string, string> = {
    garch: "GARCH",
    garch_t: "GARCH",
    ewma: "EWMA",
    har: "HAR",
    random_walk: "a random walk",
  };
  return known[name] ?? name.replaceAll("_", " ");
}
