import type { Explanation } from "../../api/types";
import { secondsOf } from "../../lib/brand";
import * as format from "../../lib/format";
import { outcome, OUTCOMES, REGIMES } from "../../lib/reasons";
import { Figure } from "../Figure";
import { useMarketNow } from "../hooks";
import styles from "./Belief.module.css";

/** What was believed then, and what came of it. */
export function Belief({ belief }: { belief: Explanation }) {
  const digits = format.priceDigits(belief.price);
  const at = (price: number) => format.price(price, digits);
  return (
    <div className={styles.belief}>
      <p className={styles.line}>
        <Figure tip="Close of that bar">{at(belief.price)}</Figure>
        <span className={styles.soft}>for {format.horizon(belief.horizon_hours)}</span>
        <Figure tip="The band that should hold two times in three" className={styles.band}>
          {`${at(belief.lower_1sigma)} – ${at(belief.upper_1sigma)}`}
        </Figure>
      </p>
      <p className={styles.line}>
        <Figure tip="Chance of a rise, as believed then">{`▲ ${format.percent(belief.p_up)}`}</Figure>
        <Figure tip="Expected volatility, as believed then">
          {`±${format.percent(belief.volatility, belief.volatility < 0.01 ? 2 : 1)}`}
        </Figure>
        <span data-tip={REGIMES[belief.regime].long}>{REGIMES[belief.regime].short}</span>
        <span>{belief.confidence} confidence</span>
      </p>
      <Result belief={belief} />
      <Scale belief={belief} />
    </div>
  );
}

const SOURCES = {
  published: "Published at that hour and written into the ledger.",
  walk_forward:
    "What the same models would have said, knowing only what was known then.\nIt was not published at the time.",
};

function Source({ source }: { source: Explanation["source"] }) {
  return (
    <span className={styles.source} data-tip={SOURCES[source]}>
      {source === "published" ? "published" : "walk-forward"}
    </span>
  );
}

/** What came of it, in words. */
function Result({ belief }: { belief: Explanation }) {
  const now = useMarketNow(5000);
  const result = outcome(belief);
  if (belief.realised === null) {
    const left = secondsOf(belief.as_of) + belief.horizon_hours * 3600 - now / 1000;
    return (
      <p className={styles.result} data-outcome="open">
        <b>{OUTCOMES.open.short}</b>
        {left > 0 ? `${format.duration(left)} to go` : "its price is not in yet"}
        <Source source={belief.source} />
      </p>
    );
  }
  const came = belief.price * Math.exp(belief.realised);
  return (
    <p className={styles.result} data-outcome={result} data-tip={OUTCOMES[result].long}>
      <b>{OUTCOMES[result].short}</b>
      <Figure tip="What came, and the change it was">{`→ ${format.price(came, format.priceDigits(belief.price))} (${format.signedPercent(format.simple(belief.realised))})`}</Figure>
      <Source source={belief.source} />
    </p>
  );
}

/** Bands, median origin and what came, on one line. */
function Scale({ belief }: { belief: Explanation }) {
  const came = belief.realised === null ? null : belief.price * Math.exp(belief.realised);
  const ends = [belief.lower_2sigma, belief.upper_2sigma, belief.price, ...(came ? [came] : [])];
  const low = Math.min(...ends);
  const span = Math.max(...ends) - low || 1;
  const place = (price: number) => 2 + ((price - low) / span) * 96;
  const band = (from: number, to: number) => ({
    left: `${place(from)}%`,
    width: `${place(to) - place(from)}%`,
  });
  return (
    <div className={styles.scale} aria-hidden>
      <span className={styles.two} style={band(belief.lower_2sigma, belief.upper_2sigma)} />
      <span className={styles.one} style={band(belief.lower_1sigma, belief.upper_1sigma)} />
      <span className={styles.origin} style={{ left: `${place(belief.price)}%` }} />
      {came !== null && (
        <span
          className={styles.came}
          data-outcome={outcome(belief)}
          style={{ left: `${place(came)}%` }}
        />
      )}
    </div>
  );
}
