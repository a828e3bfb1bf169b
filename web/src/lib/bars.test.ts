import fc from "fast-check";
import { expect, test } from "vitest";
import { asOfBar, grow, merge, streamOf, type Bar } from "./bars";
import { seconds } from "./brand";

const bar = (time: number, close = 1): Bar => ({
  time: seconds(time),
  open: close,
  high: close,
  low: close,
  close,
  volume: 1,
});

const run = fc
  .tuple(fc.nat(50), fc.nat(30))
  .map(([first, count]) => Array.from({ length: count }, (_, i) => bar((first + i) * 3600)));

test("pages that overlap become one run, ascending and without doubles", () => {
  fc.assert(
    fc.property(run, run, (older, newer) => {
      const times = merge(older, newer).map((one) => one.time);
      const wanted = [...new Set([...older, ...newer].map((one) => one.time))];
      expect(times).toEqual(wanted.toSorted((a, b) => a - b));
    }),
  );
});

test("where two answers know a bar, the newer one is believed", () => {
  const [one] = merge([bar(0, 1)], [bar(0, 2)]);
  expect(one?.close).toBe(2);
});

test("the exchange's own bar replaces the last one, a later one is appended", () => {
  const event = { t: 3600, o: 5, h: 9, l: 4, c: 6, v: 3, closed: false };
  expect(grow(bar(3600), event, 3600, true)).toMatchObject({ time: 3600, high: 9, volume: 3 });
  expect(grow(bar(0), event, 3600, true)).toMatchObject({ time: 3600, open: 5 });
});

test("a bar older than the last one changes nothing", () => {
  const event = { t: 0, o: 5, h: 9, l: 4, c: 6, v: 3, closed: true };
  expect(grow(bar(3600), event, 3600, true)).toBeNull();
});

test("a four-hour bar grows by the hours within it: widest high and low, last close", () => {
  const hours = [
    { t: 0, o: 10, h: 12, l: 9, c: 11, v: 1, closed: true },
    { t: 3600, o: 11, h: 15, l: 10, c: 14, v: 1, closed: true },
    { t: 7200, o: 14, h: 14.5, l: 8, c: 9, v: 1, closed: false },
  ];
  const grown = hours.reduce<Bar | undefined>(
    (last, event) => grow(last, event, 4 * 3600, false) ?? last,
    undefined,
  );
  expect(grown).toMatchObject({ time: 0, open: 10, high: 15, low: 8, close: 9 });
});

test("a bar knows of the forecast of the last full hour before its close", () => {
  expect(asOfBar(seconds(7200), 3600)).toBe(10_800); // 1 h: the forecast at its own close
  expect(asOfBar(seconds(7500), 300)).toBe(7200); // 5 min within an hour: the one before
  expect(asOfBar(seconds(10_500), 300)).toBe(10_800); // the last 5 min of an hour
});

test("resolutions that the exchange does not stream grow by a finer one", () => {
  expect((["1m", "15m", "4h", "1d"] as const).map(streamOf)).toEqual(["1m", "5m", "1h", "1h"]);
});
