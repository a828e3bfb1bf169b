import { useEffect, useRef, useState, type RefObject } from "react";
import { asOfBar, stepOf, type Bar } from "../lib/bars";
import { seconds, type Seconds } from "../lib/brand";
import { measurePaint } from "../lib/paint";
import { show, useView } from "../state/view";
import { useBelieved, useCone, useGhosts, type Screen } from "./cones";
import { NOWHERE, useCursor } from "./cursor";
import { useHistory, useIndicators, useProfile, type History, type Indicators } from "./history";
import { expose } from "./measure";
import { ChartState } from "./ChartState";
import styles from "./Chart.module.css";
import { Legend } from "./Legend";
import type { LineName } from "./options";
import { ChartView } from "./view";

/** Bars left of the screen at which the page before is asked for. */
const MARGIN = 300;
const SETTLE_MS = 180;

/** The chart: candles, the cone ahead of them, and what was believed before. */
export function Chart() {
  const container = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<ChartView | null>(null);
  const [screen, setScreen] = useState<Screen | null>(null);
  const history = useHistory();
  const { view: cone, newest } = useCone();
  const believed = useBelieved(newest);
  const ghosts = useGhosts(screen);
  const indicators = useIndicators(history);
  const bins = useProfile(history, screen);
  const layers = useView((state) => state.layers);
  const look = useView((state) => `${state.theme}/${state.palette}`);

  // The chart's own events read what is current through here, so that it is made only once.
  const latest = useRef<Latest>({ history, newest, indicators });
  useEffect(() => {
    latest.current = { history, newest, indicators };
  });

  useEffect(() => {
    if (container.current === null) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const step = () => stepOf(latest.current.history.resolution);
    const chart = new ChartView(container.current, {
      onPoint: (time) => point(latest.current, time),
      onClick: (time) => {
        const { history: run, newest: end } = latest.current;
        pin(time === null ? null : believedAt(run, end, time));
      },
      onRange: (range) => {
        if (range.from < MARGIN) latest.current.history.loadOlder();
        clearTimeout(timer);
        timer = setTimeout(() => {
          const visible = chart.visible();
          if (visible === null) return;
          const from = seconds(visible.from);
          const to = seconds(visible.to + step());
          setScreen({ from, to, pixelsPerHour: visible.pixelsPerHour });
          show({ range: chart.atEnd() ? null : [from, to] });
        }, SETTLE_MS);
      },
    });
    setView(chart);
    const hide = expose(
      chart,
      () => latest.current.history.current(),
      step,
      () => latest.current.history.loadOlder(),
    );
    return () => {
      clearTimeout(timer);
      hide();
      chart.destroy();
      setView(null);
    };
  }, []);

  useBars(view, history);
  useSelection(view, history);
  useSteps(view, latest);
  useEffect(() => {
    // The bar under the crosshair has closed: its own forecast is out, and it was shown the one before.
    const { bar } = useCursor.getState();
    if (bar !== null) point(latest.current, bar.time);
  }, [newest]);
  useEffect(() => {
    const start = performance.now();
    view?.setCone(cone);
    if (cone !== null) measurePaint("barograph:prediction", start);
  }, [view, cone]);
  usePlace(view, history, cone?.horizon ?? null);
  useEffect(() => view?.setBelieved(believed), [view, believed]);
  useEffect(() => view?.setGhosts(ghosts), [view, ghosts]);
  useEffect(() => view?.setProfile(bins), [view, bins]);
  useEffect(
    () => view?.setLevels(layers.has("levels") ? indicators.levels : []),
    [view, layers, indicators],
  );
  useEffect(() => {
    if (view === null) return;
    view.showPanes({ volume: layers.has("volume"), volatility: layers.has("volatility") });
    const names: LineName[] = [
      ...(layers.has("vwap") ? (["vwap"] as const) : []),
      ...(layers.has("ema") ? (["ema_9", "ema_21"] as const) : []),
    ];
    view.showLines(names);
    for (const [name, values] of indicators.lines) {
      view.setLine(
        name as LineName,
        history.loaded.map((bar) => values.get(bar.time) ?? null),
      );
    }
  }, [view, layers, indicators, history.loaded]);
  useEffect(() => view?.restyle(), [view, look]);

  return (
    <div className={styles.chart}>
      <div
        ref={container}
        className={styles.canvas}
        role="figure"
        aria-label="Price chart with the forecast ahead of it. Arrow keys move along the bars, Enter pins one, Escape releases it."
      />
      <Legend cone={cone} ghosts={ghosts.length} />
      <ChartState history={history} />
    </div>
  );
}

/** Keep the bars on the chart, whole runs and growth alike. */
function useBars(view: ChartView | null, history: History): void {
  const { loaded, resolution, onGrowth, current } = history;
  useEffect(() => {
    if (view === null || loaded.length === 0) return;
    const start = performance.now();
    view.setBars(loaded, stepOf(resolution));
    measurePaint(`barograph:candles:${loaded.length}`, start);
  }, [view, loaded, resolution]);
  useEffect(() => {
    if (view === null) return undefined;
    return onGrowth(() => view.updateBar(current()));
  }, [view, onGrowth, current]);
}

