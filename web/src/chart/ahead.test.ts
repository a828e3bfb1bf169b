import { expect, test } from "vitest";
import type { Bar } from "../lib/bars";
import { missing } from "./ahead";

const run = (...times: number[]) => times.map((time) => ({ time }) as Bar);

test("a forecast an hour on puts one hour behind the rest", () => {
  expect(missing([3, 4, 5], run(1, 2, 3), [4, 5, 6])).toEqual([6]);
});

test("the same cone, or a new bar before its forecast, changes nothing", () => {
  expect(missing([3, 4, 5], run(1, 2), [3, 4, 5])).toEqual([]);
  expect(missing([3, 4, 5], run(1, 2, 3), [4, 5])).toEqual([]);
});

test("a shorter cone, other bars and a hole among them lay it anew", () => {
  expect(missing([3, 4, 5], run(1, 2), [3, 4])).toBeNull();
  expect(missing([3, 4, 5], run(100, 200), [300, 400])).toBeNull();
  expect(missing([3, 4, 5], run(1, 2, 4), [5])).toBeNull();
  expect(missing([], run(1, 2), [3])).toBeNull();
});
