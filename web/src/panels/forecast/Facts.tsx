import { memo } from "react";
import type { Prediction } from "../../api/types";
import { distribution, quantile } from "../../lib/distribution";
import * as format from "../../lib/format";
import { GRADES, REGIMES } from "../../lib/reasons";
import { Figure } from "../Figure";
import styles from "./Facts.module.css";

const YEAR = 8766;

/** Volatility, bands, regime and confidence, each with its unit. */
export const Facts = memo(function Facts({ prediction }: { prediction: Prediction }) {
  const { volatility, horizon_hours, expected_move, regime, price } = prediction;
  const ahead = format.horizonWords(horizon_hours);
  const yearly = volatility * Math.sqrt(YEAR / horizon_hours);
  const digits = format.priceDigits(price);
  return (
    <dl className={styles.facts}>
      <Fact
        name="Expected volatility"
        tip={`Standard deviation of the log return over ${ahead}; at this pace ${format.percent(yearly, 0)} a year.`}
        aside={`${format.percent(yearly, 0)} a year`}
      >
        {`±${format.percent(volatility, volatility < 0.01 ? 2 : 1)}`}
      </Fact>
      <Fact
        name="Expected move"
        tip={`Mean log return over ${ahead}; the headline is the median.\nSmall beside the volatility, as it should be.`}
        aside="mean"
      >
        {format.signedPercent(expected_move)}
      </Fact>
      <Band prediction={prediction} name="Two in three" levels={[0.159, 0.841]} digits={digits} />
      <Band prediction={prediction} name="19 in 20" levels={[0.023, 0.977]} digits={digits} />
      <div className={styles.fact}>
        <dt>Regime</dt>
        <dd data-tip={REGIMES[regime].long}>{REGIMES[regime].short}</dd>
      </div>
      <Confidence prediction={prediction} />
    </dl>
  );
});

interface FactProps {
  name: string;
  tip: string;
  aside: string;
  children: string;
}

function Fact({ name, tip, aside, children }: FactProps) {
  return (
    <div className={styles.fact} data-tip={tip}>
      <dt>{name}</dt>
      <dd>
        <Figure>{children}</Figure>
        <span className={styles.aside}>{aside}</span>
      </dd>
    </div>
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
    <Fact
      name={name}
      tip={`Between ${format.percent(levels[0])} and ${format.percent(levels[1])} of the distribution at ${format.when(prediction.target_time)}.`}
      aside={`${change(low).replace(/.%$/, "")} ${change(high)}`}
    >
      {`${at(low)} – ${at(high)}`}
    </Fact>
  );
}

function Confidence({ prediction }: { prediction: Prediction }) {
  const { confidence, confidence_reason } = prediction;
  const { pips, long } = GRADES[confidence];
  return (
    <div className={styles.fact}>
      <dt>Confidence</dt>
      <dd data-tip={long}>
        <span className={styles.pips} aria-hidden>
          {[1, 2, 3].map((pip) => (
            <i key={pip} data-on={pip <= pips} />
          ))}
        </span>
        <span className={styles.grade}>{confidence}</span>
      </dd>
      {confidence_reason !== "" && (
        <dd className={styles.reason}>{format.glued(confidence_reason)}</dd>
      )}
    </div>
  );
}
