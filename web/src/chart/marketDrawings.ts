import type { ISeriesPrimitiveAxisView } from "lightweight-charts";
import type { Level, ProfileBin } from "../api/types";
import { price as priceText } from "../lib/format";
import { fade } from "./colours";
import { Drawing, type Frame, type Ground } from "./primitive";

/** Share of the pane's width that the busiest price takes. */
const PROFILE_SHARE = 0.13;
/** Share of the volume that the value area holds. */
const VALUE_AREA = 0.7;

/** Bins around the busiest that together hold 70 % of the volume, as first and last index. */
export function valueArea(bins: readonly ProfileBin[]): readonly [number, number] | null {
  const total = bins.reduce((sum, bin) => sum + bin.volume, 0);
  if (total <= 0) return null;
  const busiest = bins.reduce(
    (best, bin, i) => (bin.volume > (bins[best]?.volume ?? 0) ? i : best),
    0,
  );
  let [first, last] = [busiest, busiest];
  let held = bins[busiest]?.volume ?? 0;
  while (held < VALUE_AREA * total) {
    const below = bins[first - 1]?.volume ?? -1;
    const above = bins[last + 1]?.volume ?? -1;
    if (above >= below) last += 1;
    else first -= 1;
    held += Math.max(above, below);
  }
  return [first, last];
}

/** Volume by price at the right edge; the value area stronger, the busiest price with a line. */
export class ProfileDrawing extends Drawing {
  private bins: readonly ProfileBin[] = [];
  private area: readonly [number, number] | null = null;

  constructor(ground: Ground) {
    super(ground, [["bottom", (context, frame) => this.draw(context, frame)]]);
  }

  set(bins: readonly ProfileBin[]): void {
    this.bins = bins.toSorted((a, b) => a.low - b.low);
    this.area = valueArea(this.bins);
    this.refresh();
  }

  private draw(context: CanvasRenderingContext2D, frame: Frame): void {
    const most = Math.max(...this.bins.map((bin) => bin.volume));
    if (this.bins.length === 0 || !(most > 0)) return;
    const full = Math.min(frame.width * PROFILE_SHARE, 150);
    this.bins.forEach((bin, i) => {
      const top = frame.y(bin.high);
      const bottom = frame.y(bin.low);
      if (top === null || bottom === null || bottom < 0 || top > frame.height) return;
      const width = (bin.volume / most) * full;
      this.bar(context, frame, bin, this.opacity(i), [top, Math.max(bottom - top - 1, 1), width]);
      if (bin.volume === most) this.busiest(context, frame, (top + bottom) / 2, full);
    });
  }

  private opacity(i: number): number {
    return this.area !== null && i >= this.area[0] && i <= this.area[1] ? 0.3 : 0.15;
  }

  /** One bin: what was bought, then what was sold; grey where that is unknown. */
  private bar(
    context: CanvasRenderingContext2D,
    frame: Frame,
    bin: ProfileBin,
    opacity: number,
    [top, height, width]: readonly [number, number, number],
  ): void {
    const { up, down, text3 } = frame.colours;
    const x = frame.width - width;
    if (bin.buy_share === null) {
      context.fillStyle = fade(text3, opacity);
      context.fillRect(x, top, width, height);
      return;
    }
    const bought = width * bin.buy_share;
    context.fillStyle = fade(up, opacity);
    context.fillRect(x, top, bought, height);
    context.fillStyle = fade(down, opacity);
    context.fillRect(x + bought, top, width - bought, height);
  }

  private busiest(context: CanvasRenderingContext2D, frame: Frame, y: number, full: number): void {
    context.fillStyle = fade(frame.colours.text2, 0.8);
    context.fillRect(frame.width - full, y - 0.5, full, 1);
    if (frame.width < 500) return;
    context.font = `520 9.5px ${frame.colours.sans}`;
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillStyle = frame.colours.text3;
    // Left of the bins: at the edge stand the prices of the cone's end.
    context.fillText("most traded", frame.width - full - 4, y + 5);
  }
}

interface Placed {
  level: Level;
  y: number;
}

/** Prices at which the market turned before, with how often. */
export class LevelDrawing extends Drawing {
  private levels: readonly Level[] = [];
  private shown: readonly Placed[] = [];
  private lastY: number | null = null;

