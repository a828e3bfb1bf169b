import type { CanvasRenderingTarget2D } from "fancy-canvas";
import type {
  AutoscaleInfo,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  ISeriesPrimitiveAxisView,
  Logical,
  PrimitivePaneViewZOrder,
  SeriesAttachedParameter,
} from "lightweight-charts";
import type { Axis } from "../lib/axis";
import type { Colours } from "./colours";

/** Where things lie on the canvas, in CSS pixels. */
export interface Frame {
  width: number;
  height: number;
  /** Of the close of the bar that ends at a moment in seconds. */
  x: (moment: number) => number | null;
  /** Of the bar opening at a time. */
  barX: (time: number) => number | null;
  y: (price: number) => number | null;
  barSpacing: number;
  colours: Colours;
}

/** What all drawings share; the chart keeps it current. */
export interface Ground {
  axis: Axis;
  step: number;
  colours: Colours;
  /** Newest close, whose label at the axis nothing may cover. */
  last: number | null;
}

type Draw = (context: CanvasRenderingContext2D, frame: Frame) => void;

/**
 * A drawing on the price pane that is not a series: one canvas pass, however many shapes it holds.
 */
export abstract class Drawing implements ISeriesPrimitive {
  private attachment: SeriesAttachedParameter | null = null;
  private readonly views: readonly IPrimitivePaneView[];

  protected constructor(
    protected readonly ground: Ground,
    layers: readonly [PrimitivePaneViewZOrder, Draw][],
  ) {
    this.views = layers.map(([order, draw]) => ({
      zOrder: () => order,
      renderer: () => ({ draw: (target: CanvasRenderingTarget2D) => this.paint(target, draw) }),
    }));
  }

  attached(attachment: SeriesAttachedParameter): void {
    this.attachment = attachment;
  }

  detached(): void {
    this.attachment = null;
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    return [];
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.views;
  }

  /** Lowest and highest price it needs on screen between two positions; null for no wish. */
  protected readonly extent:
    ((from: number, to: number) => readonly [number, number] | null) | null = null;

  autoscaleInfo(from: Logical, to: Logical): AutoscaleInfo | null {
    const extent = this.extent?.(from, to) ?? null;
    return extent === null ? null : { priceRange: { minValue: extent[0], maxValue: extent[1] } };
  }

  /** Draw again at the next frame. */
  refresh(): void {
    this.attachment?.requestUpdate();
  }

  private paint(target: CanvasRenderingTarget2D, draw: Draw): void {
    const attachment = this.attachment;
    if (attachment === null) return;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const timeScale = attachment.chart.timeScale();
      const series = attachment.series as ISeriesApi<"Candlestick">;
      const barX = (time: number) => {
        const at = this.ground.axis.position(time);
        if (at === null) return null;
        // The chart places whole positions only; between two the way is straight.
        const left = timeScale.logicalToCoordinate(Math.floor(at) as Logical);
        return left === null ? null : left + (at - Math.floor(at)) * spacing;
      };
      const spacing = timeScale.options().barSpacing;
      context.save();
      draw(context, {
        width: mediaSize.width,
        height: mediaSize.height,
        x: (moment) => barX(moment - this.ground.step),
        barX,
        y: (price) => series.priceToCoordinate(price),
        barSpacing: spacing,
        colours: this.ground.colours,
      });
      context.restore();
    });
  }
}

/** Canvas points of columns, without those that cannot be placed. */
export function points(
  frame: Frame,
  t: readonly number[],
  values: readonly number[],
): [number, number][] {
  return t.flatMap((moment, i) => {
    const x = frame.x(moment);
    const y = frame.y(values[i] ?? NaN);
    return x === null || y === null ? [] : [[x, y] as [number, number]];
  });
}

/** Trace points as one path. */
export function trace(context: CanvasRenderingContext2D, path: readonly [number, number][]): void {
  context.beginPath();
  path.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
}

/** Fill the area between two lines. */
export function fillBetween(
  context: CanvasRenderingContext2D,
  lower: readonly [number, number][],
  upper: readonly [number, number][],
  colour: string,
): void {
  trace(context, [...upper, ...lower.toReversed()]);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}
