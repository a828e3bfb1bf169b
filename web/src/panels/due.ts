/** Which notices are due; pure. */

import type { Holding, Truth } from "../api/types";
import * as format from "../lib/format";
import type { StatusBody } from "../state/live";

export interface Notice {
  readonly kind: "offline" | "stale" | "unreliable" | "starting" | "late" | "breaker";
  readonly title: string;
  readonly words: readonly string[];
}

export interface Known {
  /** Seconds without a connection that are worth telling; null where there is one. */
  readonly lost: number | null;
  readonly truth: Truth | null;
  /** What the service says each second; null before it has said anything. */
  readonly status: StatusBody | null;
  readonly late: boolean;
  /** Breakers of trading that hold for the asset on screen. */
  readonly holding: readonly Holding[];
}

/** The gravest first. Without a connection nothing else is known, so nothing else is said. */
export function notices({ lost, truth, status, late, holding }: Known): Notice[] {
  if (lost !== null) {
    const age = format.duration(lost);
    return [
      {
        kind: "offline",
        title: "Offline",
        words: [`no word from the service for ${age}`, "this is the last that was known"],
      },
    ];
  }
  const found: Notice[] = [];
  const doing = startWords(status);
  if (doing !== null) found.push({ kind: "starting", title: "Starting", words: [doing] });
  if (truth?.stale === true) {
    found.push({ kind: "stale", title: "Stale", words: reasons(truth, "older than it should be") });
  }
  if (truth?.unreliable === true) {
    // Reasons are one list; where both are true they are told once.
    const words = truth.stale ? ["do not rely on it"] : reasons(truth, "fresh, but doubtful");
    found.push({ kind: "unreliable", title: "Unreliable", words });
  }
  if (holding.length > 0) {
    const words = holding.map(breakerWords);
    found.push({ kind: "breaker", title: "Breaker", words });
  }
  if (late && found.length === 0) {
    found.push({
      kind: "late",
      title: "Catching up",
      words: ["forecasts of hours that were missed are being published late, and say so"],
    });
  }
  return found;
}

/** Why a breaker holds, what it does, and until when, in the time of the market. */
function breakerWords({ reason, does, until }: Holding): string {
  return `${reason}: ${does}, until ${until === null ? "it is resolved" : format.when(until)}`;
}

/** What is being done before the first forecast; null once it is done, or where nothing is known. */
export function startWords(status: StatusBody | null): string | null {
  if (status === null) return null;
  const { heartbeat, market } = status;
  if (heartbeat?.state === "starting") return heartbeat.doing;
  return market === null
    ? "the service answers; what fetches prices and makes forecasts is being started"
    : null;
}

function reasons(truth: Truth, otherwise: string): readonly string[] {
  return truth.reasons.length > 0 ? truth.reasons : [otherwise];
}
