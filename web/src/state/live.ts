import { create } from "zustand";
import type { Holding } from "../api/types";
import { millis, type Millis } from "../lib/brand";

/** Where prices come from. */
export type MarketKind = "live" | "recorded" | "invented";

/** Body of the topic `status`; the runner has not written yet what is null. */
export interface StatusBody {
  heartbeat: { wall: number; state: "starting" | "running"; doing: string; pid: number } | null;
  market: {
    kind: MarketKind;
    speed: number;
    market: string;
    wall: number;
    ends: string | null;
    venue: string;
    symbols: string[];
    horizons: number[];
    model_version: string;
    exchange: string;
  } | null;
  assets: Record<string, AssetStatus>;
}

export interface AssetStatus {
  last_message_wall: number | null;
  last_price: number | null;
  last_bar: string;
  last_forecast: string | null;
  connected: boolean;
  unreliable: string[];
  stale: string[];
  late: boolean;
  funding_rate: number | null;
  funding_wall: number | null;
  clock_offset_s: number;
  /** Breakers of trading that hold. */
  risk?: readonly Holding[];
}

/** The connection: first attempt, open, or lost and being tried again. */
export type Connection = "connecting" | "open" | "lost";

export interface Live {
  connection: Connection;
  /** When the connection was lost; null while it holds. */
  lostSince: Millis | null;
  status: StatusBody | null;
  /** Where prices come from, by whatever said so last; null while nothing has: that is not live. */
  kind: MarketKind | null;
  /** Bars of `symbol:interval` as they grow. */
  price: Record<string, number>;
}

export const useLive = create<Live>()(() => ({
  connection: "connecting",
  lostSince: null,
  status: null,
  kind: null,
  price: {},
}));

/** What time it is at the exchange, given the wall clock of this machine; the wall's without status. */
export function marketNow(status: StatusBody | null, wall: Millis): Millis {
  if (status === null || status.market === null) return wall;
  const { market, wall: at, speed } = status.market;
  return millis(Date.parse(market) + speed * (wall - at * 1000));
}

/** `BTCUSDT` of `BTC`, by the symbols that the service serves. */
export function symbolOf(asset: string, status: StatusBody | null): string {
  return status?.market?.symbols.find((symbol) => symbol.startsWith(asset)) ?? `${asset}USDT`;
}
