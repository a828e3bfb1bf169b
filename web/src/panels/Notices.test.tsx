import { act, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Holding } from "../api/types";
import { millis } from "../lib/brand";
import { useLive, type StatusBody } from "../state/live";
import { useView } from "../state/view";
import { notices, type Known } from "./due";
import { AS_OF, obstacles, page, TRUTH } from "./fixtures";
import { HelpContent } from "./HelpContent";
import { Notices } from "./Notices";

const CALM: Known = { lost: null, truth: TRUTH, status: null, late: false, holding: [] };
const kinds = (known: Partial<Known>) => notices({ ...CALM, ...known }).map(({ kind }) => kind);

describe("which notices are due", () => {
  it("none when all is well, and none for being simulated: the frame says that", () => {
    expect(kinds({})).toEqual([]);
  });
  it("without a connection only that: nothing else is known", () => {
    const truth = { ...TRUTH, stale: true, reasons: ["the price is 12 s old"] };
    expect(kinds({ lost: 12, truth, late: true })).toEqual(["offline"]);
  });
  it("stale and unreliable both, their common reasons once", () => {
    const truth = { ...TRUTH, stale: true, unreliable: true, reasons: ["old", "spike"] };
    const found = notices({ ...CALM, truth });
    expect(found.map(({ kind }) => kind)).toEqual(["stale", "unreliable"]);
    expect(found.flatMap(({ words }) => words).filter((word) => word === "spike").length).toBe(1);
  });
  it("a start: what the runner does, or that it has not said a word yet", () => {
    const silent = { heartbeat: null, market: null, assets: {} };
    const [first] = notices({ ...CALM, status: silent });
    expect(first?.kind).toBe("starting");
    expect(first?.words.join()).toContain("is being started");
    const heartbeat = { wall: 0, state: "starting" as const, doing: "reading bars", pid: 1 };
    expect(notices({ ...CALM, status: { ...silent, heartbeat } })[0]?.words).toEqual([
      "reading bars",
    ]);
  });
  it("a breaker with its reason, what it does and its release", () => {
    const crash: Holding = {
      breaker: "crash",
      effect: "no_entries",
      does: "nothing is opened or enlarged",
      reason: "a price moved 12.00 % in an hour",
      since: "2024-03-06T13:00:00Z",
      until: "2024-03-06T15:00:00Z",
    };
    const [found] = notices({ ...CALM, holding: [crash] });
    expect(found?.kind).toBe("breaker");
    expect(found?.words.join().replace(/[\u00a0\u202f]/g, " ")).toBe(
      "a price moved 12.00 % in an hour: nothing is opened or enlarged, until Wed 6 Mar, 15:00 UTC",
    );
    const [open] = notices({ ...CALM, holding: [{ ...crash, until: null }] });
    expect(open?.words.join()).toContain("until it is resolved");
    expect(kinds({ holding: [crash], lost: 12 })).toEqual(["offline"]);
  });
  it("late forecasts, unless something graver is said", () => {
    expect(kinds({ late: true })).toEqual(["late"]);
    expect(kinds({ late: true, truth: { ...TRUTH, stale: true } })).toEqual(["stale"]);
  });
});

describe("the connection", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is not spoken of for a blink, then its loss is told, then that it is back", () => {
    page(<Notices />);
    act(() => useLive.setState({ lostSince: millis(1_000_000), connection: "lost" }));
    act(() => void vi.advanceTimersByTime(1_000));
    expect(screen.queryByText("Offline")).toBeNull();
    act(() => void vi.advanceTimersByTime(4_000));
    expect(screen.getByText(/no word from the service for 5\.0 s/)).toBeTruthy();
    act(() => useLive.setState({ lostSince: null, connection: "open" }));
    expect(screen.getByText(/after 5\.0 s; nothing was missed/)).toBeTruthy();
    act(() => void vi.advanceTimersByTime(5_000));
    expect(screen.queryByText("Connected again")).toBeNull();
  });
});

it("a breaker that the runner tells of is on screen, for its own asset", () => {
  const held = { breaker: "api_errors", effect: "conservative", does: "half is granted" };
  const risk = [{ ...held, reason: "18 % of the last calls failed", since: AS_OF, until: null }];
  const assets = { BTCUSDT: { risk }, ETHUSDT: { risk: [] } } as unknown as StatusBody["assets"];
  const market = { symbols: ["BTCUSDT", "ETHUSDT"] } as unknown as StatusBody["market"];
  page(<Notices />);
  act(() => useLive.setState({ status: { heartbeat: null, market, assets } }));
  expect(screen.getByText(/18 % of the last calls failed: half is granted/)).toBeTruthy();
  act(() => useView.setState({ asset: "ETH" }));
  expect(screen.queryByText(/of the last calls failed/)).toBeNull();
});

describe("the words under the pointer", () => {
  it("come on hover and on focus, and go with a press", () => {
    page(
      <>
        <Notices />
        <button type="button" data-tip="quote currency">
          64,120
        </button>
      </>,
    );
    fireEvent.pointerOver(screen.getByText("64,120"));
    expect(screen.getByRole("tooltip").textContent).toBe("quote currency");
    fireEvent.pointerDown(document.body);
    expect(screen.queryByRole("tooltip")).toBeNull();
    fireEvent.focusIn(screen.getByText("64,120"));
    expect(screen.getByRole("tooltip").textContent).toBe("quote currency");
  });
});

it("help can be read without eyes or mouse", async () => {
  const { container } = page(<HelpContent />);
  expect(await obstacles(container)).toEqual([]);
});
