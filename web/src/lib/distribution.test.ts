import fc from "fast-check";
import { describe, expect, it } from "vitest";

import golden from "./distribution.golden.json";
import {
  cdf,
  chanceAbove,
  density,
  distribution,
  priceAt,
  quantile,
  type DensityPoint,
  type Distribution,
} from "./distribution";
import { normalCdf, normalDensity, normalQuantile } from "./normal";

function must(dist: Distribution | null): Distribution {
  if (dist === null) throw new Error("no distribution");
  return dist;
}

const LEVELS = [0.01, 0.023, 0.05, 0.1, 0.159, 0.25, 0.5, 0.75, 0.841, 0.9, 0.95, 0.977, 0.99];

/** Any thirteen ascending returns, atoms among them. */
const anyDistribution = fc
  .tuple(
    fc.double({ min: -0.2, max: 0.2, noNaN: true }),
    fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-5, max: 0.05, noNaN: true })), {
      minLength: 12,
      maxLength: 12,
    }),
    fc.double({ min: 0.01, max: 1e6, noNaN: true }),
  )
  .map(([start, steps, price]) => {
    let value = start;
    const returns = [value, ...steps.map((step) => (value += step))];
    return must(
      distribution(
        price,
        LEVELS.map((level, i) => ({ level, log_return: returns[i] ?? Number.NaN })),
      ),
    );
  });

describe("the law agrees with the server's", () => {
  for (const { name, price, quantiles, above, returns } of golden.cases) {
    const dist = must(distribution(price, quantiles));
    it(`chance above a level: ${name}`, () => {
      for (const { level, chance } of above) {
        expect(Math.abs(chanceAbove(dist, level) - chance)).toBeLessThan(1e-9);
      }
    });
    it(`return at a probability: ${name}`, () => {
      for (const { probability, log_return } of returns) {
        expect(Math.abs(quantile(dist, probability) - log_return)).toBeLessThan(1e-9);
      }
    });
  }
  it("normal law, also far out", () => {
    for (const { z, cdf: wanted } of golden.normal) {
      expect(Math.abs(normalCdf(z) - wanted)).toBeLessThan(1e-15);
      if (z < 0) expect(Math.abs(normalCdf(z) / wanted - 1)).toBeLessThan(1e-12);
    }
  });
});

describe("laws of any distribution", () => {
  it("quantile and normal score undo the distribution function", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (p) => {
        expect(Math.abs(normalCdf(normalQuantile(p)) - p)).toBeLessThan(1e-14);
      }),
    );
  });
  it("the chance falls as the level rises, from 1 to 0", () => {
    fc.assert(
      fc.property(anyDistribution, (dist) => {
        const low = priceAt(dist, 1e-5);
        const high = priceAt(dist, 1 - 1e-5);
        let before = 1;
        for (let i = 0; i <= 40; i += 1) {
          const chance = chanceAbove(dist, low + ((high - low) * i) / 40);
          expect(chance).toBeGreaterThanOrEqual(0);
          expect(chance).toBeLessThanOrEqual(before + 1e-12);
          before = chance;
        }
        expect(chanceAbove(dist, 0)).toBe(1);
      }),
    );
  });
  it("a quantile without an atom is met", () => {
    fc.assert(
      fc.property(anyDistribution, fc.nat(12), (dist, i) => {
        const value = dist.returns[i] ?? 0;
        const alone = dist.returns.filter((other) => Math.abs(other - value) < 1e-9).length === 1;
        fc.pre(alone);
        expect(Math.abs(cdf(dist, value) - (LEVELS[i] ?? 0))).toBeLessThan(1e-9);
      }),
    );
  });
});

/** Area under the drawn curve up to a price. */
function area(points: readonly DensityPoint[], edge: number): number {
  return points.slice(1).reduce((sum, point, i) => {
    const before = points[i];
    if (before === undefined || point.price > edge * (1 + 1e-12)) return sum;
    return sum + ((point.density + before.density) / 2) * (point.price - before.price);
  }, 0);
}

describe("the curve that is drawn", () => {
  it.each(golden.cases.filter((item) => !/atom|no tail/.test(item.name)))(
    "has the area that each published quantile says: $name",
    ({ price, quantiles }) => {
      const dist = must(distribution(price, quantiles));
      const points = density(dist, priceAt(dist, 0.002), priceAt(dist, 0.998), 20_001);
      const start = area(points, price * Math.exp(dist.returns[0] ?? 0));
      for (const [i, level] of LEVELS.entries()) {
        const until = area(points, price * Math.exp(dist.returns[i] ?? 0));
        expect(Math.abs(until - start - (level - 0.01))).toBeLessThan(2e-4);
      }
    },
  );
  it("is the normal law's for a normal law", () => {
    const [first] = golden.cases;
    const dist = must(first === undefined ? null : distribution(first.price, first.quantiles));
    for (const { price, density: drawn } of density(dist, 58_000, 62_000, 200)) {
      const wanted = normalDensity((Math.log(price / 60_000) - 0.001) / 0.02) / 0.02 / price;
      expect(Math.abs(drawn / wanted - 1)).toBeLessThan(0.01);
    }
  });
  it("is never negative and its prices ascend, whatever the quantiles", () => {
    fc.assert(
      fc.property(anyDistribution, (any) => {
        const points = density(any, priceAt(any, 0.002), priceAt(any, 0.998), 60);
        points.forEach((point, i) => {
          expect(point.density).toBeGreaterThanOrEqual(0);
          expect(point.price).toBeGreaterThanOrEqual(points[i - 1]?.price ?? 0);
        });
      }),
    );
  });
});

describe("what makes no distribution is refused", () => {
  const sound = LEVELS.map((level) => ({ level, log_return: level / 100 }));
  it.each([
    ["crossing quantiles", 100, [...sound.slice(0, -1), { level: 0.99, log_return: -1 }]],
    ["a quantile that is no number", 100, [{ level: 0.005, log_return: Number.NaN }, ...sound]],
    ["a single quantile", 100, sound.slice(0, 1)],
    ["no price", 0, sound],
  ])("%s", (_, price, quantiles) => {
    expect(distribution(price, quantiles)).toBeNull();
  });
});
