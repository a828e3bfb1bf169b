import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { queries } from "../api/queries";
import { seconds, secondsOf } from "../lib/brand";
import { useLive, type StatusBody } from "../state/live";
import { show, useView } from "../state/view";
import { ExplanationPanel } from "./ExplanationPanel";
import { AS_OF, explanation, obstacles, page, told } from "./fixtures";

const HOUR = seconds(3600);
const THEN = seconds(secondsOf(AS_OF) - 5 * HOUR);

/** A client that also knows what was believed five hours earlier. */
function withPast(change: Parameters<typeof explanation>[0] = {}) {
  const client = told();
  const { queryKey } = queries.explanation("BTC", 24, THEN);
  client.setQueryData(queryKey, explanation({ as_of: "2024-03-06T08:00:00Z", ...change }));
  return client;
}

// jsdom has neither.
beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  Element.prototype.scrollTo = () => undefined;
});

const text = (element: Element) => element.textContent.replaceAll("\u00a0", " ");

describe("the newest bar", () => {
  it("has its weightiest reasons first, the rest on request", async () => {
    page(<ExplanationPanel />);
    expect(screen.getByText("First reason.")).toBeTruthy();
    expect(screen.queryByText("Fourth reason.")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "1 more" }));
    expect(screen.getByText("Fourth reason.")).toBeTruthy();
  });

  it("says what changed since the hour before", () => {
    page(<ExplanationPanel />);
    expect(screen.getByText("What changed since 12:00")).toBeTruthy();
    expect(screen.getByText("The last hour moved 1.9 %.")).toBeTruthy();
  });

  it("takes volatility apart into factors that lead from the ordinary hour to the total", () => {
    const { container } = page(<ExplanationPanel />);
    // exp(-4) = 1.83 %, times 1.105, times 0.961, is exp(-3.94) = 1.94 %
    expect(text(container)).toContain("An ordinary hour±1.83 %Name of seasonality+11 %");
    expect(text(container)).toContain("Name of recent_volatility−3.9 %Expected±1.94 %");
  });

  it("takes the odds apart into points that lead from even to the chance", () => {
    const { container } = page(<ExplanationPanel />);
    expect(text(container)).toContain("50.0 %Name of drift+1.5 ptName of calibration+0.5 pt");
    expect(text(container)).toContain("Expected52.0 %");
  });

  it("gives a row's words to who asks for them", async () => {
    page(<ExplanationPanel />);
    const row = screen.getByRole("button", { name: /Name of seasonality/ });
    await userEvent.click(row);
    expect(row.getAttribute("aria-expanded")).toBe("true");
    expect(screen.getByText("Words of seasonality with 5.6 %.")).toBeTruthy();
  });
});

describe("a bar of the past", () => {
  it("shows what was believed then, and what came of it", () => {
    const { container } = page(<ExplanationPanel />, withPast());
    act(() => show({ hovered: THEN }));
    expect(text(container)).toContain("Wed 6 Mar 2024, 08:00 UTC");
    expect(text(container)).toContain("58,800 – 61,300");
    expect(text(container)).toContain("Held→ 60,603 (+1.01 %)walk-forward");
  });

  it.each([
    [0.03, "Outer band"],
    [-0.08, "Missed"],
  ])("a return of %s is told as it was", (realised, word) => {
    page(<ExplanationPanel />, withPast({ realised }));
    act(() => show({ hovered: THEN }));
    expect(screen.getByText(word)).toBeTruthy();
  });

  it("is brought into sight when it is pinned, and let go by its button", async () => {
    const scrolled: ScrollToOptions[] = [];
    Element.prototype.scrollTo = ((options: ScrollToOptions) => scrolled.push(options)) as never;
    page(<ExplanationPanel />, withPast());
    act(() => show({ pinned: THEN }));
    expect(scrolled.map(({ behavior }) => behavior)).toEqual(["auto"]);
    await userEvent.click(screen.getByRole("button", { name: /^pinned/ }));
    expect(useView.getState().pinned).toBeNull();
    expect(screen.getByText(/newest forecast, 13:00/)).toBeTruthy();
  });

  it("has its neighbours ready before they are asked for", async () => {
    const { client } = page(<ExplanationPanel />, withPast());
    const assets = { BTCUSDT: { last_forecast: AS_OF } } as unknown as StatusBody["assets"];
    act(() => {
      useLive.setState({ status: { heartbeat: null, market: null, assets } });
      show({ hovered: THEN });
    });
    await expect
      .poll(() =>
        [-2, -1, 1, 2].every((step) => {
          const hour = seconds(THEN + step * HOUR);
          return client.getQueryState(queries.explanation("BTC", 24, hour).queryKey) !== undefined;
        }),
      )
      .toBe(true);
  });
});

it("can be read without eyes or mouse", async () => {
  const { container } = page(<ExplanationPanel />, withPast());
  act(() => show({ pinned: THEN }));
  expect(await obstacles(container)).toEqual([]);
});
