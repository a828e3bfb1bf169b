import { LineSeries, type IChartApi, type ISeriesApi, type UTCTimestamp } from "lightweight-charts";
import { future } from "../lib/axis";
import type { Bar } from "../lib/bars";
import { UNDERNEATH } from "./options";

/** Hours that are put on one by one; for more, all are laid anew. */
const FEW = 3;

/**
 * The time ahead of the newest bar: a series without a line, so that the candle series holds
 * nothing but bars and can grow.
 *
 * Laying it anew concerns every bar of the chart, so it grows where it can: hours that have become
 * bars stay in it, out of sight.
 */
export class Ahead {
  /** Opening times of the bars to come. */
  times: readonly number[] = [];
  private readonly series: ISeriesApi<"Line">;
  private held: readonly number[] = [];

  constructor(chart: IChartApi) {
    this.series = chart.addSeries(LineSeries, {
      ...UNDERNEATH,
      lineVisible: false,
      crosshairMarkerVisible: false,
      autoscaleInfoProvider: () => null,
    });
  }

  /** Reach from the newest bar to the first step at or beyond `end`. */
  reach(bars: readonly Bar[], step: number, end: number): void {
    const last = bars.at(-1);
    if (last === undefined) return;
    this.times = future(last.time, step, end);
    const added = missing(this.held, bars, this.times);
    const point = (time: number) => ({ time: time as UTCTimestamp, value: last.close });
    if (added === null || added.length > FEW) {
      this.held = this.times;
      this.series.setData(this.held.map(point));
    } else {
      this.held = [...this.held, ...added];
      added.forEach((time) => this.series.update(point(time)));
    }
  }
}

/**
 * What is to be put behind the times that are held, so that beyond the bars they are those wanted;
 * null where that alone does not do it.
 */
export function missing(
  held: readonly number[],
  bars: readonly Bar[],
  wanted: readonly number[],
): number[] | null {
  const last = bars.at(-1)?.time ?? 0;
  const past = held.filter((time) => time <= last).length;
  // An hour that never became a bar would take up room among them.
  if (past > 0 && bars[bars.length - past]?.time !== held[0]) return null;
  const left = held.slice(past);
  return left.every((time, i) => time === wanted[i]) && held.length > 0
    ? wanted.slice(left.length)
    : null;
}
