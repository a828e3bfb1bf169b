import type {
  IChartApi,
  ISeriesApi,
  SeriesDataItemTypeMap,
  SeriesDefinition,
  SeriesPartialOptionsMap,
} from "lightweight-charts";

type Growing = "Candlestick" | "Histogram";
type Item<T extends Growing> = SeriesDataItemTypeMap[T];

/**
 * Bars of which the last one grows.
 *
 * The chart lays a series out whole whenever a value of it changes, several times a second for tens
 * of thousands of bars. So the last bar is a series of its own.
 */
export class GrowingSeries<T extends Growing> {
  /** All but the last. */
  readonly settled: ISeriesApi<T>;
  readonly open: ISeriesApi<T>;
  private last: Item<T> | null = null;

  constructor(
    private readonly chart: IChartApi,
    definition: SeriesDefinition<T>,
    options: SeriesPartialOptionsMap[T],
    pane = 0,
  ) {
    const quiet = { ...options, lastValueVisible: false, priceLineVisible: false };
    this.settled = chart.addSeries(definition, quiet, pane);
    this.open = chart.addSeries(definition, options, pane);
  }

  /** Replace all bars. */
  set(items: Item<T>[]): void {
    const last = items.at(-1) ?? null;
    this.settled.setData(items.slice(0, -1));
    if (last !== null && last.time === this.last?.time) this.open.update(last);
    else this.open.setData(items.slice(-1));
    this.last = last;
  }

  /** Replace the last bar, or put one behind it. */
  update(item: Item<T>): void {
    if (this.last !== null && this.last.time !== item.time) {
      this.settled.update(this.last);
      this.open.setData([item]);
    } else this.open.update(item);
    this.last = item;
  }

  restyle(options: SeriesPartialOptionsMap[T]): void {
    this.settled.applyOptions(options);
    this.open.applyOptions(options);
  }

  remove(): void {
    this.chart.removeSeries(this.settled);
    this.chart.removeSeries(this.open);
  }
}
