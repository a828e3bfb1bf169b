import type { Scorecard } from "../../api/types";
import * as format from "../../lib/format";
import { useWidth } from "../hooks";
import styles from "./plots.module.css";

interface Props {
  buckets: Scorecard["reliability_up"];
  /** How many outcomes stand for one that does not overlap with others. */
  overlap: number;
}

const HEIGHT = 210;
const LEFT = 34;
const BOTTOM = 26;

/** What was said against what happened. */
export function Reliability({ buckets, overlap }: Props) {
  const [box, width] = useWidth(320);
  if (buckets.length === 0) return <p className={styles.none}>Too few outcomes yet.</p>;
  const points = buckets.map((bucket) => ({ ...bucket, half: spread(bucket, overlap) }));
  const [low, high] = axis(points);
  const x = (value: number) => LEFT + ((value - low) / (high - low)) * (width - LEFT - 8);
  const y = (value: number) =>
    HEIGHT - BOTTOM - ((value - low) / (high - low)) * (HEIGHT - BOTTOM - 8);
  const ticks = [low, (low + high) / 2, high];
  const most = Math.max(...points.map((point) => point.count));
  return (
    <div ref={box}>
      <svg width={width} height={HEIGHT} role="img" aria-label={spoken(buckets)}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line className={styles.grid} x1={x(low)} x2={x(high)} y1={y(tick)} y2={y(tick)} />
            <text className={styles.text} x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
              {format.percent(tick, 0).replace(/.%/, "")}
            </text>
            <text
              className={styles.text}
              x={Math.min(x(tick), width - 16)}
              y={HEIGHT - 10}
              textAnchor="middle"
            >
              {format.percent(tick, 0)}
            </text>
          </g>
        ))}
        <line className={styles.ideal} x1={x(low)} y1={y(low)} x2={x(high)} y2={y(high)} />
        {points.map(({ said, happened, count, half }) => (
          <g
            key={said}
            data-tip={`Said ${format.percent(said)}, happened ${format.percent(happened)}, ${format.count(count)} forecasts`}
          >
            <line
              className={styles.whisker}
              x1={x(said)}
              x2={x(said)}
              y1={y(Math.max(low, happened - half))}
              y2={y(Math.min(high, happened + half))}
            />
            <circle
              className={styles.dot}
              cx={x(said)}
              cy={y(happened)}
              r={2.5 + 2.5 * Math.sqrt(count / most)}
            />
          </g>
        ))}
      </svg>
    </div>
  );
}

/** Both axes alike, wide enough for every point and for most of its interval. */
function axis(points: readonly { said: number; happened: number; half: number }[]) {
  const ends = points.flatMap(({ said, happened, half }) => {
    const reach = Math.min(half, 0.03);
    return [said, Math.max(0, happened - reach), Math.min(1, happened + reach)];
  });
  return [
    Math.floor(Math.min(0.46, ...ends) * 50) / 50,
    Math.ceil(Math.max(0.54, ...ends) * 50) / 50,
  ] as const;
}

/** Half of the 95 % interval of a share whose outcomes overlap. */
export function spread(bucket: Props["buckets"][number], overlap: number): number {
  const apart = Math.max(1, bucket.count / Math.max(1, overlap));
  return 1.96 * Math.sqrt((bucket.happened * (1 - bucket.happened)) / apart);
}

function spoken(buckets: Props["buckets"]): string {
  const pairs = buckets.map(
    ({ said, happened }) => `${format.percent(said)} said, ${format.percent(happened)} happened`,
  );
  return `Chance of a rise: ${pairs.join("; ")}`;
}
