import { notifyManager, useQueryClient, type Query, type QueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { queries } from "../api/queries";
import type { Prediction, Resolution } from "../api/types";
import { millis } from "../lib/brand";
import { streamOf, type CandleEvent } from "../lib/bars";
import { symbolOf, useLive, type AssetStatus, type StatusBody } from "../state/live";
import { useView } from "../state/view";
import { isBefore, predictionOf, type ForecastBody } from "./forecast";
import { Feed, type FeedMessage } from "./socket";

type CandleListener = (event: CandleEvent, snapshot: boolean) => void;

const listeners = new Map<string, Set<CandleListener>>();

/** Hear the bars of a stream as they grow; returns how to stop. */
export function onCandles(symbol: string, stream: Resolution, listener: CandleListener) {
  const topic = `candle:${symbol}:${stream}`;
  const set = listeners.get(topic) ?? new Set();
  listeners.set(topic, set.add(listener));
  return () => void set.delete(listener);
}

/** Keep the feed open while the terminal is, on what is looked at. */
export function useFeed(): void {
  const queryClient = useQueryClient();
  const asset = useView((view) => view.asset);
  const resolution = useView((view) => view.resolution);
  const symbol = useLive((live) => symbolOf(asset, live.status));
  const [feed, setFeed] = useState<Feed | null>(null);

  useEffect(() => {
    const url = new URL("ws", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.search = "";
    url.hash = "";
    const next = new Feed({
      url: url.href,
      onState: (connection) =>
        useLive.setState(({ lostSince }) => ({
          connection,
          lostSince: connection === "open" ? null : (lostSince ?? millis(Date.now())),
        })),
      onMessage: (message) => take(message, queryClient),
    });
    next.start();
    setFeed(next);
    return () => next.stop();
  }, [queryClient]);

  useEffect(() => {
    feed?.follow(["status", `forecast:${symbol}`, `candle:${symbol}:${streamOf(resolution)}`]);
  }, [feed, symbol, resolution]);
}

/** Bring a message to where it is shown. */
export function take(message: FeedMessage, queryClient: QueryClient): void {
  const [kind, symbol = ""] = message.topic.split(":");
  // A snapshot of what nobody has written yet.
  if (message.data === null || message.data === undefined) return;
  if (kind === "status") takeStatus(message.data, queryClient);
  else if (kind === "forecast") {
    const body = message.data as ForecastBody;
    // What a snapshot tells is mostly what was just asked for.
    if (message.type === "update" || !isKnown(body, queryClient)) takeForecast(body, queryClient);
  } else if (kind === "candle") {
    const snapshot = message.type === "snapshot";
    const events = (Array.isArray(message.data) ? message.data : [message.data]) as CandleEvent[];
    for (const event of events) {
      useLive.setState(({ price }) => ({ price: { ...price, [symbol]: event.c } }));
      listeners.get(message.topic)?.forEach((listener) => listener(event, snapshot));
    }
  }
}

/** A status as it is told, without what the runner has not written yet. */
function statusOf(told: Partial<StatusBody>): StatusBody {
  const assets = Object.entries(told.assets ?? {}) as [string, AssetStatus | null][];
  return {
    heartbeat: told.heartbeat ?? null,
    market: told.market ?? null,
    assets: Object.fromEntries(
      assets.filter((entry): entry is [string, AssetStatus] => entry[1] !== null),
    ),
  };
}

function takeStatus(told: Partial<StatusBody>, queryClient: QueryClient): void {
  const status = statusOf(told);
  const before = useLive.getState().status;
  const prices = Object.entries(status.assets).flatMap(([symbol, { last_price }]) =>
    last_price === null ? [] : [[symbol, last_price] as const],
  );
  useLive.setState(({ price, kind }) => ({
    status,
    kind: status.market?.kind ?? kind,
    price: { ...price, ...Object.fromEntries(prices) },
  }));
  if (before === null) return;
  // The first words of a runner: whatever was refused until now is asked for at once.
  if (before.market === null && status.market !== null) {
    void queryClient.invalidateQueries({ predicate: ({ state }) => state.data === undefined });
    void queryClient.invalidateQueries({ queryKey: ["health"] });
  }
  // While it started, bars and beliefs were being written: what was answered then was not all.
  if (before.heartbeat?.state === "starting" && status.heartbeat?.state === "running") {
    void queryClient.invalidateQueries();
  }
}

/** Questions about the newest forecast of a market. */
const newestOf = (body: ForecastBody, queryClient: QueryClient) =>
  queryClient.getQueryCache().findAll({
    predicate: ({ queryKey: [kind, asset, , , at] }) =>
      kind === "prediction" && at === null && body.symbol.startsWith(String(asset)),
  });

/** Whether every answer on screen is of this forecast already. */
function isKnown(body: ForecastBody, queryClient: QueryClient): boolean {
  return newestOf(body, queryClient).every(({ state }) => {
    const held = state.data as Prediction | undefined;
    return held !== undefined && held.ledger_sequence === body.sequence;
  });
}

/** Time that cone and panel are given to be painted before anything is asked for. */
const PAINTED_MS = 200;

/** Renew at once what the message tells, every horizon of it; then ask for the rest. */
function takeForecast(body: ForecastBody, queryClient: QueryClient): void {
  performance.mark("barograph:forecast");
  const told = new Set<string>();
  notifyManager.batch(() => {
    for (const query of newestOf(body, queryClient)) {
      if (renew(query, body, queryClient)) told.add(query.queryHash);
    }
  });
  setTimeout(() => {
    void queryClient.invalidateQueries({
      predicate: ({ queryHash, queryKey: [kind, asset, , third, fourth] }) =>
        body.symbol.startsWith(String(asset)) &&
        (kind === "prediction"
          ? fourth === null && !told.has(queryHash)
          : (kind === "explanation" && third === null) || kind === "ghosts" || kind === "scores"),
    });
  }, PAINTED_MS);
}

type PredictionKey = ReturnType<typeof queries.prediction>["queryKey"];

/** Put what a forecast tells in the place of an older answer; whether it tells all of it. */
function renew(query: Query, body: ForecastBody, queryClient: QueryClient): boolean {
  const [, , horizon, engine] = query.queryKey as PredictionKey;
  const held = query.state.data as Prediction | undefined;
  // What is of an hour before must not take the place of what is newer: that is asked for.
  if (held === undefined || isBefore(body, held)) return false;
  const { status } = useLive.getState();
  const next = predictionOf(body, held, horizon, engine, status);
  if (next === null) return false;
  // An answer on its way is older than what was just told.
  void query.cancel({ revert: true });
  queryClient.setQueryData(query.queryKey, next);
  return true;
}
