import { useState } from "react";
import * as format from "../../lib/format";
import { Figure } from "../Figure";
import styles from "./ChanceWords.module.css";

interface Props {
  level: number;
  above: number;
  hours: number;
  until: string;
  onLevel: (level: number) => void;
}

/** "Chance above 70,000 in 24 h: 12.3 %", the level written or dragged. */
export function ChanceWords({ level, above, hours, until, onLevel }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const digits = format.priceDigits(level);
  const commit = () => {
    const value = Number((typed ?? "").replaceAll(/[,\s]/g, ""));
    if (typed !== null && Number.isFinite(value) && value > 0) onLevel(value);
    setTyped(null);
  };
  return (
    <figcaption className={styles.words}>
      <label className={styles.asked}>
        <span>Chance above</span>
        <input
          className={`num ${styles.level}`}
          inputMode="decimal"
          autoComplete="off"
          size={Math.max(6, (typed ?? format.price(level, digits)).length)}
          value={typed ?? format.price(level, digits)}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === "Enter") commit();
            if (event.key === "Escape") setTyped(null);
          }}
        />
        <span>in {format.horizon(hours)}</span>
      </label>
      <output className={styles.answer} data-tip={odds(above, until)}>
        <Figure className={styles.chance}>{format.chance(above)}</Figure>
      </output>
    </figcaption>
  );
}

function odds(above: number, until: string): string {
  return `Chance of a close above the level at ${format.when(until)}; below it ${format.chance(1 - above)}.\nNot the chance of touching it on the way, which is higher.\nDrag the line, write a level, or use the arrow keys.`;
}
