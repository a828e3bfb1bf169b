import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { queries } from "../api/queries";
import type { Ghost } from "../api/types";
import { HOUR } from "../lib/bars";
import { seconds, secondsOf, type Seconds } from "../lib/brand";
import { coneOf, spacing } from "../lib/cone";
import { duration } from "../lib/format";
import { marketNow, symbolOf, useLive, type AssetStatus } from "../state/live";
import { HORIZONS, useSelected, useView } from "../state/view";
import { millis } from "../lib/brand";
import type { ConeLook, ConeView } from "./coneDrawing";

/** State of the chosen market, as the feed tells it each second. */
export function useAssetStatus(): AssetStatus | null {
  const asset = useView((view) => view.asset);
  return useLive((live) => live.status?.assets[symbolOf(asset, live.status)] ?? null);
}

/** The newest prediction of what is looked at. */
export function useNewest() {
  const asset = useView((view) => view.asset);
  const horizon = useView((view) => view.horizon);
  const engine = useView((view) => view.engine);
  return useQuery({
    ...queries.prediction(asset, horizon, engine),
    refetchInterval: (query) => (query.state.status === "error" ? 3000 : false),
  });
}

/** The cone ahead of price and how far it can be trusted. */
export function useCone(): { view: ConeView | null; newest: Seconds | null } {
  const shown = useView((view) => view.layers.has("cone"));
  const horizon = useView((view) => view.horizon);
  const { data } = useNewest();
  const status = useAssetStatus();
  const lost = useLive((live) => live.lostSince !== null);
  const stale = lost || (status?.stale ?? []).length > 0 || (data?.truth.stale ?? false);
  const doubt =
    status?.unreliable[0] ?? (data?.truth.unreliable === true ? data.truth.reasons[0] : null);
  const unreliable = (status?.unreliable ?? []).length > 0 || data?.truth.unreliable === true;
  const asOf = data === undefined ? null : secondsOf(data.as_of);
  const age = useAgeWords(stale ? asOf : null);
  const look: ConeLook = stale ? "stale" : unreliable ? "unreliable" : "sound";
  const note = stale ? `stale, ${age}` : unreliable ? (doubt ?? "unreliable") : null;
  const view = useMemo(() => {
    const cone = data === undefined || !shown ? null : coneOf(data);
    return cone === null ? null : { cone, horizon, horizons: HORIZONS, look, note };
  }, [data, shown, horizon, look, note]);
  return { view, newest: asOf };
}

/** How old an hour's forecast is, in market time and to the minute. */
function useAgeWords(asOf: Seconds | null): string {
  const status = useLive((live) => live.status);
  const [wall, setWall] = useState(() => Date.now());
  useEffect(() => {
    if (asOf === null) return undefined;
    const timer = setInterval(() => setWall(Date.now()), 5000);
    return () => clearInterval(timer);
  }, [asOf]);
  if (asOf === null) return "";
  return `${duration((marketNow(status, millis(wall)) - asOf * 1000) / 1000)} old`;
}

/** What was believed at the selected bar, once the pointer rests there. */
export function useBelieved(newest: Seconds | null): ConeView | null {
  const selected = useSelected();
  const asset = useView((view) => view.asset);
  const horizon = useView((view) => view.horizon);
  const engine = useView((view) => view.engine);
  const [at, setAt] = useState<Seconds | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setAt(selected), selected === null ? 0 : 70);
    return () => clearTimeout(timer);
  }, [selected]);
  const past = at !== null && at !== newest;
  const { data } = useQuery({
    ...queries.prediction(asset, horizon, engine, at),
    enabled: past,
    retry: false,
    placeholderData: keepPreviousData,
  });
  return useMemo(() => {
    const cone = past && data !== undefined && data.asset === asset ? coneOf(data) : null;
    return cone === null
      ? null
      : { cone, horizon, horizons: HORIZONS, look: "past" as const, note: null };
  }, [data, past, horizon, asset]);
}

const NO_GHOSTS: readonly Ghost[] = [];
/** Pixels between the ends of two ghosts, at least. */
const ROOM = 64;
const LONGEST_STEP = 168;

/** Past cones of the chosen horizon that fit on screen without crowding. */
export function useGhosts(
  range: { from: Seconds; to: Seconds; pixelsPerHour: number } | null,
): readonly Ghost[] {
  const shown = useView((view) => view.layers.has("ghosts"));
  const asset = useView((view) => view.asset);
  const horizon = useView((view) => view.horizon);
  const every = spacing(horizon, range?.pixelsPerHour ?? 0, ROOM);
  const block = 24 * Math.max(every, HOUR / 3600) * 3600;
  const page = {
    start: seconds(Math.floor((range?.from ?? 0) / block) * block - horizon * HOUR),
    end: seconds((Math.floor((range?.to ?? 0) / block) + 1) * block),
    every,
  };
  const { data } = useQuery({
    ...queries.ghosts(asset, horizon, page),
    enabled: shown && range !== null && every <= LONGEST_STEP,
  });
  return shown && every <= LONGEST_STEP && data?.asset === asset && data.horizon_hours === horizon
    ? data.ghosts
    : NO_GHOSTS;
}
