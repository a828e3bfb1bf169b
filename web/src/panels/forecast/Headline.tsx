import { memo } from "react";
import type { Prediction } from "../../api/types";
import { secondsOf } from "../../lib/brand";
import * as format from "../../lib/format";
import { Figure } from "../Figure";
import { useLastPrice, useMarketNow } from "../hooks";
import styles from "./Headline.module.css";

/** From where to where, until when, and the two chances. */
export const Headline = memo(function Headline({ prediction }: { prediction: Prediction }) {
  const { price, expected_price, p_up, p_down, target_time } = prediction;
  const digits = format.priceDigits(price);
  const move = expected_price / price - 1;
  return (
    <header className={styles.headline}>
      <div className={styles.meta}>
        <h2 className="label">
          {prediction.asset} in {format.horizonWords(prediction.horizon_hours)}
        </h2>
        <Provenance prediction={prediction} />
      </div>
      <p className={styles.move}>
        <From prediction={prediction} />
        <span className={styles.arrow} aria-label="to">
          →
        </span>
        <Figure
          className={styles.to}
          tip={`Median: as likely above as below at ${format.when(target_time, { year: true })}`}
        >
          {format.price(expected_price, digits)}
        </Figure>
        <Figure
          className={`${styles.change} ${tone(move)}`}
          tip="Change from that close to the median"
        >
          {format.signedPercent(move)}
        </Figure>
      </p>
      <div
        className={styles.chances}
        role="img"
        aria-label={`Chance of a rise ${format.percent(p_up)}, of a fall ${format.percent(p_down)}`}
        data-tip={`Chance of a close above (or below) ${format.price(price, digits)} at ${format.when(target_time)}.\nDirection is close to a coin; the width of the bands is what is known well.`}
      >
        <Figure className={styles.up}>{`▲ ${format.percent(p_up)}`}</Figure>
        <span className={styles.bar}>
          <span className={styles.rise} style={{ width: `${p_up * 100}%` }} />
          <span className={styles.half} />
        </span>
        <Figure className={styles.down}>{`${format.percent(p_down)} ▼`}</Figure>
      </div>
    </header>
  );
});

function From({ prediction: { price, as_of } }: { prediction: Prediction }) {
  const live = useLastPrice();
  const digits = format.priceDigits(price);
  return (
    <Figure
      className={styles.from}
      tip={`Close of the last complete bar, ${format.when(as_of, { year: true })}\nNow ${format.price(live ?? price, digits)}`}
    >
      {format.price(price, digits)}
    </Figure>
  );
}

function tone(move: number): string {
  if (Math.abs(move) < 5e-5) return "";
  return move > 0 ? "up" : "down";
}

/** When it was made and where it is written down. */
function Provenance({ prediction }: { prediction: Prediction }) {
  const now = useMarketNow();
  const { as_of, issued_at, ledger_sequence, model, model_version, target_time } = prediction;
  const age = Math.max(0, now / 1000 - secondsOf(as_of));
  const lines = [
    `Believed at the close of ${format.when(as_of, { year: true })}`,
    `about ${format.when(target_time, { year: true })}`,
    issued_at === null
      ? "by the walk-forward; never published"
      : `published ${format.when(issued_at, { year: true })}, entry ${format.count(ledger_sequence)} of the ledger`,
    `model ${model} ${model_version}`,
  ];
  return (
    <span className={styles.provenance} data-tip={lines.join("\n")}>
      as of <Figure>{format.clock(as_of)}</Figure> · {format.duration(age)} ago
      {ledger_sequence !== null && (
        <>
          {" "}
          · <Figure>{`#${format.count(ledger_sequence)}`}</Figure>
        </>
      )}
    </span>
  );
}
