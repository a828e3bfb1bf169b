import fc from "fast-check";
import { expect, test } from "vitest";
import type { Bar } from "./bars";
import { seconds } from "./brand";
import { extentWithout, oddBars } from "./odd";

/** Bars that open where the one before closed, and reach no further. */
function barsOf(closes: readonly number[]): Bar[] {
  return closes.map((close, i) => {
    const open = closes[i - 1] ?? close;
    return {
      time: seconds(3600 * i),
      open,
      high: Math.max(open, close),
      low: Math.min(open, close),
      close,
      volume: 1,
    };
  });
}

const calm = [100, 101, 99, 100, 102, 101];

test("a market as it always is has no odd bars", () => {
  expect(oddBars(barsOf(calm))).toEqual([]);
});

test("a print of ten times the price is odd, in a wick and in a close, and so is the way back", () => {
  const wick = barsOf(calm).map((bar, i) => (i === 3 ? { ...bar, high: 1000 } : bar));
  expect(oddBars(wick)).toEqual([3]);
  expect(oddBars(barsOf([100, 101, 99, 1000, 102, 101, 100]))).toEqual([3, 4]);
  expect(oddBars(barsOf([100, 101, 99, 10, 102, 101, 100]))).toEqual([3, 4]);
});

test("the newest bar is judged by those before it, the first by those after", () => {
  expect(oddBars(barsOf([...calm, 1000]))).toEqual([6]);
  expect(oddBars(barsOf([1000, ...calm]))).toEqual([0, 1]);
  expect(oddBars(barsOf([...calm, 1000]), 4)).toEqual([6]);
  expect(oddBars(barsOf([100, 1000]))).toEqual([]);
});

test("a market that has really moved is shown whole", () => {
  const years = Array.from({ length: 2000 }, (_, i) => 3000 * Math.exp((i / 2000) * Math.log(33)));
  expect(oddBars(barsOf(years))).toEqual([]);
  const jumped = barsOf([100, 101, 99, 400, 402, 401, 405]);
  expect(extentWithout(jumped, oddBars(jumped), 0, 6)).toEqual([99, 405]);
});

test("what is left out of the scale is the odd bars and nothing else", () => {
  const bars = barsOf([100, 101, 99, 1000, 102, 101, 100]);
  const odd = oddBars(bars);
  expect(extentWithout(bars, odd, 0, 6)).toEqual([99, 102]);
  expect(extentWithout(bars, odd, 3, 4)).toBeNull();
  expect(extentWithout(bars, odd, -20, 60)).toEqual([99, 102]);
});

test("moves of up to a fifth a bar are never odd", () => {
  const moves = fc.array(fc.double({ min: -0.18, max: 0.18, noNaN: true }), { minLength: 3 });
  fc.assert(
    fc.property(moves, (steps) => {
      let price = 100;
      expect(oddBars(barsOf(steps.map((step) => (price *= Math.exp(step)))))).toEqual([]);
    }),
  );
});
