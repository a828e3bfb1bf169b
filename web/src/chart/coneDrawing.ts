import { interpolate } from "../lib/axis";
import type { Cone } from "../lib/cone";
import { horizon as spanText, price as priceText } from "../lib/format";
import { fade } from "./colours";
import { Drawing, fillBetween, points, trace, type Frame, type Ground } from "./primitive";

/** How far the forecast can be trusted, as it looks. */
export type ConeLook = "sound" | "stale" | "unreliable" | "past";

export interface ConeView {
  cone: Cone;
  horizon: number;
  horizons: readonly number[];
  look: ConeLook;
  /** Said beside it, e.g. why it is unreliable. */
  note: string | null;
  /** Whether the scale makes room for it. */
  fits: boolean;
}

const LABEL_ROOM = 13;
/** Pixels at the top that the legend takes. */
const LEGEND_ROOM = 56;

/** The forecast ahead of price: median, 1σ and 2σ bands, its end said in figures. */
export class ConeDrawing extends Drawing {
  private view: ConeView | null = null;

  constructor(ground: Ground) {
    super(ground, [
      ["bottom", (context, frame) => this.bands(context, frame)],
      ["top", (context, frame) => this.end(context, frame)],
    ]);
  }

  set(view: ConeView | null): void {
    this.view = view;
    this.refresh();
  }

  protected override readonly extent = (
    from: number,
    to: number,
  ): readonly [number, number] | null => {
    if (this.view?.fits !== true) return null;
    const { t, lower2, upper2 } = this.view.cone;
    const within = t.map((moment) => {
      const at = this.ground.axis.position(moment - this.ground.step);
      return at !== null && at >= from && at <= to;
    });
    const low = Math.min(...lower2.filter((_, i) => within[i]));
    const high = Math.max(...upper2.filter((_, i) => within[i]));
    return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null;
  };

  private bands(context: CanvasRenderingContext2D, frame: Frame): void {
    if (this.view === null) return;
    const { cone, look } = this.view;
    const colour = look === "stale" ? frame.colours.text3 : frame.colours.accent;
    const weight = look === "past" ? 0.6 : 1;
    const line = (values: readonly number[]) => points(frame, cone.t, values);
    const [lower2, lower1, mid, upper1, upper2] = [
      line(cone.lower2),
      line(cone.lower1),
      line(cone.mid),
      line(cone.upper1),
      line(cone.upper2),
    ];
    fillBetween(context, lower2, upper2, fade(colour, 0.11 * weight));
    fillBetween(context, lower1, upper1, fade(colour, 0.2 * weight));
    context.lineJoin = "round";
    context.setLineDash(look === "unreliable" || look === "past" ? [4, 4] : []);
    context.lineWidth = 1;
    for (const [edge, opacity] of [
      [lower2, 0.35],
      [upper2, 0.35],
      [lower1, 0.6],
      [upper1, 0.6],
    ] as const) {
      trace(context, edge);
      context.strokeStyle = fade(colour, opacity * weight);
      context.stroke();
    }
    trace(context, mid);
    context.strokeStyle = colour;
    context.lineWidth = 1.75;
    context.stroke();
    context.setLineDash([]);
    this.ticks(context, frame, colour);
  }

  /** Small strokes across the median at each horizon, or each hour where there is room. */
  private ticks(context: CanvasRenderingContext2D, frame: Frame, colour: string): void {
    if (this.view === null) return;
    const { cone, horizon, horizons } = this.view;
    const pixelsPerHour = (frame.barSpacing * 3600) / this.ground.step;
    const every = [1, 6, 24].find((hours) => hours * pixelsPerHour >= 7);
    const tick = (hours: number, half: number, opacity: number) => {
      const moment = cone.asOf + hours * 3600;
      const x = frame.x(moment);
      const y = frame.y(interpolate(cone.t, cone.mid, moment) ?? NaN);
      if (x === null || y === null) return;
      context.fillStyle = fade(colour, opacity);
      context.fillRect(x - 0.5, y - half, 1, 2 * half);
    };
    if (every !== undefined) {
      for (let hours = every; hours < horizon; hours += every) tick(hours, 2.5, 0.7);
    }
    horizons.filter((hours) => hours < horizon).forEach((hours) => tick(hours, 6, 1));
  }

  /** The interval at the horizon, as a bracket with its prices. */
  private end(context: CanvasRenderingContext2D, frame: Frame): void {
    if (this.view === null) return;
    const { cone, look } = this.view;
    const last = cone.t.length - 1;
    const x = frame.x(cone.t[last] ?? NaN);
    const values = [cone.upper2, cone.upper1, cone.mid, cone.lower1, cone.lower2].map(
      (column) => column[last] ?? NaN,
    );
    const ys = values.map((value) => frame.y(value) ?? NaN);
    if (x === null || x < 0 || ys.some(Number.isNaN)) return;
    const [top2, top1, middle, bottom1, bottom2] = ys as [number, number, number, number, number];
    const colour = look === "stale" ? frame.colours.text3 : frame.colours.accent;
    context.fillStyle = fade(colour, 0.55);
    context.fillRect(x - 0.5, top2, 1, bottom2 - top2);
    context.fillStyle = colour;
    context.fillRect(x - 1.5, top1, 3, bottom1 - top1);
    context.beginPath();
    context.arc(x, middle, 3.5, 0, 2 * Math.PI);
    context.fill();
    if (x <= frame.width - 20) this.label(context, frame, x, values, ys);
  }

  /** The five prices beside the bracket, the horizon above, a warning below. */
  private label(
    context: CanvasRenderingContext2D,
    frame: Frame,
    x: number,
    values: readonly number[],
    ys: readonly number[],
  ): void {
    if (this.view === null) return;
    const { horizon, look, note } = this.view;
    const { accentText, text2, text3, mono, sans } = frame.colours;
    const words = look === "stale" ? text3 : accentText;
    const at = spread(ys, LABEL_ROOM);
    const shades = [text3, text2, words, text2, text3];
    const write = (text: string, y: number, font: string, colour: string) => {
      context.font = font;
      // A rim in the colour of the ground keeps it legible over whatever lies beneath.
      context.strokeStyle = fade(frame.colours.panel, 0.85);
      context.lineWidth = 4;
      const left = Math.min(x + 8, frame.width - context.measureText(text).width - 3);
      context.strokeText(text, left, y);
      context.fillStyle = colour;
      context.fillText(text, left, y);
    };
    context.textBaseline = "middle";
    context.lineJoin = "round";
    values.forEach((value, i) => {
      const font = i === 2 ? `650 12px ${mono}` : `480 10.5px ${mono}`;
      write(priceText(value), at[i] ?? 0, font, shades[i] ?? words);
    });
    const head = look === "past" ? `${spanText(horizon)}, believed then` : spanText(horizon);
    write(head, Math.max((at[0] ?? 0) - LABEL_ROOM - 3, LEGEND_ROOM), `620 11px ${sans}`, words);
    if (note !== null) write(note, (at[4] ?? 0) + LABEL_ROOM + 2, `560 10.5px ${sans}`, text2);
  }
}

/** Ascending positions pushed apart to at least `room`, the middle one kept. */
export function spread(positions: readonly number[], room: number): number[] {
  const result = [...positions];
  const middle = Math.floor(result.length / 2);
  for (let i = middle + 1; i < result.length; i++) {
    result[i] = Math.max(result[i] ?? 0, (result[i - 1] ?? 0) + room);
  }
  for (let i = middle - 1; i >= 0; i--) {
    result[i] = Math.min(result[i] ?? 0, (result[i + 1] ?? 0) - room);
  }
  return result;
}