  constructor(ground: Ground) {
    super(ground, [
      ["bottom", (context, frame) => this.lines(context, frame)],
      ["normal", (context, frame) => this.labels(context, frame)],
    ]);
  }

  set(levels: readonly Level[]): void {
    this.levels = levels.toSorted((a, b) => b.strength - a.strength);
    this.refresh();
  }

  /** The strongest first, no two within 22 px. */
  private placed(y: (price: number) => number | null, height: number): Placed[] {
    const kept: Placed[] = [];
    for (const level of this.levels) {
      const at = y(level.price);
      if (at === null || at < 60 || at > height - 8) continue;
      if (kept.every((other) => Math.abs(other.y - at) >= 22)) kept.push({ level, y: at });
      if (kept.length === 6) break;
    }
    return kept;
  }

  private lines(context: CanvasRenderingContext2D, frame: Frame): void {
    this.shown = this.placed(frame.y, frame.height);
    this.lastY = frame.y(this.ground.last ?? NaN);
    for (const { level, y } of this.shown) {
      const colour = level.kind === "support" ? frame.colours.up : frame.colours.down;
      const from = Math.max(frame.barX(level.first) ?? 0, 0);
      context.strokeStyle = fade(colour, 0.15 + 0.4 * level.strength);
      context.lineWidth = 1;
      context.setLineDash([6, 4]);
      context.beginPath();
      context.moveTo(from, Math.round(y) + 0.5);
      context.lineTo(frame.width, Math.round(y) + 0.5);
      context.stroke();
    }
    context.setLineDash([]);
  }

  /** Kind and touches at the left edge; the price itself stands at the axis. */
  private labels(context: CanvasRenderingContext2D, frame: Frame): void {
    context.font = `560 10px ${frame.colours.mono}`;
    context.textBaseline = "middle";
    for (const { level, y } of this.shown) {
      const text = `${level.kind === "support" ? "S" : "R"}×${level.touches}`;
      context.fillStyle = fade(frame.colours.panel, 0.85);
      context.fillRect(3, y - 7, context.measureText(text).width + 6, 14);
      context.fillStyle = level.kind === "support" ? frame.colours.up : frame.colours.down;
      context.fillText(text, 6, y + 0.5);
    }
  }

  /** Prices of the levels at the axis, but where the newest price stands. */
  override priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    const free = this.shown.filter(({ y }) => Math.abs(y - (this.lastY ?? Infinity)) > 18);
    return free.map(({ level, y }) => ({
      coordinate: () => y,
      text: () => priceText(level.price),
      textColor: () => this.ground.colours.text2,
      backColor: () => this.ground.colours.line,
    }));
  }
}

/** The bar whose forecast is explained, as a quiet band with a word at its foot. */
export class SelectionDrawing extends Drawing {
  private selected: { time: number; pinned: boolean } | null = null;
  private now: number | null = null;

  constructor(ground: Ground) {
    super(ground, [["bottom", (context, frame) => this.draw(context, frame)]]);
  }

  /** The bar opening at `time`; null for none. */
  select(time: number | null, pinned: boolean): void {
    this.selected = time === null ? null : { time, pinned };
    this.refresh();
  }

  /** The moment from which the future begins. */
  divide(now: number | null): void {
    this.now = now;
    this.refresh();
  }

  private draw(context: CanvasRenderingContext2D, frame: Frame): void {
    this.border(context, frame);
    if (this.selected === null) return;
    const x = frame.barX(this.selected.time);
    if (x === null) return;
    const width = Math.max(frame.barSpacing, 3);
    const { accent, text2 } = frame.colours;
    context.fillStyle = fade(this.selected.pinned ? accent : text2, 0.13);
    context.fillRect(x - width / 2, 0, width, frame.height);
    if (this.selected.pinned) {
      context.fillStyle = accent;
      context.fillRect(x - width / 2, frame.height - 3, width, 3);
    }
  }

  private border(context: CanvasRenderingContext2D, frame: Frame): void {
    const x = this.now === null ? null : frame.x(this.now);
    if (x === null) return;
    context.strokeStyle = fade(frame.colours.text3, 0.45);
    context.lineWidth = 1;
    context.setLineDash([1, 4]);
    context.beginPath();
    context.moveTo(Math.round(x) + 0.5, 0);
    context.lineTo(Math.round(x) + 0.5, frame.height);
    context.stroke();
    context.setLineDash([]);
  }
}
