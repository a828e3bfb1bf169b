import fc from "fast-check";
import { expect, test } from "vitest";
import { Axis, future, interpolate } from "./axis";

test("a bar stands at its own position, though bars are missing before it", () => {
  const axis = new Axis([0, 3600, 36_000, 39_600]);
  expect(axis.position(36_000)).toBe(2);
  expect(axis.position(37_800)).toBe(2.5);
  // A moment in the gap lies between the bars around it.
  expect(axis.position(19_800)).toBeCloseTo(1.5, 12);
});

test("beyond the ends the nearest step goes on", () => {
  const axis = new Axis([0, 60, 120]);
  expect(axis.position(180)).toBe(3);
  expect(axis.position(-60)).toBe(-1);
});

test("later is never further left", () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 1e6 }), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(times, fc.integer(), fc.nat(1e6), (list, from, by) => {
      const axis = new Axis(list.toSorted((a, b) => a - b));
      expect(axis.position(from + by) ?? 0).toBeGreaterThanOrEqual(axis.position(from) ?? 0);
    }),
  );
});

test("an axis without two bars has no positions", () => {
  expect(new Axis([]).position(0)).toBeNull();
  expect(new Axis([5]).position(5)).toBeNull();
});

test("the future goes on at the step of the bars and covers its end", () => {
  expect(future(100, 10, 125)).toEqual([110, 120, 130]);
  expect(future(100, 10, 100)).toEqual([]);
});

test("interpolation meets its points and is unknown outside", () => {
  expect(interpolate([0, 10, 20], [1, 3, 2], 10)).toBe(3);
  expect(interpolate([0, 10, 20], [1, 3, 2], 15)).toBe(2.5);
  expect(interpolate([0, 10, 20], [1, 3, 2], 21)).toBeNull();
});
