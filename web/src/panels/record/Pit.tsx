import type { Scorecard } from "../../api/types";
import * as format from "../../lib/format";
import { useWidth } from "../hooks";
import styles from "./plots.module.css";

interface Props {
  shares: Scorecard["pit"];
  /** Outcomes that do not overlap. */
  independent: number;
}

const HEIGHT = 210;
const BOTTOM = 26;
const LEFT = 34;

/** Shares of outcomes in ten slices of the distribution, and what chance alone would do. */
export function Pit({ shares, independent }: Props) {
  const [box, width] = useWidth(320);
  if (shares.length === 0) return <p className={styles.none}>Too few outcomes yet.</p>;
  const even = 1 / shares.length;
  const half = 1.96 * Math.sqrt((even * (1 - even)) / Math.max(1, independent));
  const top = Math.max(...shares, even + half) * 1.12;
  const y = (share: number) => HEIGHT - BOTTOM - (share / top) * (HEIGHT - BOTTOM - 8);
  const slot = (width - LEFT) / shares.length;
  return (
    <div ref={box}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`Shares of outcomes in ten slices: ${shares.map((share) => format.percent(share)).join(", ")}`}
      >
        {shares.map((share, i) => (
          <rect
            key={i}
            className={styles.slice}
            x={LEFT + i * slot + 1.5}
            width={Math.max(1, slot - 3)}
            y={y(share)}
            height={HEIGHT - BOTTOM - y(share)}
            data-tip={`${format.percent(share)} of outcomes between the ${i * 10} % and ${(i + 1) * 10} % points`}
          />
        ))}
        <rect
          className={styles.chance}
          x={LEFT}
          width={width - LEFT}
          y={y(even + half)}
          height={y(Math.max(0, even - half)) - y(even + half)}
        />
        <line className={styles.ideal} x1={LEFT} x2={width} y1={y(even)} y2={y(even)} />
        <text className={styles.text} x={LEFT - 6} y={y(even) + 4} textAnchor="end">
          10 %
        </text>
        <text className={styles.text} x={LEFT} y={HEIGHT - 10}>
          lowest
        </text>
        <text className={styles.text} x={width} y={HEIGHT - 10} textAnchor="end">
          highest
        </text>
      </svg>
    </div>
  );
}
