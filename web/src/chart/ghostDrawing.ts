import type { Ghost } from "../api/types";
import { coneOfGhost, type Cone } from "../lib/cone";
import { fade } from "./colours";
import { Drawing, fillBetween, points, trace, type Frame, type Ground } from "./primitive";

interface Haunt {
  ghost: Ghost;
  cone: Cone;
}

/**
 * Past cones and what came: a disc where the price ended within 1σ, a ring within 2σ, a cross
 * outside. What was published has solid edges, what the walk-forward answered dashed ones.
 */
export class GhostDrawing extends Drawing {
  private haunts: readonly Haunt[] = [];

  constructor(ground: Ground) {
    super(ground, [["bottom", (context, frame) => this.draw(context, frame)]]);
  }

  set(ghosts: readonly Ghost[]): void {
    this.haunts = ghosts
      .filter((ghost) => ghost.outcome !== "open" && ghost.outcome !== "missing")
      .map((ghost) => ({ ghost, cone: coneOfGhost(ghost) }));
    this.refresh();
  }

  private draw(context: CanvasRenderingContext2D, frame: Frame): void {
    context.lineWidth = 1;
    for (const { ghost, cone } of this.haunts) {
      const start = frame.x(cone.asOf);
      const end = frame.x(cone.t.at(-1) ?? NaN);
      if (start === null || end === null || end < 0 || start > frame.width) continue;
      this.wedge(context, frame, ghost, cone);
      this.outcome(context, frame, ghost, end);
    }
  }

  private wedge(context: CanvasRenderingContext2D, frame: Frame, ghost: Ghost, cone: Cone): void {
    const { accent } = frame.colours;
    const lower = points(frame, cone.t, cone.lower1);
    const upper = points(frame, cone.t, cone.upper1);
    fillBetween(context, lower, upper, fade(accent, 0.06));
    context.setLineDash(ghost.source === "published" ? [] : [2, 3]);
    context.strokeStyle = fade(accent, ghost.source === "published" ? 0.5 : 0.32);
    for (const edge of [lower, upper]) {
      trace(context, edge);
      context.stroke();
    }
    context.setLineDash([]);
  }

  private outcome(context: CanvasRenderingContext2D, frame: Frame, ghost: Ghost, x: number): void {
    const ys = [ghost.upper_2sigma, ghost.upper_1sigma, ghost.lower_1sigma, ghost.lower_2sigma];
    const [top2, top1, bottom1, bottom2] = ys.map((value) => frame.y(value) ?? NaN) as [
      number,
      number,
      number,
      number,
    ];
    context.fillStyle = fade(frame.colours.accent, 0.4);
    for (const y of [top2, bottom2]) context.fillRect(x - 4, y - 0.5, 8, 1);
    context.fillStyle = fade(frame.colours.accent, 0.6);
    context.fillRect(x - 1, top1, 2, bottom1 - top1);
    const y = frame.y(ghost.realised ?? NaN);
    if (y === null) return;
    mark(context, frame, ghost.outcome, x, y);
  }
}

/** Disc, ring or cross; shape says it as well as colour. */
function mark(
  context: CanvasRenderingContext2D,
  frame: Frame,
  outcome: Ghost["outcome"],
  x: number,
  y: number,
): void {
  const { hit, near, miss, panel } = frame.colours;
  context.beginPath();
  if (outcome === "outside") {
    context.moveTo(x - 4, y - 4);
    context.lineTo(x + 4, y + 4);
    context.moveTo(x + 4, y - 4);
    context.lineTo(x - 4, y + 4);
    for (const [colour, width] of [
      [panel, 5],
      [miss, 2.5],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.stroke();
    }
    context.lineWidth = 1;
    return;
  }
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fillStyle = outcome === "inside_1sigma" ? hit : panel;
  context.fill();
  context.strokeStyle = outcome === "inside_1sigma" ? panel : near;
  context.lineWidth = outcome === "inside_1sigma" ? 1 : 2;
  context.stroke();
  context.lineWidth = 1;
}
