import type { Scorecard } from "../../api/types";
import * as format from "../../lib/format";
import { baseline } from "../../lib/reasons";
import { useView } from "../../state/view";
import { useWidth } from "../hooks";
import styles from "./plots.module.css";

const ROW = 28;
const LEFT = 40;
const RIGHT = 58;

/** Skill at every horizon with its interval, on one axis. */
export function Skill({ cards }: { cards: readonly Scorecard[] }) {
  const chosen = useView((view) => view.horizon);
  const [box, width] = useWidth(320);
  const known = cards.flatMap((card) => (card.skill === null ? [] : [{ card, ...card.skill }]));
  const [first] = known;
  if (first === undefined) return <p className={styles.none}>Too few outcomes to compare yet.</p>;
  const ends = known.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  const low = Math.min(0, ...ends);
  const high = Math.max(0, ...ends);
  const pad = (high - low) * 0.06 || 1;
  const x = (value: number) =>
    LEFT + ((value - low + pad) / (high - low + 2 * pad)) * (width - LEFT - RIGHT);
  const height = known.length * ROW + 20;
  return (
    <div ref={box}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`Skill against ${baseline(first.card)}: ${known
          .map(
            ({ card, value }) =>
              `${format.horizon(card.horizon_hours)} ${format.signedPoints(value)}`,
          )
          .join(", ")}`}
      >
        <line className={styles.axis} x1={x(0)} x2={x(0)} y1={0} y2={height - 18} />
        <text className={styles.text} x={x(0)} y={height - 5} textAnchor="middle">
          {baseline(first.card)}
        </text>
        {known.map(({ card, value, low: from, high: to }, i) => {
          const y = i * ROW + ROW / 2;
          return (
            <g key={card.horizon_hours} data-chosen={card.horizon_hours === chosen}>
              <text className={styles.name} x={0} y={y + 4}>
                {format.horizon(card.horizon_hours)}
              </text>
              {from !== null && to !== null && (
                <line className={styles.whisker} x1={x(from)} x2={x(to)} y1={y} y2={y} />
              )}
              <circle className={styles.dot} cx={x(value)} cy={y} r={4.5} />
              <text className={styles.value} x={width} y={y + 4} textAnchor="end">
                {format.signedPoints(value)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
