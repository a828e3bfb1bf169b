import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { distribution, priceAt, type Distribution } from "../../lib/distribution";
import { prediction } from "../fixtures";
import { frame, outline, outlying, roundLevel, step } from "./plot";

/** The golden law at any price and width. */
const anyLaw = fc
  .tuple(
    fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
    fc.double({ min: 0.01, max: 20, noNaN: true }),
  )
  .map(([price, width]): Distribution => {
    const quantiles = prediction().quantiles.map(({ level, log_return }) => ({
      level,
      log_return: log_return * width,
    }));
    const dist = distribution(price, quantiles);
    if (dist === null) throw new Error("no distribution");
    return dist;
  });

const width = fc.integer({ min: 220, max: 700 });

describe("the frame of the plot", () => {
  it("maps prices to pixels and back", () => {
    fc.assert(
      fc.property(
        anyLaw,
        width,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (dist, size, share) => {
          const view = frame(dist, size, null);
          const price = view.low + share * (view.high - view.low);
          expect(Math.abs(view.price(view.x(price)) / price - 1)).toBeLessThan(1e-9);
        },
      ),
    );
  });
  it("holds the last price unless it is absurdly far", () => {
    fc.assert(
      fc.property(anyLaw, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (dist, chance) => {
        const live = priceAt(dist, chance);
        const view = frame(dist, 340, live);
        expect(view.low).toBeLessThanOrEqual(live);
        expect(view.high).toBeGreaterThanOrEqual(live);
        const still = frame(dist, 340, outlying(dist, live));
        expect([still.low, still.high]).toEqual([view.low, view.high]);
      }),
    );
  });
  it("never lets labels touch or leave the plot", () => {
    fc.assert(
      fc.property(anyLaw, width, (dist, size) => {
        const view = frame(dist, size, null);
        const placed = view.labels([0.5, 0.159, 0.841, 0.023, 0.977].map((p) => priceAt(dist, p)));
        const boxes = placed
          .map(({ x, text }) => ({ from: x - text.length * 3.25, to: x + text.length * 3.25 }))
          .sort((a, b) => a.from - b.from);
        boxes.forEach((box, i) => {
          expect(box.from).toBeGreaterThanOrEqual(-1e-9);
          expect(box.to).toBeLessThanOrEqual(size + 1e-9);
          const before = boxes[i - 1];
          if (before !== undefined) expect(box.from - before.to).toBeGreaterThan(3.9);
        });
      }),
    );
  });
  it("draws no gap: the path begins and ends at the edges", () => {
    const dist = distribution(prediction().price, prediction().quantiles);
    if (dist === null) throw new Error("no distribution");
    const view = frame(dist, 340, null);
    const xs = [...outline(view, dist).line.matchAll(/[ML]([\d.]+)/g)].map((hit) => Number(hit[1]));
    expect(xs[0]).toBeLessThan(1);
    expect(xs.at(-1)).toBeGreaterThan(339);
  });
});

describe("steps of the level", () => {
  it("are 1, 2 or 5 times a power of ten, a few dozen to the two-sigma band", () => {
    fc.assert(
      fc.property(anyLaw, (dist) => {
        const unit = step(dist);
        const lead = unit / 10 ** Math.floor(Math.log10(unit) + 1e-9);
        expect([1, 2, 5].some((round) => Math.abs(lead - round) < 1e-9)).toBe(true);
        const count = (priceAt(dist, 0.977) - priceAt(dist, 0.023)) / unit;
        expect(count).toBeGreaterThan(20);
        expect(count).toBeLessThan(101);
      }),
    );
  });
  it("the level to begin with is round and near what was asked for", () => {
    fc.assert(
      fc.property(anyLaw, (dist) => {
        const wanted = priceAt(dist, 0.78);
        const level = roundLevel(wanted, dist);
        expect(Math.abs(level - wanted)).toBeLessThanOrEqual(step(dist) * 5 * (1 + 1e-9));
      }),
    );
  });
});
