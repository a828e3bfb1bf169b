import { memo } from "react";
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";
import type { Scorecard } from "../api/types";
import { interpolate } from "../lib/axis";
import { stepOf, type Bar } from "../lib/bars";
import {
  duration,
  horizon as horizonText,
  percent,
  price,
  quantity,
  signedPercent,
  when,
} from "../lib/format";
import { symbolOf, useLive } from "../state/live";
import { useView } from "../state/view";
import styles from "./Chart.module.css";
import type { ConeView } from "./coneDrawing";
import { useCursor } from "./cursor";

const KINDS = { live: "", recorded: "recorded market", invented: "invented prices" } as const;

/** What the crosshair points at, and how to read what is drawn. */
export const Legend = memo(function Legend(props: { cone: ConeView | null; ghosts: number }) {
  const asset = useView((view) => view.asset);
  const resolution = useView((view) => view.resolution);
  const symbol = useLive((live) => symbolOf(asset, live.status));
  const kind = useLive((live) => live.kind);
  const venue = useLive((live) => live.status?.market?.venue ?? "");
  return (
    <div className={styles.legend}>
      <div className={styles.row}>
        <span className={styles.market}>{symbol.replace(/USDT$/, " / USDT")}</span>
        <span className={`${styles.quiet} ${styles.optional}`}>
          {[resolution, venue.replaceAll("_", " "), kind === null ? "" : KINDS[kind]]
            .filter(Boolean)
            .join(" · ")}
        </span>
        <Point cone={props.cone} />
      </div>
      <LineValues />
      <ConeCaption cone={props.cone} ghosts={props.ghosts} />
    </div>
  );
});

function Point({ cone }: { cone: ConeView | null }) {
  const { bar, before, ahead } = useCursor();
  if (ahead !== null) return <Ahead cone={cone} time={ahead} />;
  return bar === null ? <LastBar /> : <Figures bar={bar} before={before} dated />;
}

/** Without a pointer: the price as it is now. */
function LastBar() {
  const asset = useView((view) => view.asset);
  const last = useLive((live) => live.price[symbolOf(asset, live.status)]);
  return last === undefined ? null : <span className="num">{price(last)}</span>;
}

function Figures({ bar, before, dated }: { bar: Bar; before: number | null; dated: boolean }) {
  const rising = bar.close >= bar.open ? "up" : "down";
  const change = before === null ? null : bar.close / before - 1;
  const figures = [
    ["O", bar.open],
    ["H", bar.high],
    ["L", bar.low],
    ["C", bar.close],
  ] as const;
  return (
    <>
      {dated && <span className={`num ${styles.quiet}`}>{when(bar.time, { year: true })}</span>}
      <span className={`num ${rising}`}>
        {figures.map(([name, value]) => (
          <span key={name}>
            <i>{name}</i>
            {price(value)}{" "}
          </span>
        ))}
        {change !== null && signedPercent(change)}
      </span>
      <span className="num">
        <i>V</i>
        {quantity(bar.volume)}
      </span>
    </>
  );
}

/** The bands at an hour to come. */
function Ahead({ cone, time }: { cone: ConeView | null; time: number }) {
  const resolution = useView((view) => view.resolution);
  const moment = time + stepOf(resolution);
  if (cone === null) return <span className="num">{when(moment, { year: true })}</span>;
  const { t, lower2, lower1, mid, upper1, upper2, asOf } = cone.cone;
  const at = (column: number[]) => interpolate(t, column, moment);
  if (at(mid) === null) return <span className="num">{when(moment, { year: true })}</span>;
  return (
    <>
      <span className={`num ${styles.quiet}`}>
        {when(moment)}, in {duration(moment - asOf)}
      </span>
      <span className={`num ${styles.forecast}`}>
        {price(at(mid))} <i>2 of 3</i>
        {price(at(lower1))} – {price(at(upper1))}{" "}
        <span className={styles.optional}>
          <i>19 of 20</i>
          {price(at(lower2))} – {price(at(upper2))}
        </span>
      </span>
    </>
  );
}

const LINES = [
  ["vwap", "VWAP", "--vwap"],
  ["ema_9", "EMA 9", "--fast"],
  ["ema_21", "EMA 21", "--slow"],
  ["volatility_forecast", "volatility forecast", "--accent"],
  ["volatility_realised", "realised", "--text-2"],
] as const;

function LineValues() {
  const lines = useCursor((cursor) => cursor.lines);
  const layers = useView((view) => view.layers);
  const shown = LINES.filter(([name]) =>
    layers.has(name === "vwap" ? "vwap" : name.startsWith("ema") ? "ema" : "volatility"),
  );
  if (shown.length === 0) return null;
  return (
    <div className={styles.row}>
      {shown.map(([name, words, colour]) => (
        <span key={name} className="num">
          <span className={styles.swatch} style={{ background: `var(${colour})`, height: 2 }} />
          <i>{words}</i>
          {valueText(name, lines[name] ?? null)}
        </span>
      ))}
    </div>
  );
}

function valueText(name: string, value: number | null): string {
  if (value === null) return "";
  return name.startsWith("volatility") ? `${percent(value, 2)} per h` : price(value);
}

/** How to read the cone, in words, with how often it held. */
function ConeCaption({ cone, ghosts }: { cone: ConeView | null; ghosts: number }) {
  const asset = useView((view) => view.asset);
  const engine = useView((view) => view.engine);
  const { data } = useQuery(queries.scores(asset));
  if (cone === null) return null;
  const card = data?.walk_forward.find((one) => one.horizon_hours === cone.horizon);
  const [inner, outer] = [held(card, 0.68), held(card, 0.95)];
  return (
    <div className={`${styles.row} ${styles.quiet}`}>
      <span>
        <span className={styles.swatch} style={{ background: "var(--accent)", opacity: 0.55 }} />
        <span className={styles.optional}>
          {horizonText(cone.horizon)} cone{engine === "gbm" ? ", Brownian" : ""}: the{" "}
        </span>
        inner band holds two thirds of outcomes
        {inner === null ? "" : ` (it held ${inner})`}
      </span>
      <span className={styles.optional}>
        <span className={styles.swatch} style={{ background: "var(--accent)", opacity: 0.25 }} />
        the outer 19 in 20{outer === null ? "" : ` (${outer})`}
      </span>
      {ghosts > 0 && (
        <span className={styles.optional}>
          past cones, sketched as wedges: <b style={{ color: "var(--hit)" }}>●</b> held{" "}
          <b style={{ color: "var(--near)" }}>○</b> outer band only{" "}
          <b style={{ color: "var(--miss)" }}>✕</b> missed
        </span>
      )}
    </div>
  );
}

function held(card: Scorecard | undefined, nominal: number): string | null {
  const coverage = card?.coverage.find((one) => Math.abs(one.nominal - nominal) < 0.006);
  return coverage === undefined ? null : percent(coverage.held.value);
}
