import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "../api/queries";
import type { Scorecard } from "../api/types";
import * as format from "../lib/format";
import {
  coverageWords,
  directionWords,
  independent,
  liveWords,
  skillWords,
  trouble,
} from "../lib/reasons";
import { HORIZONS, show, useView } from "../state/view";
import { Dialog } from "../ui/Dialog";
import { Blank } from "./Figure";
import { CoverageTable } from "./record/CoverageTable";
import { LiveTable } from "./record/LiveTable";
import { Pit } from "./record/Pit";
import { Reliability } from "./record/Reliability";
import { Skill } from "./record/Skill";
import styles from "./RecordView.module.css";

type Source = "walk_forward" | "live";

/** The whole record of an asset: was it right as often as it said it would be? */
export function RecordView() {
  const asset = useView((view) => view.asset);
  const { data, error } = useQuery(queries.scores(asset));
  const [source, setSource] = useState<Source>("walk_forward");
  return (
    <Dialog title={`The record of ${asset}`} wide onClose={() => show({ dialog: null })}>
      {data === undefined && error !== null && (
        <p role="status" className={styles.words}>
          {trouble(error).title}. {trouble(error).message} {trouble(error).next}
        </p>
      )}
      {data === undefined && error === null && <Skeleton />}
      {data !== undefined && (
        <>
          <Switches source={source} onSource={setSource} />
          <Cards cards={data[source]} live={data.live} source={source} />
        </>
      )}
    </Dialog>
  );
}

interface SwitchesProps {
  source: Source;
  onSource: (source: Source) => void;
}

function Switches({ source, onSource }: SwitchesProps) {
  const chosen = useView((view) => view.horizon);
  const sources: [Source, string][] = [
    ["walk_forward", "Walk-forward"],
    ["live", "Published live"],
  ];
  return (
    <div className={styles.switches}>
      <div className={styles.switch} role="group" aria-label="Which record">
        {sources.map(([key, name]) => (
          <button
            key={key}
            type="button"
            aria-pressed={key === source}
            onClick={() => onSource(key)}
          >
            {name}
          </button>
        ))}
      </div>
      <div className={styles.switch} role="group" aria-label="Horizon">
        {HORIZONS.map((hours) => (
          <button
            key={hours}
            type="button"
            className="num"
            aria-pressed={hours === chosen}
            onClick={() => show({ horizon: hours })}
          >
            {format.horizon(hours)}
          </button>
        ))}
      </div>
    </div>
  );
}

interface CardsProps {
  cards: readonly Scorecard[];
  live: readonly Scorecard[];
  source: Source;
}

function Cards({ cards, live, source }: CardsProps) {
  const horizon = useView((view) => view.horizon);
  const card = cards.find((item) => item.horizon_hours === horizon);
  const lived = live.find((item) => item.horizon_hours === horizon);
  const empty = card === undefined || card.count === 0;
  return (
    <>
      <Summary card={card} source={source} live={lived} hours={horizon} />
      {!empty && (
        <div className={styles.grid}>
          <Box
            name="Coverage"
            words="How often each band held, in per cent, with 95 % intervals. The promise is in the head of its column."
            wide
          >
            <CoverageTable cards={cards} />
          </Box>
          <Box
            name="Skill at every horizon"
            words="Error below the simpler model's, in per cent. An interval across zero means not told apart."
          >
            <Skill cards={cards} />
          </Box>
          <Box
            name={`Said and happened, ${format.horizon(horizon)}`}
            words="Forecasts by the chance of a rise they gave, against how often it rose. On the line is right."
          >
            <Reliability buckets={card.reliability_up} overlap={card.count / independent(card)} />
          </Box>
          <Box
            name={`Where outcomes fell, ${format.horizon(horizon)}`}
            words="Ten slices that should each hold a tenth. A hill: bands too wide; a bowl: too narrow; a slope: leaning."
          >
            <Pit shares={card.pit} independent={independent(card)} />
          </Box>
          <Box
            name="Live so far"
            words="Forecasts that were published, and could not be changed, before their outcome was known."
          >
            <p className={styles.live}>{liveWords(lived, horizon)}</p>
            <LiveTable cards={live} />
          </Box>
        </div>
      )}
    </>
  );
}

interface SummaryProps {
  card: Scorecard | undefined;
  live: Scorecard | undefined;
  source: Source;
  hours: number;
}

/** The record in sentences, before any figure. */
function Summary({ card, live, source, hours }: SummaryProps) {
  if (card === undefined || card.count === 0) {
    const words =
      source === "live"
        ? liveWords(live, hours)
        : "The walk-forward has not scored this horizon yet; it does so when the runner starts.";
    return <p className={styles.words}>{words}</p>;
  }
  const scope =
    source === "walk_forward"
      ? `${format.count(card.count)} forecasts of ${format.horizonWords(hours)} from ${format.month(card.first)} to ${format.month(card.last)}, each made knowing only what was known then. They overlap; about ${format.count(independent(card))} stand apart.`
      : liveWords(card, hours);
  return (
    <div className={styles.words}>
      <p>{scope}</p>
      <p className={styles.verdict}>
        {coverageWords(card)} {skillWords(card)} {directionWords(card)}
      </p>
    </div>
  );
}

interface BoxProps {
  name: string;
  words: string;
  wide?: boolean;
  children: React.ReactNode;
}

function Box({ name, words, wide = false, children }: BoxProps) {
  return (
    <section className={styles.box} data-wide={wide}>
      <h3>{name}</h3>
      <p className={styles.note}>{words}</p>
      {children}
    </section>
  );
}

function Skeleton() {
  return (
    <div className={styles.grid} aria-busy>
      {[0, 1, 2, 3].map((box) => (
        <Blank key={box} width="100%" height={220} />
      ))}
    </div>
  );
}
