import { expect, test } from "vitest";
import type { Ghost } from "../api/types";
import { coneOf, coneOfGhost, spacing, thin } from "./cone";

const point = (hour: number, mid: number) => ({
  t: new Date(hour * 3_600_000).toISOString(),
  lower_2sigma: mid - 2,
  lower_1sigma: mid - 1,
  mid,
  upper_1sigma: mid + 1,
  upper_2sigma: mid + 2,
});

const ghost = (hour: number, length = 24): Ghost => ({
  as_of: new Date(hour * 3_600_000).toISOString(),
  target_time: new Date((hour + length) * 3_600_000).toISOString(),
  price: 100,
  lower_2sigma: 90,
  lower_1sigma: 95,
  mid: 101,
  upper_1sigma: 106,
  upper_2sigma: 112,
  realised: 104,
  outcome: "inside_1sigma",
  source: "walk_forward",
});

test("a cone begins at the price it was made from and widens from there", () => {
  const cone = coneOf({ as_of: point(10, 0).t, price: 50, cone: [point(11, 51), point(12, 52)] });
  expect(cone?.t).toEqual([36_000, 39_600, 43_200]);
  expect(cone?.lower2).toEqual([50, 49, 50]);
  expect(cone?.mid).toEqual([50, 51, 52]);
});

test("a point at the origin itself is not drawn twice", () => {
  const cone = coneOf({ as_of: point(10, 0).t, price: 50, cone: [point(10, 50), point(11, 51)] });
  expect(cone?.t).toEqual([36_000, 39_600]);
});

test("no points, no cone", () => {
  expect(coneOf({ as_of: point(10, 0).t, price: 50, cone: [] })).toBeNull();
});

test("a past cone ends exactly at what was published and opens with the root of time", () => {
  const cone = coneOfGhost(ghost(0));
  expect(cone.upper2.at(0)).toBeCloseTo(100, 9);
  expect(cone.upper2.at(-1)).toBeCloseTo(112, 9);
  expect(cone.lower1.at(-1)).toBeCloseTo(95, 9);
  const width = (i: number) => Math.log((cone.upper1[i] ?? 0) / (cone.mid[i] ?? 1));
  // A quarter of the time is half of the width; point 10 is the end.
  expect(width(10) * Math.sqrt(0.4)).toBeCloseTo(width(4), 12);
});

test("past cones that would crowd are left out by whole horizons", () => {
  expect(spacing(24, 8, 40)).toBe(24);
  expect(spacing(24, 1, 40)).toBe(48);
  expect(spacing(1, 8, 40)).toBe(5);
  const kept = thin(
    Array.from({ length: 96 }, (_, hour) => ghost(hour)),
    24,
    8,
    40,
  );
  expect(kept.map((one) => one.as_of.slice(8, 13))).toEqual(["01T00", "02T00", "03T00", "04T00"]);
});