/** Where to look: as the URL says, else the newest bars with the whole cone. After both are laid. */
function usePlace(view: ChartView | null, history: History, horizon: number | null): void {
  const { loaded, resolution, asset } = history;
  const placed = useRef("");
  const following = useView((state) => state.range === null);
  const empty = loaded.length === 0;
  useEffect(() => {
    if (view === null || empty) return;
    const { range } = useView.getState();
    const key = `${asset}:${resolution}`;
    const first = placed.current === "";
    if (range === null || (!first && placed.current !== key)) view.follow();
    else if (first) view.showRange(range[0], range[1]);
    placed.current = key;
  }, [view, empty, asset, resolution, horizon]);
  useEffect(() => {
    if (following && view?.atEnd() === false) view.follow();
  }, [view, following]);
}

/** Bars that an arrow key moves by, with Shift ten; 0 for every other key. */
function stride(event: KeyboardEvent): number {
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
  return way * (event.shiftKey ? 10 : 1);
}

/** Arrow keys move along the bars; Enter pins the one under the crosshair, Esc lets go. */
function useSteps(view: ChartView | null, latest: RefObject<Latest>): void {
  useEffect(() => {
    if (view === null) return undefined;
    const move = (by: number) => {
      const bars = latest.current.history.current();
      const { bar } = useCursor.getState();
      const from = bar === null ? bars.length : indexOf(bars, bar.time);
      const next = bars[Math.min(Math.max(from + by, 0), bars.length - 1)];
      if (next === undefined) return;
      view.point(next);
      point(latest.current, next.time);
    };
    const press = (event: KeyboardEvent) => {
      if (isBusy(event)) return;
      // The shell has let go already; a crosshair that stayed would choose its bar again.
      if (event.key === "Escape") view.unpoint();
      if (event.defaultPrevented) return;
      const by = stride(event);
      if (by !== 0) {
        event.preventDefault();
        move(by);
      } else if (event.key === "Enter" && isFree(event.target)) {
        const { bar } = useCursor.getState();
        const { history, newest } = latest.current;
        if (bar !== null) pin(believedAt(history, newest, bar.time));
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [view, latest]);
}

/** Whether a key belongs to something else: a dialog, a slider, a field. */
const isBusy = (event: KeyboardEvent): boolean =>
  event.ctrlKey ||
  event.metaKey ||
  event.altKey ||
  document.querySelector("dialog[open]") !== null ||
  (event.target instanceof Element &&
    event.target.closest("input, select, textarea, [role=slider], [role=tablist]") !== null);

/** Whether Enter would press nothing. */
const isFree = (target: EventTarget | null): boolean =>
  !(target instanceof Element) || target.closest("a, button, label, summary") === null;

/** Mark the bar whose belief is shown. */
function useSelection(view: ChartView | null, history: History): void {
  const pinned = useView((state) => state.pinned);
  const step = stepOf(history.resolution);
  useEffect(() => {
    view?.select(pinned === null ? null : pinned - step, true);
  }, [view, pinned, step]);
}

/** The hour whose forecast a bar's close knew of; null ahead of the newest forecast. */
function believedAt(history: History, newest: Seconds | null, time: number): Seconds | null {
  const last = history.current().at(-1);
  if (last === undefined || newest === null || time > last.time) return null;
  const asOf = asOfBar(seconds(time), stepOf(history.resolution));
  return seconds(Math.min(asOf, newest));
}

function pin(asOf: Seconds | null): void {
  const { pinned } = useView.getState();
  show({ pinned: asOf === null || asOf === pinned ? null : asOf });
}

interface Latest {
  history: History;
  newest: Seconds | null;
  indicators: Indicators;
}

/** Say what the crosshair points at. */
function point({ history, newest, indicators }: Latest, time: number | null | undefined): void {
  if (time === null || time === undefined) {
    useCursor.setState(NOWHERE);
    show({ hovered: null });
    return;
  }
  const bars = history.current();
  const at = indexOf(bars, time);
  const bar = bars[at] ?? null;
  useCursor.setState({
    bar,
    before: bars[at - 1]?.close ?? null,
    ahead: bar === null ? time : null,
    lines: Object.fromEntries(
      [...indicators.lines].map(([name, values]) => [name, values.get(time) ?? null]),
    ),
  });
  const hovered = believedAt(history, newest, time);
  if (useView.getState().hovered !== hovered) show({ hovered });
}

/** Index of the bar opening at a time; -1 where there is none. */
export function indexOf(bars: readonly Bar[], time: number): number {
  let low = 0;
  let high = bars.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = bars[middle]?.time ?? 0;
    if (found === time) return middle;
    if (found < time) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
