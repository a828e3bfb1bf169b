import type { Prediction } from "../../api/types";
import { distribution, quantile } from "../../lib/distribution";
import * as format from "../../lib/format";
import { GRADES, REGIMES } from "../../lib/reasons";
import { Figure } from "../Figure";
import styles from "./Facts.module.css";

const YEAR = 8766;

/** Volatility, bands, regime and confidence, each with its unit. */
export function Facts({ prediction }: { prediction: Prediction }) {
  const { volatility, horizon_hours, expected_move, regime, price } = prediction;
  const ahead = format.horizonWords(horizon_hours);
  const yearly = volatility * Math.sqrt(YEAR / horizon_hours);
  const digits = format.priceDigits(price);
  return (
    <dl className={styles.facts}>
      <dt>Expected volatility</dt>
      <dd>
        <Figure
          tip={`Standard deviation of the log return over ${ahead}.\nAt this pace ${format.percent(yearly, 0)} a year.`}
        >
          {`±${format.percent(volatility, volatility < 0.01 ? 2 : 1)}`}
        </Figure>
        <span className={styles.aside}>{format.percent(yearly, 0)} a year</span>
      </dd>
      <dt>Expected move</dt>
      <dd>
        <Figure
          tip={`Mean log return over ${ahead}; the headline is the median.\nSmall beside the volatility, as it should be.`}
        >
          {format.signedPercent(expected_move)}
        </Figure>
      </dd>
      <Band prediction={prediction} name="Two in three" levels={[0.159, 0.841]} digits={digits} />
      <Band prediction={prediction} name="19 in 20" levels={[0.023, 0.977]} digits={digits} />
      <dt>Regime</dt>
      <dd className={styles.word} data-tip={REGIMES[regime].long}>
        {REGIMES[regime].short}
      </dd>
      <Confidence prediction={prediction} />
    </dl>
  );
}

interface BandProps {
  prediction: Prediction;
  name: string;
  levels: readonly [number, number];
  digits: number;
}

function Band({ prediction, name, levels, digits }: BandProps) {
  const dist = distribution(prediction.price, prediction.quantiles);
  if (dist === null) return null;
  const [low, high] = [quantile(dist, levels[0]), quantile(dist, levels[1])];
  const at = (value: number) => format.price(prediction.price * Math.exp(value), digits);
  const change = (value: number) => format.signedPercent(format.simple(value), 1);
  return (
    <>
      <dt>{name}</dt>
      <dd
        data-tip={`Between ${format.percent(levels[0])} and ${format.percent(levels[1])} of the distribution at ${format.when(prediction.target_time)}`}
      >
        <Figure>{`${at(low)} – ${at(high)}`}</Figure>
        <span className={styles.aside}>
          {change(low)} {change(high)}
        </span>
      </dd>
    </>
  );
}

function Confidence({ prediction }: { prediction: Prediction }) {
  const { confidence, confidence_reason } = prediction;
  const { pips, long } = GRADES[confidence];
  return (
    <>
      <dt>Confidence</dt>
      <dd className={styles.word} data-tip={long}>
        <span className={styles.pips} aria-hidden>
          {[1, 2, 3].map((pip) => (
            <i key={pip} data-on={pip <= pips} />
          ))}
        </span>
        {confidence}
        {confidence_reason !== "" && <p className={styles.reason}>{confidence_reason}</p>}
      </dd>
    </>
  );
}
