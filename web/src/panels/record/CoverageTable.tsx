import type { Scorecard } from "../../api/types";
import * as format from "../../lib/format";
import { covered, kept, TOLERATED } from "../../lib/reasons";
import { useView } from "../../state/view";
import styles from "./CoverageTable.module.css";

const LEVELS = [0.5, 0.68, 0.8, 0.9, 0.95];
/** Beyond a day outcomes are few, and two points are allowed. */
const DAY = 24;

/** Horizons by bands: how often each held. */
export function CoverageTable({ cards }: { cards: readonly Scorecard[] }) {
  const chosen = useView((view) => view.horizon);
  const first = cards.find((card) => card.coverage.length > 0);
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Ahead</th>
            {LEVELS.map((level) => (
              <th key={level} scope="col" className="num">
                {format.percent((first && covered(first, level)?.nominal) ?? level)}
              </th>
            ))}
            <th scope="col">Outcomes</th>
          </tr>
        </thead>
        <tbody>
          {cards.map((card) => (
            <tr key={card.horizon_hours} data-chosen={card.horizon_hours === chosen}>
              <th scope="row" className="num">
                {format.horizon(card.horizon_hours)}
              </th>
              {LEVELS.map((level) => (
                <Cell key={level} card={card} level={level} />
              ))}
              <td className="num">{format.count(card.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ card, level }: { card: Scorecard; level: number }) {
  const item = covered(card, level);
  if (item === null) return <td className="num">{format.UNKNOWN}</td>;
  const { value, low, high } = item.held;
  const miss = value - item.nominal;
  const far = Math.abs(miss) > (card.horizon_hours <= DAY ? TOLERATED : 2 * TOLERATED);
  const state = kept(item) || !far ? "held" : miss < 0 ? "narrow" : "wide";
  const word = { held: "as promised", narrow: "too narrow", wide: "too wide" }[state];
  return (
    <td
      className="num"
      data-state={state}
      data-tip={`${format.signedPoints(miss * 100).replace("%", "points")} from the promise: ${word}`}
    >
      {plain(value)}
      {state !== "held" && <em>{state}</em>}
      {low !== null && high !== null && (
        <small>
          {plain(low)}–{plain(high)}
        </small>
      )}
    </td>
  );
}

function plain(share: number): string {
  return (share * 100).toFixed(1);
}
