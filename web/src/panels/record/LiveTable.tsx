import type { Scorecard } from "../../api/types";
import * as format from "../../lib/format";
import { covered, ENOUGH, independent } from "../../lib/reasons";
import { HORIZONS, useView } from "../../state/view";
import styles from "./CoverageTable.module.css";

/** How much of a live record there is at each horizon. */
export function LiveTable({ cards }: { cards: readonly Scorecard[] }) {
  const chosen = useView((view) => view.horizon);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Ahead</th>
          <th scope="col">Matured</th>
          <th scope="col">Two in three held</th>
        </tr>
      </thead>
      <tbody>
        {HORIZONS.map((hours) => {
          const card = cards.find((item) => item.horizon_hours === hours);
          return (
            <tr key={hours} data-chosen={hours === chosen}>
              <th scope="row" className="num">
                {format.horizon(hours)}
              </th>
              <td className="num">{format.count(card?.count ?? 0)}</td>
              <td className="num">{held(card)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function held(card: Scorecard | undefined): string {
  if (card === undefined || card.count === 0) return format.UNKNOWN;
  if (independent(card) < ENOUGH) return "too few";
  return format.percent(covered(card, 0.68)?.held.value);
}
