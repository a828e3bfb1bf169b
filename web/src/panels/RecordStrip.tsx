import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";
import type { Scorecard, Scores } from "../api/types";
import * as format from "../lib/format";
import { baseline, covered, ENOUGH, independent, trouble } from "../lib/reasons";
import { show, useView } from "../state/view";
import { Blank, Figure } from "./Figure";
import { retried, useTrouble } from "./hooks";
import styles from "./RecordStrip.module.css";

/** The record at the chosen horizon, on every view; opens the whole of it. */
export function RecordStrip() {
  const asset = useView((view) => view.asset);
  const horizon = useView((view) => view.horizon);
  const answer = useQuery({
    ...queries.scores(asset),
    // After a first start the walk is summed up beside the first forecasts.
    refetchInterval: (query) => retried(query) || (scored(query.state.data) ? false : 5000),
  });
  const { data } = answer;
  const error = useTrouble(answer);
  const of = (cards: readonly Scorecard[] | undefined) =>
    cards?.find((card) => card.horizon_hours === horizon);
  const past = of(data?.walk_forward);
  return (
    <button
      type="button"
      className={styles.strip}
      onClick={() => show({ dialog: "record" })}
      aria-haspopup="dialog"
    >
      <span className={styles.title}>
        <span className="label">Record</span>
        <Figure className={styles.horizon}>{`${asset} ${format.horizon(horizon)}`}</Figure>
      </span>
      {data === undefined && error === null && <Blank width={420} height={11} />}
      {data === undefined && error !== null && (
        <span className={styles.soft}>
          {trouble(error).title}. {trouble(error).next}
        </span>
      )}
      {data !== undefined && <WalkForward card={past} />}
      {data !== undefined && <Live card={of(data.live)} hours={horizon} />}
      <span className={styles.more} aria-hidden>
        all of it ↗
      </span>
    </button>
  );
}

/** Whether there is a record at all. */
function scored(scores: Scores | undefined): boolean {
  return scores === undefined || scores.walk_forward.some((card) => card.count > 0);
}

function WalkForward({ card }: { card: Scorecard | undefined }) {
  if (card === undefined || card.count === 0) {
    return <span className={styles.soft}>being scored; the record appears here by itself</span>;
  }
  const span = `${format.month(card.first)} – ${format.month(card.last)}`;
  return (
    <>
      <span className={styles.item}>
        <span className={styles.soft}>coverage</span>
        <Held card={card} nominal={0.68} name="68" />
        <Held card={card} nominal={0.95} name="95" />
      </span>
      {card.skill !== null && <Skill card={card} skill={card.skill} />}
      {card.direction !== null && <Direction direction={card.direction} />}
      <span
        className={styles.scope}
        data-tip={`Every hour of ${span} was forecast knowing only what was known then, and scored.\nOutcomes overlap: about ${format.count(independent(card))} stand apart.`}
      >
        walk-forward {span}
      </span>
    </>
  );
}

function Held({ card, nominal, name }: { card: Scorecard; nominal: number; name: string }) {
  const item = covered(card, nominal);
  if (item === null) return null;
  const { value, low, high } = item.held;
  const range =
    low === null || high === null
      ? ""
      : `\n95 % interval ${format.percent(low)} to ${format.percent(high)}`;
  return (
    <Figure
      tip={`The ${name} % band should hold ${format.percent(item.nominal)} of the time; it held ${format.percent(value)}.${range}`}
    >
      {`${name} → ${format.percent(value)}`}
    </Figure>
  );
}

function Skill({ card, skill }: { card: Scorecard; skill: NonNullable<Scorecard["skill"]> }) {
  const { value, low, high } = skill;
  const range =
    low === null || high === null
      ? ""
      : ` [${format.signedPoints(low).replace(/.%$/, "")}, ${format.signedPoints(high).replace(/.%$/, "")}]`;
  return (
    <span
      className={styles.item}
      data-tip={`How far its error (pinball) is below that of ${baseline(card)}, a simpler model, with the 95 % interval.\nAbove zero is better.`}
    >
      <span className={styles.soft}>skill vs {baseline(card)}</span>
      <Figure>{`${format.signedPoints(value)}${range}`}</Figure>
    </span>
  );
}

function Direction({ direction }: { direction: NonNullable<Scorecard["direction"]> }) {
  const { value, low, high } = direction;
  const half = low === null || high === null ? "" : ` ± ${(((high - low) / 2) * 100).toFixed(1)}`;
  return (
    <span
      className={styles.item}
      data-tip="How often the likelier direction came. 50 % is a coin; much above 52 % would be a reason to doubt the measurement."
    >
      <span className={styles.soft}>direction</span>
      <Figure>{`${format.percent(value)}${half}`}</Figure>
    </span>
  );
}

function Live({ card, hours }: { card: Scorecard | undefined; hours: number }) {
  const count = card?.count ?? 0;
  const coverage = card === undefined ? null : covered(card, 0.68);
  const few = card === undefined || independent(card) < ENOUGH;
  return (
    <span
      className={styles.live}
      data-tip={`Forecasts that were published before their outcome was known.\nA forecast matures after ${format.horizonWords(hours)}.`}
    >
      <span className={styles.soft}>live</span>
      {count === 0 ? (
        <span>none matured yet</span>
      ) : (
        <Figure>
          {coverage === null || few
            ? `${format.count(count)} matured, too few to judge`
            : `68 → ${format.percent(coverage.held.value)} of ${format.count(count)}`}
        </Figure>
      )}
    </span>
  );
}
