import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import { explanation, scorecard } from "../panels/fixtures";
import * as reasons from "./reasons";

const words = (text: string) => text.replaceAll("\u00a0", " ");
const share = fc.double({ min: -2, max: 2, noNaN: true });

describe("a waterfall", () => {
  it("starts at the base, has no gap, and ends at the total", () => {
    const groups = fc.constantFrom("trend", "volume", "calendar");
    const parts = fc.array(fc.tuple(groups, share), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(share, parts, (base, list) => {
        const contributions = list.map(([group, value]) => ({
          group,
          name: group,
          words: "",
          value,
          before: value,
        }));
        const total = base + contributions.reduce((sum, part) => sum + part.value, 0);
        const rows = reasons.waterfall({ base, total, contributions });
        let end = base;
        for (const row of rows) {
          expect(row.from).toBeCloseTo(end, 9);
          end = row.from + row.value;
        }
        expect(end).toBeCloseTo(total, 9);
        expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
      }),
    );
  });
  it("does not know what a group was before when a part of it is not known", () => {
    const [row] = reasons.waterfall({
      base: 0,
      total: 0.3,
      contributions: [
        { group: "trend", name: "Trend", words: "", value: 0.1, before: 0.1 },
        { group: "trend", name: "Trend", words: "", value: 0.2, before: null },
      ],
    });
    expect(row?.before).toBeNull();
  });
});

describe("what came of a forecast", () => {
  it.each([
    [null, "open"],
    [0, "inside_1sigma"],
    [0.03, "inside_2sigma"],
    [-0.03, "inside_2sigma"],
    [0.08, "outside"],
  ])("a return of %s is %s", (realised, wanted) => {
    expect(reasons.outcome(explanation({ realised }))).toBe(wanted);
  });
});

describe("the record in words", () => {
  const held = (value: number, half: number) =>
    scorecard(24, {
      coverage: [{ nominal: 0.682, held: { value, low: value - half, high: value + half } }],
    });
  it.each([
    [0.676, 0.012, "as promised (68.2 %), within what chance allows"],
    [0.676, 0.002, "within a point of the promised 68.2 %"],
    [0.64, 0.01, "less than the promised 68.2 %; the bands were too narrow"],
    [0.72, 0.01, "more than the promised 68.2 %; the bands were too wide"],
  ])("coverage of %s ± %s", (value, half, wanted) => {
    expect(words(reasons.coverageWords(held(value, half)))).toContain(wanted);
  });
  it.each([
    [{ value: 3.1, low: 1.2, high: 4.8 }, "Its error is 3.1 % below EWMA's"],
    [{ value: 0.4, low: -0.2, high: 1 }, "Not told apart from EWMA: +0.4 %"],
    [{ value: -1.1, low: -2, high: -0.3 }, "It does worse than EWMA: −1.1 %"],
    [null, "Too little to compare with a simpler model."],
  ])("skill of %j", (skill, wanted) => {
    expect(words(reasons.skillWords(scorecard(24, { skill })))).toContain(wanted);
  });
  it("a coin is called a coin", () => {
    const coin = scorecard(24, { direction: { value: 0.505, low: 0.495, high: 0.515 } });
    expect(reasons.directionWords(coin)).toContain("no better than a coin");
  });
  it("a live record says how long until it is one", () => {
    const young = scorecard(24, { count: 240, effective_count: 10 });
    expect(words(reasons.liveWords(young, 24))).toContain("30 take another 20 d");
    expect(reasons.liveWords(undefined, 168)).toContain("No published forecast of 7 days");
  });
});

describe("trouble", () => {
  const failure = (code: string) => ({
    error: { code, message: "value seen, value wanted", details: {} },
    fallback: {
      regime: "unknown" as const,
      confidence: "low" as const,
      recommendation: "wait" as const,
      last_prediction: null,
    },
  });
  it("always says what is wrong and what happens next", () => {
    const errors = [
      new TypeError("Failed to fetch"),
      new ApiError(500, null),
      new ApiError(418, null),
      ...["UNKNOWN_ASSET", "BAD_HORIZON", "NOT_FOUND", "STORE_UNAVAILABLE", "NEW_CODE"].map(
        (code) => new ApiError(503, failure(code)),
      ),
    ];
    for (const error of errors) {
      const { title, next } = reasons.trouble(error);
      expect(title.length).toBeGreaterThan(5);
      expect(next).toMatch(/\.$/);
    }
  });
  it("passes on the service's own words", () => {
    expect(reasons.trouble(new ApiError(404, failure("UNKNOWN_ASSET"))).message).toBe(
      "value seen, value wanted",
    );
  });
  it.each([
    ["learning from bars; 43 % done", 0.43],
    ["fetching bars", null],
    ["120 % of nothing", 1],
  ])("progress of %s is %s", (doing, wanted) => {
    expect(reasons.progress(doing)).toBe(wanted);
  });
});
