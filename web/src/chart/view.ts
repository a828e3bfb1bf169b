import {
  type AutoscaleInfo,
  type AutoscaleInfoProvider,
  CandlestickSeries,
  HistogramSeries,
  LineSeries,
  createChart,
  createTextWatermark,
  type IChartApi,
  type ISeriesApi,
  type ITextWatermarkPluginApi,
  type Logical,
  type LogicalRange,
  type MouseEventParams,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts";
import type { Ghost, Level, ProfileBin } from "../api/types";
import { Axis } from "../lib/axis";
import type { Bar } from "../lib/bars";
import { quantity } from "../lib/format";
import { extentWithout, oddBars, UNSETTLED } from "../lib/odd";
import { Ahead } from "./ahead";
import { GrowingSeries } from "./growing";
import { coloursNow, fade } from "./colours";
import { ConeDrawing, type ConeView } from "./coneDrawing";
import { GhostDrawing } from "./ghostDrawing";
import { LevelDrawing, ProfileDrawing, SelectionDrawing } from "./marketDrawings";
import { candleOptions, chartOptions, lineOptions, UNDERNEATH, type LineName } from "./options";
import type { Ground } from "./primitive";

export interface ChartEvents {
  /** The crosshair is over the bar at this index, over the future (null), or gone (undefined). */
  onPoint: (time: number | null | undefined) => void;
  onClick: (time: number | null) => void;
  onRange: (range: LogicalRange) => void;
}

/** Which panes stand under the price. */
export interface Panes {
  volume: boolean;
  volatility: boolean;
}

const stamp = (time: number) => time as UTCTimestamp;

/**
 * The chart without React: series, drawings and panes, fed with whole states.
 *
 * Price is one candle series, the time ahead another (chart/ahead.ts); everything else on the price
 * pane is a drawing.
 */
export class ChartView {
  readonly chart: IChartApi;
  private readonly ground: Ground = {
    axis: new Axis([]),
    step: 3600,
    colours: coloursNow(),
    last: null,
  };
  private readonly candles: GrowingSeries<"Candlestick">;
  private readonly ahead: Ahead;
  private readonly lines = new Map<LineName, ISeriesApi<"Line">>();
  private volume: GrowingSeries<"Histogram"> | null = null;
  private names: ITextWatermarkPluginApi<Time>[] = [];
  private panes: Panes = { volume: false, volatility: false };
  private bars: readonly Bar[] = [];
  /** The bar that keys have put the crosshair on. */
  private held: Bar | null = null;
  private odd: readonly number[] = [];
  private coneView: ConeView | null = null;
  private readonly cone = new ConeDrawing(this.ground);
  private readonly believed = new ConeDrawing(this.ground);
  private readonly ghosts = new GhostDrawing(this.ground);
  private readonly profile = new ProfileDrawing(this.ground);
  private readonly levels = new LevelDrawing(this.ground);
  private readonly selection = new SelectionDrawing(this.ground);

  constructor(container: HTMLElement, events: ChartEvents) {
    const { colours } = this.ground;
    this.chart = createChart(container, chartOptions(colours));
    this.candles = new GrowingSeries(this.chart, CandlestickSeries, candleOptions(colours));
    const scaled = (autoscaleInfoProvider: AutoscaleInfoProvider) => ({ autoscaleInfoProvider });
    this.candles.settled.applyOptions(scaled((own) => this.scale(own)));
    this.candles.open.applyOptions(
      scaled((own) => (this.odd.includes(this.bars.length - 1) ? null : own())),
    );
    this.ahead = new Ahead(this.chart);
    for (const drawing of [
      this.profile,
      this.ghosts,
      this.selection,
      this.cone,
      this.believed,
      this.levels,
    ]) {
      this.candles.settled.attachPrimitive(drawing);
    }
    this.chart.subscribeCrosshairMove((point) => {
      const time = this.timeUnder(point);
      if (point.sourceEvent !== undefined) this.held = null;
      // The chart scrolled under a crosshair that keys had put on a bar: it goes with its bar.
      if (this.held !== null && time !== undefined && time !== this.held.time)
        this.point(this.held);
      else events.onPoint(time);
    });
    this.chart.subscribeClick((point) => events.onClick(this.timeUnder(point) ?? null));
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null) events.onRange(range);
    });
  }

  destroy(): void {
    this.chart.remove();
  }

  /** Take the theme's colours anew. */
  restyle(): void {
    Object.assign(this.ground.colours, coloursNow());
    const { colours } = this.ground;
    this.chart.applyOptions(chartOptions(colours));
    this.candles.restyle(candleOptions(colours));
    this.volume?.set(this.volumeData());
    this.nameParts();
    this.lines.forEach((series, name) =>
      series.applyOptions(lineOptions(name, this.ground.colours)),
    );
  }

  /** Replace all bars; what is on screen stays where it is. */
  setBars(bars: readonly Bar[], step: number): void {
    this.bars = bars;
    this.odd = oddBars(bars);
    this.ground.step = step;
    this.ground.last = bars.at(-1)?.close ?? null;
    this.candles.set(bars.map((bar) => ({ ...bar, time: stamp(bar.time) })));
    this.volume?.set(this.volumeData());
    this.lay();
  }

  /** Replace or append the last bar. */
  updateBar(bars: readonly Bar[]): void {
    const bar = bars.at(-1);
    if (bar === undefined) return;
    const isNew = bars.length !== this.bars.length;
    this.bars = bars;
    const settled = bars.length - UNSETTLED;
    this.odd = [...this.odd.filter((i) => i < settled), ...oddBars(bars, settled)];
    this.ground.last = bar.close;
    this.candles.update({ ...bar, time: stamp(bar.time) });
    this.volume?.update(this.volumeBar(bar));
    if (isNew) this.lay();
  }

  setLine(name: LineName, values: readonly (number | null)[]): void {
    const series = this.lines.get(name);
    series?.setData(
      this.bars.flatMap((bar, i) => {
        const value = values[i] ?? null;
        return value === null ? [] : [{ time: stamp(bar.time), value }];
      }),
    );
  }

  /** Show these lines and no others. */
  showLines(names: readonly LineName[]): void {
    for (const [name, series] of this.lines) {
      if (!names.includes(name) && !name.startsWith("volatility")) {
        this.chart.removeSeries(series);
        this.lines.delete(name);
      }
    }
    for (const name of names) {
      if (!this.lines.has(name) && !name.startsWith("volatility")) {
        this.lines.set(
          name,
          this.chart.addSeries(LineSeries, lineOptions(name, this.ground.colours)),
        );
      }
    }
  }

  /** Put the panes under the price in their order. */
  showPanes(panes: Panes): void {
    if (panes.volume === this.panes.volume && panes.volatility === this.panes.volatility) return;
    this.panes = panes;
    this.volume?.remove();
    for (const name of ["volatility_forecast", "volatility_realised"] as const) {
      const series = this.lines.get(name);
      if (series !== undefined) this.chart.removeSeries(series);
    }
    this.volume = null;
    this.lines.delete("volatility_forecast");
    this.lines.delete("volatility_realised");
    let pane = 0;
    if (panes.volume) {
      pane += 1;
      const format = { type: "custom", minMove: 1e-3, formatter: quantity } as const;
      const options = { ...UNDERNEATH, priceFormat: format };
      this.volume = new GrowingSeries(this.chart, HistogramSeries, options, pane);
      this.volume.set(this.volumeData());
    }
    if (panes.volatility) {
      pane += 1;
      for (const name of ["volatility_realised", "volatility_forecast"] as const) {
        this.lines.set(
          name,
          this.chart.addSeries(LineSeries, lineOptions(name, this.ground.colours), pane),
        );
      }
    }
    this.chart.panes().forEach((one, i) => one.setStretchFactor(i === 0 ? 6 : 1));
    this.nameParts();
  }

  /** Say in its corner what each pane under the price shows. */
  private nameParts(): void {
    const { volume, volatility } = this.panes;
    const names = [...(volume ? ["Volume"] : []), ...(volatility ? ["Volatility per hour"] : [])];
    this.names.forEach((name) => name.detach());
    this.names = this.chart
      .panes()
      .slice(1)
      .map((pane, i) =>
        createTextWatermark(pane, {
          horzAlign: "left",
          vertAlign: "top",
          lines: [
            {
              text: ` ${names[i] ?? ""}`,
              color: this.ground.colours.text3,
              fontSize: 10.5,
              fontFamily: this.ground.colours.sans,
            },
          ],
        }),
      );
  }

  setCone(view: ConeView | null): void {
    this.coneView = view;
    this.cone.set(view);
    this.lay();
  }

  setBelieved(view: ConeView | null): void {
    this.believed.set(view);
  }

  setGhosts(ghosts: readonly Ghost[]): void {
    this.ghosts.set(ghosts);
  }

  setProfile(bins: readonly ProfileBin[]): void {
    this.profile.set(bins);
  }

  setLevels(levels: readonly Level[]): void {
    this.levels.set(levels);
  }

  select(time: number | null, pinned: boolean): void {
    this.selection.select(time, pinned);
  }

  /** Take the crosshair away. */
  unpoint(): void {
    this.held = null;
    this.chart.clearCrosshairPosition();
  }

  /** Move the crosshair to a bar, e.g. by the arrow keys. */
  point(bar: Bar): void {
    this.held = bar;
    this.chart.setCrosshairPosition(bar.close, stamp(bar.time), this.candles.settled);
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const at = this.ground.axis.exact(bar.time);
    if (range === null || at === null) return;
    const shift =
      at < range.from + 1 ? at - range.from - 8 : at > range.to - 1 ? at - range.to + 8 : 0;
    if (shift !== 0) {
      this.chart
        .timeScale()
        .setVisibleLogicalRange({ from: range.from + shift, to: range.to + shift });
    }
  }

  /** The newest bars, the cone and room for its label. */
  follow(): void {
    if (this.bars.length === 0) return;
    const last = this.bars.length - 1;
    const ahead = this.ahead.times.length;
    const width = this.chart.timeScale().width() || 900;
    // The label at the end of the cone takes about 76 px, the cone at most a third of the rest.
    const label = Math.min(0.3, 84 / width);
    // Two lines of legend stand above the cone's highest label.
    const height = Math.max(this.chart.paneSize().height, 1);
    const top = Math.min(Math.max(90 / height, 0.1), 0.3);
    this.chart.priceScale("right").applyOptions({ scaleMargins: { top, bottom: 0.07 } });
    const past = Math.max(ahead * 2.2, Math.min(width / 7, 150), 40);
    const total = (past + ahead) / (1 - label);
    this.chart.timeScale().setVisibleLogicalRange({
      from: last - past,
      to: last - past + total,
    });
  }

  /** Show the bars between two opening times. */
  showRange(from: number, to: number): void {
    const { axis } = this.ground;
    const [first, last] = [axis.position(from), axis.position(to)];
    if (first === null || last === null || last - first < 2) return;
    this.chart.timeScale().setVisibleLogicalRange({ from: first, to: last });
  }

  /** Times at the edges of the screen, for the URL and for what is to be fetched. */
  visible(): { from: number; to: number; pixelsPerHour: number } | null {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const { times } = this.ground.axis;
    const [first, last] = [times[0], times.at(-1)];
    if (range === null || first === undefined || last === undefined) return null;
    const at = (position: number) =>
      times[Math.round(position)] ?? (position < 0 ? first : last + this.ground.step);
    const spacing = this.chart.timeScale().options().barSpacing;
    return {
      from: at(range.from),
      to: at(range.to),
      pixelsPerHour: (spacing * 3600) / this.ground.step,
    };
  }

  /** Whether the newest bar is on screen. */
  atEnd(): boolean {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const last = this.bars.length - 1;
    return range === null || (range.to >= last && range.from <= last);
  }

  private timeUnder(point: MouseEventParams): number | null | undefined {
    if (point.logical === undefined || point.point === undefined) return undefined;
    const last = this.bars.at(-1);
    const time = this.ground.axis.times[point.logical];
    if (time === undefined || last === undefined) return undefined;
    return time;
  }

  /** Lay the axis anew: the bars, then the hours the cone reaches. */
  private lay(): void {
    const last = this.bars.at(-1);
    if (last === undefined) return;
    const { step } = this.ground;
    this.ahead.reach(this.bars, step, (this.coneView?.cone.t.at(-1) ?? 0) - step);
    this.ground.axis = new Axis([...this.bars.map((bar) => bar.time), ...this.ahead.times]);
    this.selection.divide(last.time + step);
  }

  /** Prices that the scale makes room for: all in sight, but for bars that are mistakes. */
  private scale(own: () => AutoscaleInfo | null): AutoscaleInfo | null {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (range === null) return own();
    const [from, to] = [Math.floor(range.from), Math.ceil(range.to)];
    const sober = this.odd.some((i) => i >= from && i <= to)
      ? extentWithout(this.bars, this.odd, from, to)
      : null;
    if (sober === null) return own();
    const cones = [this.cone, this.believed].map((cone) =>
      cone.autoscaleInfo(from as Logical, to as Logical),
    );
    const ranges = cones.flatMap((info) => info?.priceRange ?? []);
    return {
      priceRange: {
        minValue: Math.min(sober[0], ...ranges.map((one) => one.minValue)),
        maxValue: Math.max(sober[1], ...ranges.map((one) => one.maxValue)),
      },
    };
  }

  private volumeBar(bar: Bar) {
    const { up, down } = this.ground.colours;
    return {
      time: stamp(bar.time),
      value: bar.volume ?? 0,
      color: fade(bar.close >= bar.open ? up : down, 0.5),
    };
  }

  private volumeData() {
    return this.bars.map((bar) => this.volumeBar(bar));
  }
}
