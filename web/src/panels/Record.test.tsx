import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { queries } from "../api/queries";
import { useView } from "../state/view";
import { obstacles, page, scorecard, SCORES, told } from "./fixtures";
import { spread } from "./record/Reliability";
import { RecordStrip } from "./RecordStrip";
import { RecordView } from "./RecordView";

const text = (element: Element) => element.textContent.replaceAll("\u00a0", " ");

/** A client whose live record at 24 hours is `live`. */
function lived(count: number, effective: number) {
  const client = told();
  const live = [scorecard(24, { source: "live", count, effective_count: effective })];
  client.setQueryData(queries.scores("BTC").queryKey, { ...SCORES, live });
  return client;
}

describe("the strip", () => {
  it("tells the record in one line and opens the whole of it", async () => {
    const { container } = page(<RecordStrip />);
    const line = text(container);
    expect(line).toContain("coverage68 → 67.6 %95 → 93.0 %");
    expect(line).toContain("skill vs EWMA+3.1 % [+1.2, +4.8]");
    expect(line).toContain("direction50.9 % ± 0.6");
    expect(line).toContain("livenone matured yet");
    await userEvent.click(screen.getByRole("button"));
    expect(useView.getState().dialog).toBe("record");
  });

  it("does not call a handful of live forecasts a record", () => {
    const { container } = page(<RecordStrip />, lived(200, 8));
    expect(text(container)).toContain("live200 matured, too few to judge");
  });

  it("gives the live coverage once there is enough of it", () => {
    const { container } = page(<RecordStrip />, lived(2_000, 83));
    expect(text(container)).toContain("live68 → 67.6 % of 2,000");
  });
});

describe("the whole record", () => {
  it("begins with words: how many, how often held, against whom, and the coin", () => {
    const { container } = page(<RecordView />);
    const words = text(container);
    expect(words).toContain("39,000 forecasts of 24 hours from Jan 2021 to Jun 2025");
    expect(words).toContain("about 1,625 stand apart");
    expect(words).toContain("The two-thirds band held 67.6 % of the time");
    expect(words).toContain("Its error is 3.1 % below EWMA's");
  });

  it("marks the band that does not keep its promise, in words too", () => {
    page(<RecordView />);
    const cells = screen.getAllByRole("cell").filter((cell) => text(cell).startsWith("93.0"));
    expect(cells.length).toBe(6);
    // 2.4 points short: too much at any horizon.
    for (const cell of cells) expect(text(cell)).toContain("narrow");
    const kept = screen.getAllByRole("cell").filter((cell) => text(cell).startsWith("67.6"));
    for (const cell of kept) expect(text(cell)).not.toContain("narrow");
  });

  it("says honestly that there is no live record yet", async () => {
    page(<RecordView />);
    await userEvent.click(screen.getByRole("button", { name: "Published live" }));
    expect(screen.getByText(/No published forecast of 24 hours has matured yet/)).toBeTruthy();
  });

  it("changes the horizon everywhere", async () => {
    page(<RecordView />);
    await userEvent.click(screen.getByRole("button", { name: "8\u00a0h" }));
    expect(useView.getState().horizon).toBe(8);
    expect(screen.getByText(/39,000 forecasts of 8 hours/)).toBeTruthy();
  });

  it("can be read without eyes or mouse", async () => {
    const { container } = page(<RecordView />);
    expect(await obstacles(container)).toEqual([]);
  });
});

it("overlap widens the interval of a share: 4 times as much overlap, twice the width", () => {
  const bucket = { said: 0.5, happened: 0.5, count: 10_000 };
  expect(spread(bucket, 4) / spread(bucket, 1)).toBeCloseTo(2, 12);
  expect(spread(bucket, 1)).toBeCloseTo(0.0098, 12);
});
