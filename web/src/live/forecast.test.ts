import { expect, test } from "vitest";
import type { Prediction } from "../api/types";
import type { StatusBody } from "../state/live";
import { predictionOf, type ForecastBody } from "./forecast";

const LEVELS = [0.1, 0.5, 0.9];

const before = {
  asset: "BTC",
  symbol: "BTCUSDT",
  horizon_hours: 1,
  quantiles: LEVELS.map((level) => ({ level, log_return: 0, price: 100 })),
  truth: { simulated: true },
} as unknown as Prediction;

const columns = (first: number) => ({
  t: [7200, 10_800],
  lower_2sigma: [first - 2, first - 4],
  lower_1sigma: [first - 1, first - 2],
  mid: [first, first],
  upper_1sigma: [first + 1, first + 2],
  upper_2sigma: [first + 2, first + 4],
});

const body: ForecastBody = {
  symbol: "BTCUSDT",
  as_of: "1970-01-01T01:00:00Z",
  issued_at: "1970-01-01T01:00:01Z",
  sequence: 7,
  price: 200,
  regime: "normal",
  model_version: "v2",
  late: false,
  unreliable: [],
  horizons: {
    "1": {
      p_up: 0.52,
      mean: 0.001,
      vol: 0.01,
      confidence: "high",
      confidence_reason: "calm",
      quantiles: [-0.01, 0.002, 0.01],
    },
  },
  cone: columns(200),
  gbm: columns(201),
};

test("what gates refuse comes with the event, what breakers hold with the status", () => {
  const [part] = Object.values(body.horizons);
  if (part === undefined) throw new Error("no horizon");
  const refused = [{ gate: "confidence", reason: "the forecast gives this side 52.0 %" }];
  const told = (effects: string[], gates = refused) => {
    const risk = effects.map((effect) => ({ effect, until: null }));
    const status = { assets: { BTCUSDT: { connected: true, stale: [], risk } }, market: null };
    const event = { ...body, horizons: { "1": { ...part, refused: gates } } };
    return predictionOf(event, before, 1, "calibrated", status as unknown as StatusBody)?.risk;
  };
  expect(told([])?.refused).toEqual([{ ...refused[0], until: "1970-01-01T02:00:00.000Z" }]);
  expect([told([]), told([], []), told(["stale"], [])].map((risk) => risk?.size)).toEqual([
    0, 1, 1,
  ]);
  expect([told(["conservative"], []), told(["half_size"], [])].map((one) => one?.size)).toEqual([
    0.5, 0.5,
  ]);
  expect(told(["conservative", "no_entries"], [])).toMatchObject({ size: 0 });
});

test("an event is a whole prediction: its own figures, the levels and flags of the last", () => {
  const told = predictionOf(body, before, 1, "calibrated");
  expect(told).toMatchObject({
    price: 200,
    p_up: 0.52,
    ledger_sequence: 7,
    target_time: "1970-01-01T02:00:00.000Z",
    truth: { simulated: true },
  });
  expect(told?.p_down).toBeCloseTo(0.48, 12);
  expect(told?.expected_price).toBeCloseTo(200 * Math.exp(0.002), 9);
  expect(told?.quantiles.map((quantile) => quantile.level)).toEqual(LEVELS);
});

test("the words for a grade go with the grade", () => {
  const doubtful = predictionOf({ ...body, unreliable: ["a jump"] }, before, 1, "calibrated");
  expect(doubtful?.confidence).toBe("low");
  expect(doubtful?.confidence_reason).toBe("a jump (graded high when it was made)");
  const sound = predictionOf(body, before, 1, "calibrated");
  expect(sound).toMatchObject({ confidence: "high", confidence_reason: "calm" });
});

const SOUND = { last_message_wall: 0, connected: true, stale: [], unreliable: [], late: false };

/** A market whose clock shows so many seconds, standing still enough for a test. */
const told = (now: number, asset: object = {}) =>
  ({
    heartbeat: null,
    market: {
      kind: "recorded",
      speed: 1,
      market: new Date(now * 1000).toISOString(),
      wall: Date.now() / 1000,
    },
    assets: { BTCUSDT: { ...SOUND, ...asset } },
  }) as unknown as StatusBody;

const truthAfter = (truth: object, event: Partial<ForecastBody>, status: StatusBody) => {
  const held = { ...before, truth } as unknown as Prediction;
  return predictionOf({ ...body, ...event }, held, 1, "calibrated", status);
};

test("a sound forecast does not wear the doubts of the one before", () => {
  const old = { simulated: true, stale: true, unreliable: true, reasons: ["a spike"] };
  const fresh = truthAfter(old, {}, told(3601));
  expect(fresh?.truth).toMatchObject({ stale: false, unreliable: false, reasons: [] });
  expect(fresh?.confidence).toBe("high");
});

test("a doubtful forecast is doubtful at once, by its own words and the market's", () => {
  const calm = { simulated: true, stale: false, unreliable: false, reasons: [] };
  const status = told(3601, { unreliable: ["a jump", "a gap"] });
  const fresh = truthAfter(calm, { unreliable: ["a jump"] }, status);
  expect(fresh?.truth).toMatchObject({ unreliable: true, reasons: ["a jump", "a gap"] });
  expect(fresh?.confidence).toBe("low");
});

test("a forecast that comes hours late is stale, however new", () => {
  const calm = { simulated: true, stale: false, unreliable: false, reasons: [] };
  const fresh = truthAfter(calm, { late: true }, told(3600 * 4));
  expect(fresh?.truth.stale).toBe(true);
  expect(fresh?.truth.reasons).toEqual(["the newest forecast is from 3.0 h ago"]);
});

test("the cone ends at the horizon and is the engine's that was chosen", () => {
  const told = predictionOf(body, before, 1, "gbm");
  expect(told?.cone).toHaveLength(1);
  expect(told?.cone[0]).toMatchObject({ mid: 201, upper_2sigma: 203 });
});

test("a horizon the event does not know leaves the old answer", () => {
  expect(predictionOf(body, before, 4, "calibrated")).toBeNull();
});

test("quantiles of another shape are not guessed at", () => {
  const odd = { ...before, quantiles: before.quantiles.slice(1) };
  expect(predictionOf(body, odd, 1, "calibrated")).toBeNull();
});
