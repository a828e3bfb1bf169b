import { useEffect, useRef, useState } from "react";
import type { Prediction } from "../../api/types";
import * as format from "../../lib/format";

/** Reads a new forecast out to a screen reader; silent for the first and for a change of view. */
export function Announcement({ prediction }: { prediction: Prediction | null }) {
  const [words, setWords] = useState("");
  const before = useRef<Prediction | null>(null);
  useEffect(() => {
    const last = before.current;
    before.current = prediction;
    if (prediction === null || last === null) return;
    const same =
      last.symbol === prediction.symbol && last.horizon_hours === prediction.horizon_hours;
    if (same && last.as_of !== prediction.as_of) setWords(announcement(prediction));
  }, [prediction]);
  return (
    <p className="hidden-visually" aria-live="polite">
      {words}
    </p>
  );
}

/** One sentence about a new forecast. */
export function announcement(prediction: Prediction): string {
  const end = prediction.cone.at(-1);
  const band =
    end === undefined
      ? ""
      : `, two thirds between ${format.price(end.lower_1sigma)} and ${format.price(end.upper_1sigma)}`;
  return (
    `New forecast of ${prediction.asset} for ${format.horizonWords(prediction.horizon_hours)}: ` +
    `${format.price(prediction.expected_price)}${band}; ` +
    `chance of a rise ${format.percent(prediction.p_up)}, ` +
    `confidence ${prediction.confidence}.`
  );
}
