import fc from "fast-check";
import { describe, expect, it } from "vitest";

import * as format from "./format";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("numbers", () => {
  it.each([
    [64_123.4, "64,123"],
    [3_120.55, "3,120.6"],
    [24.5, "24.50"],
    [1.23456, "1.235"],
    [0.061234, "0.06123"],
    [null, "–"],
    [Number.NaN, "–"],
  ])("price %s is %s", (value, wanted) => {
    expect(format.price(value)).toBe(wanted);
  });
  it.each([
    [0.003, "+0.30 %"],
    [-0.003, "−0.30 %"],
    [-0.00001, "0.00 %"],
    [0.00001, "0.00 %"],
    [undefined, "–"],
  ])("signed %s is %s", (value, wanted) => {
    expect(plain(format.signedPercent(value))).toBe(wanted);
  });
  it("a chance is never written as certain", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => {
        const text = plain(format.chance(value));
        expect(text).not.toBe("100.0 %");
        expect(text).not.toBe("0.0 %");
      }),
    );
  });
  it.each([
    [0.123, "about 1 in 8"],
    [0.05, "about 1 in 20"],
    [0.023, "about 1 in 45"],
    [0.5, "as likely as not"],
    [0.53, "a little more likely than not"],
    [0.47, "a little less likely than not"],
    [0.68, "about 7 in 10"],
    [0.95, "about 19 in 20"],
    [0.0001, "less than 1 in 1,000"],
  ])("odds of %s are %s", (value, wanted) => {
    expect(format.odds(value)).toBe(wanted);
  });
  it("odds never contradict the chance by more than they round", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (value) => {
        const found = /^about ([\d,]+) in ([\d,]+)$/.exec(format.odds(value));
        if (found === null) return;
        const whole = (text = "") => Number(text.replaceAll(",", ""));
        const said = whole(found[1]) / whole(found[2]);
        expect(Math.abs(said - value)).toBeLessThan(0.051);
      }),
    );
  });
  it.each([
    [0.113, "+12 %"],
    [-0.05, "−4.9 %"],
    [0, "0.0 %"],
  ])("a contribution of %s to a logarithm reads %s", (value, wanted) => {
    expect(plain(format.factor(value))).toBe(wanted);
  });
});

describe("words of the service", () => {
  it("keep a number and its unit on one line", () => {
    expect(format.glued("raises it by 5.6 %, as 3 days did; 24 h")).toBe(
      "raises it by 5.6\u00a0%, as 3 days did; 24\u00a0h",
    );
  });
});

describe("time", () => {
  it("is UTC, whatever the machine's zone", () => {
    expect(plain(format.when("2024-03-06T14:00:00+02:00"))).toBe("Wed 6 Mar, 12:00 UTC");
    expect(plain(format.when(1_709_726_400, { year: true }))).toBe("Wed 6 Mar 2024, 12:00 UTC");
    expect(format.clock("nonsense")).toBe("–");
  });
  it.each([
    [0.42, "0.4 s"],
    [42, "42 s"],
    [720, "12 min"],
    [12_600, "3.5 h"],
    [800_000, "9 d"],
    [-3, "0.0 s"],
  ])("%s seconds are %s", (seconds, wanted) => {
    expect(plain(format.duration(seconds))).toBe(wanted);
  });
  it.each([
    [1, "1 h"],
    [24, "24 h"],
    [72, "3 d"],
    [168, "7 d"],
  ])("horizon %s is %s", (hours, wanted) => {
    expect(plain(format.horizon(hours))).toBe(wanted);
  });
});
