import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type RefObject } from "react";
import { queries } from "../api/queries";
import type { Explanation } from "../api/types";
import { seconds, secondsOf, type Seconds } from "../lib/brand";
import * as format from "../lib/format";
import { trouble } from "../lib/reasons";
import { symbolOf, useLive } from "../state/live";
import { show, useSelected, useView } from "../state/view";
import { Belief } from "./explanation/Belief";
import { Odds, Volatility } from "./explanation/Waterfall";
import styles from "./ExplanationPanel.module.css";
import { Blank } from "./Figure";
import { retried, useSettled, useTrouble } from "./hooks";

const HOUR = 3600;
/** How long the crosshair must rest before a bar that is not known yet is asked for. */
const REST = 60;

/** What was believed at the chosen bar, why, what had changed, and what came of it. */
export function ExplanationPanel() {
  const asset = useView((view) => view.asset);
  const horizon = useView((view) => view.horizon);
  const pinned = useView((view) => view.pinned !== null);
  const selected = useSelected();
  const at = useKnownOrSettled(asset, horizon, selected);
  const answer = useQuery({
    ...queries.explanation(asset, horizon, at),
    refetchInterval: retried,
  });
  const { data } = answer;
  const error = useTrouble(answer);
  const silent = useLive((live) => live.lostSince !== null);
  const panel = useInSight(pinned);
  useNeighbours(asset, horizon, data === undefined ? null : at);
  // Until the crosshair rests, what is known is of another bar.
  const belief = data?.asset === asset && at === selected ? data : null;

  return (
    <section ref={panel} className={styles.panel} aria-label="Explanation">
      <header className={styles.head}>
        <h2 className="label">Because</h2>
        <Chosen selected={selected} pinned={pinned} belief={belief} />
      </header>
      {error !== null && !(silent && belief !== null) && <Failed error={error} />}
      {belief === null ? (
        error === null && <Skeleton />
      ) : (
        <div className={styles.content} data-old={error !== null}>
          <Answer belief={belief} past={selected !== null} />
        </div>
      )}
    </section>
  );
}

function Answer({ belief, past }: { belief: Explanation; past: boolean }) {
  return (
    <>
      {past && <Belief belief={belief} />}
      <Reasons belief={belief} />
      <Volatility belief={belief} />
      <Odds belief={belief} />
      <Changed belief={belief} />
    </>
  );
}

/** The bar that is asked for: at once where the answer is there already, else once it rests. */
function useKnownOrSettled(asset: string, horizon: number, selected: Seconds | null) {
  const client = useQueryClient();
  const settled = useSettled(selected, REST);
  const key = queries.explanation(asset, horizon, selected).queryKey;
  return client.getQueryData(key) === undefined ? settled : selected;
}

/** Who pins a bar wants to read about it: bring the reasons into sight, and back afterwards. */
function useInSight(pinned: boolean): RefObject<HTMLElement | null> {
  const panel = useRef<HTMLElement>(null);
  const before = useRef(pinned);
  useEffect(() => {
    if (before.current === pinned) return;
    before.current = pinned;
    const list = panel.current?.parentElement;
    const still = globalThis.matchMedia("(prefers-reduced-motion: reduce)").matches;
    list?.scrollTo({
      top: pinned ? (panel.current?.offsetTop ?? 0) : 0,
      behavior: still ? "auto" : "smooth",
    });
  }, [pinned]);
  return panel;
}

/** Have the hours before and after ready, so that walking along the bars does not wait. */
function useNeighbours(asset: string, horizon: number, at: Seconds | null): void {
  const client = useQueryClient();
  useEffect(() => {
    if (at === null) return undefined;
    const timer = setTimeout(() => {
      const newest = newestForecast(asset);
      for (const step of [-1, 1, -2, 2]) {
        const hour = seconds(at + step * HOUR);
        if (hour > newest) continue;
        const query = { ...queries.explanation(asset, horizon, hour), retry: false };
        // Nothing was believed at the ends of history: no matter, nobody asked yet.
        client.query(query).catch(() => undefined);
      }
    }, 120);
    return () => clearTimeout(timer);
  }, [client, asset, horizon, at]);
}

/** The last hour about which anything can be asked. */
function newestForecast(asset: string): number {
  const { status } = useLive.getState();
  const said = status?.assets[symbolOf(asset, status)]?.last_forecast ?? null;
  return said === null ? 0 : secondsOf(said);
}

interface ChosenProps {
  selected: Seconds | null;
  pinned: boolean;
  belief: Explanation | null;
}

/** Which bar this is about, and how to leave it. */
function Chosen({ selected, pinned, belief }: ChosenProps) {
  if (selected === null) {
    return (
      <span className={styles.chosen}>
        newest forecast{belief === null ? "" : `, ${format.clock(belief.as_of)} UTC`}
      </span>
    );
  }
  return (
    <span className={styles.chosen}>
      <span className="num">{format.when(selected, { year: true })}</span>
      {pinned && (
        <button type="button" className={styles.release} onClick={() => show({ pinned: null })}>
          pinned <kbd>Esc</kbd>
          <span className="hidden-visually">releases it</span>
        </button>
      )}
    </span>
  );
}

/** Reasons shown at once; the rest are a click away, and in the rows beneath. */
const FIRST = 3;

function Reasons({ belief }: { belief: Explanation }) {
  const [all, setAll] = useState(false);
  const { reasons } = belief;
  if (reasons.length === 0) return null;
  const rest = reasons.length - FIRST;
  return (
    <div>
      <ul className={styles.reasons}>
        {reasons.slice(0, all ? reasons.length : FIRST).map((reason) => (
          <li key={reason}>{format.glued(reason)}</li>
        ))}
      </ul>
      {rest > 0 && (
        <button
          type="button"
          className={styles.more}
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? "fewer" : `${rest} more`}
        </button>
      )}
    </div>
  );
}

function Changed({ belief }: { belief: Explanation }) {
  const before = format.clock(secondsOf(belief.as_of) - HOUR);
  return (
    <div className={styles.changed}>
      <h3 className="label">What changed since {before}</h3>
      {belief.changed.length === 0 ? (
        <p>Nothing to speak of.</p>
      ) : (
        <ul>
          {belief.changed.map((line) => (
            <li key={line}>{format.glued(line)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Failed({ error }: { error: Error }) {
  const { title, message, next } = trouble(error);
  return (
    <div className={styles.failed} role="status">
      <strong>{title}.</strong> {message} {next}
    </div>
  );
}

function Skeleton() {
  return (
    <div className={styles.content} aria-busy>
      {[96, 88, 70].map((width) => (
        <Blank key={width} width={`${width}%`} height={11} />
      ))}
      {[1, 2, 3, 4, 5].map((row) => (
        <Blank key={row} width="100%" height={16} />
      ))}
    </div>
  );
}
