import { useState } from "react";
import type { Explanation } from "../../api/types";
import * as format from "../../lib/format";
import { probability, waterfall, type Row } from "../../lib/reasons";
import { Figure } from "../Figure";
import styles from "./Waterfall.module.css";

/** From the ordinary hour's volatility to the expected one: factors that multiply. */
export function Volatility({ belief }: { belief: Explanation }) {
  const sum = belief.log_volatility;
  const pace = (log: number) => `±${format.percent(Math.exp(log), 2)}`;
  return (
    <Waterfall
      title={`Volatility over ${format.horizon(belief.horizon_hours)}`}
      tone="accent"
      rows={waterfall(sum)}
      first={["An ordinary hour", pace(sum.base)]}
      last={["Expected", pace(sum.total)]}
      scale={(log) => log}
      write={(row) => format.factor(row.value)}
      ends={[sum.base, sum.total]}
    />
  );
}

/** From even odds to the chance of a rise: points of probability, one after the other. */
export function Odds({ belief }: { belief: Explanation }) {
  const sum = belief.log_odds_up;
  return (
    <Waterfall
      title="Chance of a rise"
      tone="sides"
      rows={waterfall(sum)}
      first={["Before anything is known", format.percent(probability(sum.base))]}
      last={["Expected", format.percent(probability(sum.total))]}
      scale={probability}
      write={(row) => points(probability(row.from + row.value) - probability(row.from))}
      ends={[sum.base, sum.total]}
    />
  );
}

/** A difference of chances: "+1.2 pt". */
export function points(share: number): string {
  return format.signedPercent(share, 1).replace(/%$/, "pt");
}

interface Props {
  title: string;
  /** One colour for what widens and narrows, or the two of up and down. */
  tone: "accent" | "sides";
  rows: readonly Row[];
  first: readonly [string, string];
  last: readonly [string, string];
  /** From the sum's unit to the unit of the axis; ascending. */
  scale: (value: number) => number;
  write: (row: Row) => string;
  ends: readonly [number, number];
}

/** Contributions one after the other, each starting where the one above ends. */
function Waterfall({ title, tone, rows, first, last, scale, write, ends }: Props) {
  const [open, setOpen] = useState<string | null>(null);
  const stops = [...ends, ...rows.flatMap(reach)].map(scale);
  const low = Math.min(...stops);
  const span = Math.max(...stops) - low;
  const place = (value: number) => (span > 0 ? 3 + ((scale(value) - low) / span) * 94 : 50);
  return (
    <div className={styles.waterfall} data-tone={tone}>
      <div className={styles.title}>
        <h3 className="label">{title}</h3>
        {rows.some((row) => row.before !== null) && (
          <span className={styles.key}>an hour before</span>
        )}
      </div>
      <End words={first} at={place(ends[0])} />
      <ul>
        {rows.map((row) => (
          <li key={row.name}>
            <button
              type="button"
              className={styles.row}
              aria-expanded={open === row.name}
              onClick={() => setOpen(open === row.name ? null : row.name)}
              data-tip={row.words.join("\n")}
            >
              <span className={styles.name}>{row.label}</span>
              <Bars row={row} place={place} />
              <Figure className={styles.value}>{write(row)}</Figure>
            </button>
            {open === row.name && (
              <p className={styles.words}>{format.glued(row.words.join(" "))}</p>
            )}
          </li>
        ))}
      </ul>
      <End words={last} at={place(ends[1])} strong />
    </div>
  );
}

/** Everything a row draws, now and an hour before. */
function reach({ from, value, before }: Row): number[] {
  return [from, from + value, from + (before ?? 0)];
}

function Bars({ row, place }: { row: Row; place: (value: number) => number }) {
  const [from, to] = [place(row.from), place(row.from + row.value)];
  const old = row.before === null ? null : place(row.from + row.before);
  const side = row.value >= 0 ? "more" : "less";
  return (
    <span className={styles.track}>
      <span
        className={styles.bar}
        data-side={side}
        style={{ left: `${Math.min(from, to)}%`, width: `${Math.max(0.6, Math.abs(to - from))}%` }}
      />
      {old !== null && (
        <span
          className={styles.before}
          style={{ left: `${Math.min(from, old)}%`, width: `${Math.abs(old - from)}%` }}
        />
      )}
    </span>
  );
}

interface EndProps {
  words: readonly [string, string];
  at: number;
  strong?: boolean;
}

function End({ words, at, strong = false }: EndProps) {
  return (
    <p className={styles.end} data-strong={strong}>
      <span className={styles.name}>{words[0]}</span>
      <span className={styles.track}>
        <span className={styles.stop} style={{ left: `${at}%` }} />
      </span>
      <Figure className={styles.value}>{words[1]}</Figure>
    </p>
  );
}
