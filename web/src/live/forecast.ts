import type { Engine, Prediction } from "../api/types";
import { isoOf, seconds } from "../lib/brand";

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
    }
  >;
  cone: Columns;
  gbm?: Columns;
}

const moment = (value: string | number): string =>
  typeof value === "number" ? isoOf(seconds(value)) : value;

/**
 * The prediction that a forecast event tells, so that it is on screen without another request.
 *
 * What the event does not carry (levels of the quantiles, flags of truth) is the previous
 * prediction's; null where the event knows nothing of the horizon, or the shapes differ.
 */
export function predictionOf(
  body: ForecastBody,
  previous: Prediction,
  horizon: number,
  engine: Engine,
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
  return {
    ...previous,
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
    confidence: part.confidence,
    confidence_reason: part.confidence_reason,
    regime: body.regime,
    quantiles,
    cone: pointsOf(columns, end),
    model_version: body.model_version,
  };
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
