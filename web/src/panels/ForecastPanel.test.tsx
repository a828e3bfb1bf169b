import { QueryClient } from "@tanstack/react-query";
import { act, fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/client";
import { queries } from "../api/queries";
import { chanceAbove, distribution } from "../lib/distribution";
import { useLive } from "../state/live";
import { useView } from "../state/view";
import { obstacles, page, prediction, told } from "./fixtures";
import { ForecastPanel } from "./ForecastPanel";

const QUESTION = queries.prediction("BTC", 24, "calibrated").queryKey;

/** The chance the law gives, as the panel writes it. */
function lawSays(level: number): string {
  const { price, quantiles } = prediction();
  const dist = distribution(price, quantiles);
  if (dist === null) throw new Error("no distribution");
  return `${(chanceAbove(dist, level) * 100).toFixed(1)}\u00a0%`;
}

describe("the forecast of the chosen horizon", () => {
  it("says from where to where, both chances, bands, regime and confidence with its reason", () => {
    const { container } = page(<ForecastPanel />);
    const text = container.textContent.replaceAll("\u00a0", " ");
    expect(text).toContain("60,000→60,060+0.10 %");
    expect(text).toContain("▲ 52.0 %48.0 % ▼");
    expect(text).toContain("#18,231");
    expect(text).toContain("58,872 – 61,272");
    expect(text).toContain("Ordinary");
    expect(text).toContain("its width is ordinary for 90 days");
  });

  it("can be read without eyes or mouse", async () => {
    const { container } = page(<ForecastPanel />);
    expect(await obstacles(container)).toEqual([]);
  });

  it("greys what is stale", () => {
    const client = told();
    const old = prediction(24, {
      truth: { ...prediction().truth, stale: true, reasons: ["the price is 12 s old"] },
    });
    client.setQueryData(QUESTION, old);
    const { container } = page(<ForecastPanel />, client);
    expect(container.querySelector("[data-doubt]")?.getAttribute("data-doubt")).toBe("stale");
  });
});

describe("the level that can be dragged", () => {
  it("moves by keys, and the chance is the law's", () => {
    page(<ForecastPanel />);
    const slider = screen.getByRole("slider", { name: "Level" });
    const start = Number(slider.getAttribute("aria-valuenow"));
    fireEvent.keyDown(slider, { key: "ArrowRight" });
    const next = Number(slider.getAttribute("aria-valuenow"));
    expect(next).toBeGreaterThan(start);
    expect(screen.getByRole("status").textContent).toBe(lawSays(next));
    fireEvent.keyDown(slider, { key: "Home" });
    expect(screen.getByRole("status").textContent).toMatch(/99\.\d\u00a0%/);
  });

  it("keeps its keys to itself, so that the chart does not move too", () => {
    page(<ForecastPanel />);
    let heard = 0;
    const listen = () => (heard += 1);
    window.addEventListener("keydown", listen);
    fireEvent.keyDown(screen.getByRole("slider"), { key: "ArrowLeft" });
    fireEvent.keyDown(screen.getByRole("slider"), { key: "4" });
    window.removeEventListener("keydown", listen);
    expect(heard).toBe(1);
  });

  it("can be written, thousands separated or not; nonsense is forgotten", async () => {
    const user = userEvent.setup();
    page(<ForecastPanel />);
    const input = screen.getByLabelText(/Chance above/);
    await user.clear(input);
    await user.type(input, "62,500{Enter}");
    expect(screen.getByRole("status").textContent).toBe(lawSays(62_500));
    await user.clear(input);
    await user.type(input, "soon{Enter}");
    expect(screen.getByRole("status").textContent).toBe(lawSays(62_500));
  });
});

describe("all horizons", () => {
  it("are one group of choices, walked with the arrow keys", async () => {
    page(<ForecastPanel />);
    const group = screen.getByRole("radiogroup", { name: "Horizon" });
    const chosen = within(group).getByRole("radio", { checked: true });
    expect(chosen.textContent).toContain("24\u00a0h");
    fireEvent.keyDown(chosen, { key: "ArrowDown" });
    expect(useView.getState().horizon).toBe(72);
    expect(document.activeElement?.textContent).toContain("3\u00a0d");
    expect(await screen.findByText("BTC in 3 days")).toBeTruthy();
  });
});

describe("a new forecast", () => {
  it("is read out; the first one and a change of horizon are not", async () => {
    const { client, container } = page(<ForecastPanel />);
    const spoken = () => container.querySelector("[aria-live=polite]")?.textContent;
    expect(spoken()).toBe("");
    act(() => useView.setState({ horizon: 4 }));
    expect(spoken()).toBe("");
    act(() => useView.setState({ horizon: 24 }));
    act(() => {
      client.setQueryData(QUESTION, prediction(24, { as_of: "2024-03-06T14:00:00Z" }));
    });
    await screen.findByText(/^New forecast of BTC for 24 hours: 60,060, two thirds between 58,/);
  });
});

describe("without an answer", () => {
  const empty = () =>
    new QueryClient({ defaultOptions: { queries: { retry: false, retryOnMount: false } } });

  it("says that the service is silent, and what happens next", async () => {
    page(<ForecastPanel />, empty());
    expect(await screen.findByText("The service does not answer")).toBeTruthy();
    expect(screen.getByText(/Asking again every few seconds/)).toBeTruthy();
  });

  it("tells how far a start has come", async () => {
    page(<ForecastPanel />, empty());
    act(() => {
      useLive.setState({
        status: {
          heartbeat: { wall: 0, state: "starting", doing: "learning from 8 years; 43 %", pid: 1 },
          market: {
            kind: "recorded",
            speed: 60,
            market: "2024-03-06T13:00:00Z",
            wall: 0,
            ends: null,
            venue: "binance_spot",
            symbols: ["BTCUSDT"],
            horizons: [24],
            model_version: "0",
            exchange: "",
          },
          assets: {},
        },
      });
    });
    expect(await screen.findByText("learning from 8 years; 43 %")).toBeTruthy();
    expect(screen.getByRole("progressbar").getAttribute("value")).toBe("0.43");
  });

  it("shows the last good forecast that a failure brings along, and says that it is one", async () => {
    const client = empty();
    const failure = {
      error: {
        code: "PREDICTION_UNAVAILABLE",
        message: "the models are being fitted",
        details: {},
      },
      fallback: {
        regime: "unknown" as const,
        confidence: "low" as const,
        recommendation: "wait" as const,
        last_prediction: prediction(),
      },
    };
    await client
      .query({
        ...queries.prediction("BTC", 24, "calibrated"),
        queryFn: () => Promise.reject(new ApiError(503, failure)),
      })
      .catch(() => undefined);
    const { container } = page(<ForecastPanel />, client);
    await screen.findByText(/This is the last good forecast, of/);
    expect(container.querySelector("[data-doubt]")?.getAttribute("data-doubt")).toBe("stale");
  });
});

it("measures when a new forecast is painted, not when the same one is told again", async () => {
  const measured = () => performance.getEntriesByName("barograph:panel").length;
  const { client } = page(<ForecastPanel />);
  const tell = (change: object) =>
    act(async () => {
      client.setQueryData(QUESTION, prediction(24, change));
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
  await tell({});
  performance.clearMeasures("barograph:panel");
  await tell({ truth: { ...prediction().truth, market_time: "2024-03-06T13:21:00Z" } });
  expect(measured()).toBe(0);
  await tell({ as_of: "2024-03-06T14:00:00Z" });
  await vi.waitFor(() => expect(measured()).toBe(1));
});
