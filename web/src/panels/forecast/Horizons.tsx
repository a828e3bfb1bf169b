import { memo, type KeyboardEvent } from "react";
import type { Prediction } from "../../api/types";
import { distribution, quantile } from "../../lib/distribution";
import * as format from "../../lib/format";
import { HORIZONS, show, useView } from "../../state/view";
import { Blank, Figure } from "../Figure";
import styles from "./Horizons.module.css";

interface Spread {
  readonly low2: number;
  readonly low1: number;
  readonly mid: number;
  readonly high1: number;
  readonly high2: number;
}

/** All horizons at a glance, on one scale; choosing one shows it everywhere. */
export const Horizons = memo(function Horizons(props: {
  predictions: readonly (Prediction | null)[];
}) {
  const { predictions } = props;
  const chosen = useView((view) => view.horizon);
  const spreads = predictions.map(spread);
  const widest = Math.max(
    1e-6,
    ...spreads.map((item) => (item === null ? 0 : Math.max(-item.low2, item.high2))),
  );
  return (
    <div className={styles.table}>
      <div className={styles.head} aria-hidden>
        <span className="label">Ahead</span>
        <span className="label">Two in three, 19 in 20</span>
        <span className="label">Median</span>
        <span className="label">P(up)</span>
      </div>
      <div role="radiogroup" aria-label="Horizon" onKeyDown={move}>
        {HORIZONS.map((hours, i) => (
          <Line
            key={hours}
            hours={hours}
            place={i + 1}
            checked={hours === chosen}
            prediction={predictions[i] ?? null}
            spread={spreads[i] ?? null}
            widest={widest}
          />
        ))}
      </div>
    </div>
  );
});

interface LineProps {
  hours: number;
  place: number;
  checked: boolean;
  prediction: Prediction | null;
  spread: Spread | null;
  widest: number;
}

function Line({ hours, place, checked, prediction, spread: item, widest }: LineProps) {
  const choose = () => show({ horizon: hours });
  return (
    <button
      type="button"
      role="radio"
      aria-checked={checked}
      tabIndex={checked ? 0 : -1}
      className={styles.line}
      onClick={choose}
      aria-label={spoken(hours, prediction)}
      data-tip={`Key ${place}`}
    >
      <Figure className={styles.hours}>{format.horizon(hours)}</Figure>
      {item === null ? <Blank width="100%" height={6} /> : <Bars spread={item} widest={widest} />}
      <Figure className={styles.move}>
        {item === null ? format.UNKNOWN : format.signedPercent(format.simple(item.mid))}
      </Figure>
      <Figure className={styles.chance}>{format.percent(prediction?.p_up)}</Figure>
    </button>
  );
}

function Bars({ spread: item, widest }: { spread: Spread; widest: number }) {
  const place = (value: number) => 50 + (value / widest) * 50;
  const span = (low: number, high: number) => ({
    left: `${place(low)}%`,
    width: `${place(high) - place(low)}%`,
  });
  return (
    <span className={styles.bars}>
      <span className={styles.two} style={span(item.low2, item.high2)} />
      <span className={styles.one} style={span(item.low1, item.high1)} />
      <span className={styles.zero} />
      <span className={styles.mid} style={{ left: `${place(item.mid)}%` }} />
    </span>
  );
}

/** Arrow keys walk the horizons, as in any group of choices. */
function move(event: KeyboardEvent<HTMLDivElement>): void {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const lines = [...event.currentTarget.querySelectorAll<HTMLElement>('[role="radio"]')];
  const here = lines.indexOf(event.target as HTMLElement);
  const next = (here + step + lines.length) % lines.length;
  const hours = HORIZONS[next];
  if (hours !== undefined) show({ horizon: hours });
  lines[next]?.focus();
}

function spread(prediction: Prediction | null): Spread | null {
  const dist = prediction && distribution(prediction.price, prediction.quantiles);
  if (dist === null) return null;
  const at = (level: number) => quantile(dist, level);
  return { low2: at(0.023), low1: at(0.159), mid: at(0.5), high1: at(0.841), high2: at(0.977) };
}

function spoken(hours: number, prediction: Prediction | null): string {
  const ahead = format.horizonWords(hours);
  if (prediction === null) return `${ahead}: no forecast yet`;
  const move = format.signedPercent(prediction.expected_price / prediction.price - 1);
  return `${ahead}: median ${move}, chance of a rise ${format.percent(prediction.p_up)}`;
}
