import type { Engine, Prediction, Risk, Truth } from "../api/types";
import { isoOf, millis, seconds, secondsOf } from "../lib/brand";
import { marketNow, type AssetStatus, type StatusBody } from "../state/live";

interface Columns {
  t: number[];
  lower_2sigma: number[];
  lower_1sigma: number[];
  mid: number[];
  upper_1sigma: number[];
  upper_2sigma: number[];
}

/** Body of the topics `forecast:*`. */
export interface ForecastBody {
  symbol: string;
  as_of: string | number;
  issued_at: string | number | null;
  sequence: number | null;
  price: number;
  regime: Prediction["regime"];
  model_version: string;
  late: boolean;
  unreliable: string[];
  horizons: Record<
    string,
    {
      p_up: number;
      mean: number;
      vol: number;
      confidence: Prediction["confidence"];
      confidence_reason: string;
      quantiles: number[];
      refused?: { gate: string; reason: string }[];
    }
  >;
  cone: Columns;
  gbm?: Columns;
}

const moment = (value: string | number): string =>
  typeof value === "number" ? isoOf(seconds(value)) : value;

/** Whether a forecast is of an hour before that of an answer. */
export const isBefore = (body: ForecastBody, { as_of }: Prediction): boolean =>
  Date.parse(moment(body.as_of)) < Date.parse(as_of);

/**
 * The prediction that a forecast event tells, so that it is on screen without another request.
 *
 * The levels of the quantiles are the previous prediction's. Its truth is judged anew, by the event
 * and the newest status: an old doubt does not stick to a sound forecast, nor an old trust to a
 * doubtful one. Null where the event knows nothing of the horizon, or the shapes differ.
 */
export function predictionOf(
  body: ForecastBody,
  previous: Prediction,
  horizon: number,
  engine: Engine,
  status: StatusBody | null = null,
): Prediction | null {
  const part = body.horizons[String(horizon)];
  const columns = engine === "gbm" ? body.gbm : body.cone;
  if (part === undefined || columns === undefined) return null;
  if (part.quantiles.length !== previous.quantiles.length) return null;
  const asOf = moment(body.as_of);
  const end = Date.parse(asOf) / 1000 + horizon * 3600;
  const quantiles = previous.quantiles.map((quantile, i) => {
    const log_return = part.quantiles[i] ?? 0;
    return { level: quantile.level, log_return, price: body.price * Math.exp(log_return) };
  });
  const median = quantiles.find((quantile) => quantile.level === 0.5);
  const truth = truthOf(body, secondsOf(asOf), previous.truth, status);
  const doubted = truth.stale || truth.unreliable;
  return {
    ...previous,
    truth,
    as_of: asOf,
    target_time: isoOf(seconds(end)),
    issued_at: body.issued_at === null ? null : moment(body.issued_at),
    source: "published",
    ledger_sequence: body.sequence,
    price: body.price,
    p_up: part.p_up,
    p_down: 1 - part.p_up,
    expected_move: part.mean,
    expected_price: median?.price ?? previous.expected_price,
    volatility: part.vol,
    ...graded(part, doubted ? truth.reasons : []),
    regime: body.regime,
    quantiles,
    cone: pointsOf(columns, end),
    model_version: body.model_version,
    risk: riskOf(part.refused, secondsOf(asOf), status?.assets[body.symbol]),
  };
}

/** As in the service's own answers: what gates and breakers leave of a signal. */
function riskOf(
  refused: readonly { gate: string; reason: string }[] = [],
  asOf: number,
  asset: AssetStatus | undefined,
): Risk {
  const holding = asset?.risk ?? [];
  const effects = new Set(holding.map(({ effect }) => effect));
  const halved = effects.has("half_size") || effects.has("conservative");
  const until = isoOf(seconds(asOf + 3600));
  return {
    size: refused.length > 0 || effects.has("no_entries") ? 0 : halved ? 0.5 : 1,
    refused: refused.map((one) => ({ ...one, until })),
    holding: [...holding],
  };
}

/** As in the service's own answers: nobody is confident of what is stale or doubtful. */
function graded(
  { confidence, confidence_reason }: Pick<Prediction, "confidence" | "confidence_reason">,
  doubts: readonly string[],
) {
  if (doubts.length === 0 || confidence === "low") return { confidence, confidence_reason };
  const because = `${doubts.join("; ")} (graded ${confidence} when it was made)`;
  return { confidence: "low" as const, confidence_reason: because };
}

/** Seconds of market time that a forecast may be late, and of this machine's where that is less. */
const GRACE = 60;
const MAKING = 2;

/** What must be known before believing a forecast that has just been told. */
function truthOf(
  body: ForecastBody,
  asOf: number,
  previous: Truth,
  status: StatusBody | null,
): Truth {
  const asset = status?.assets[body.symbol];
  const stale = [...disconnected(asset), ...overdue(asOf, status)];
  const doubts = [...(asset?.unreliable ?? []), ...body.unreliable];
  const told = {
    stale: stale.length > 0,
    unreliable: doubts.length > 0,
    reasons: [...new Set([...stale, ...doubts])],
  };
  const market = status?.market ?? null;
  if (market === null) return { ...previous, ...told };
  const now = marketNow(status, millis(Date.now()));
  return {
    simulated: market.kind !== "live",
    market: market.kind,
    market_time: new Date(now).toISOString(),
    ...told,
  };
}

function disconnected(asset: AssetStatus | undefined): string[] {
  if (asset === undefined) return [];
  return asset.connected ? asset.stale : ["not connected to the exchange", ...asset.stale];
}

/** Why a forecast is older than it should be by the clock of the market. */
function overdue(asOf: number, status: StatusBody | null): string[] {
  if (!status?.market) return [];
  const age = marketNow(status, millis(Date.now())) / 1000 - asOf;
  const limit = 3600 + Math.max(GRACE, MAKING * status.market.speed);
  return age > limit ? [`the newest forecast is from ${(age / 3600).toFixed(1)} h ago`] : [];
}

function pointsOf(columns: Columns, end: number): Prediction["cone"] {
  const at = (column: number[], i: number) => column[i] ?? NaN;
  return columns.t.flatMap((t, i) =>
    t > end
      ? []
      : [
          {
            t: isoOf(seconds(t)),
            lower_2sigma: at(columns.lower_2sigma, i),
            lower_1sigma: at(columns.lower_1sigma, i),
            mid: at(columns.mid, i),
            upper_1sigma: at(columns.upper_1sigma, i),
            upper_2sigma: at(columns.upper_2sigma, i),
          },
        ],
  );
}
