import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { queries, type GhostPage } from "../api/queries";
import type { Ghost, Prediction, Truth } from "../api/types";
import { HOUR } from "../lib/bars";
import { millis, seconds, secondsOf, type Seconds } from "../lib/brand";
import { coneOf, spacing } from "../lib/cone";
import { duration } from "../lib/format";
import { retried } from "../panels/hooks";
import { marketNow, symbolOf, useLive, type Live } from "../state/live";
import { HORIZONS, useSelected, useView } from "../state/view";
import type { ConeLook, ConeView } from "./coneDrawing";

/** The newest prediction of what is looked at. */
export function useNewest() {
  const asset = useView((view) => view.asset);
  const horizon = useView((view) => view.horizon);
  const engine = useView((view) => view.engine);
  return useQuery({
    ...queries.prediction(asset, horizon, engine),
    refetchInterval: retried,
  });
}

const NO_CONE: Pick<Prediction, "cone" | "as_of" | "price"> = { cone: [], as_of: "", price: 0 };

/** Whether an answer may be trusted: the gravest of what the answer and the feed say. */
function useTrust(truth: Truth | undefined): { look: ConeLook; reason: string | null } {
  const asset = useView((view) => view.asset);
  // Status comes each second; the chart is concerned only where it judges otherwise than before.
  const told = (live: Live) => live.status?.assets[symbolOf(asset, live.status)];
  const late = useLive((live) => live.lostSince !== null || (told(live)?.stale.length ?? 0) > 0);
  const doubt = useLive((live) => told(live)?.unreliable[0]);
  if (late || truth?.stale === true) return { look: "stale", reason: null };
  const reason = truth?.unreliable === true ? truth.reasons[0] : doubt;
  if (reason !== undefined) return { look: "unreliable", reason };
  return { look: "sound", reason: null };
}

/** The cone ahead of price and how far it can be trusted. */
export function useCone(): { view: ConeView | null; newest: Seconds | null } {
  const shown = useView((view) => view.layers.has("cone"));
  const horizon = useView((view) => view.horizon);
  const { data } = useNewest();
  const { look, reason } = useTrust(data?.truth);
  const asOf = data === undefined ? null : secondsOf(data.as_of);
  const age = useAgeWords(look === "stale" ? asOf : null);
  const note = look === "stale" ? `stale, ${age}` : reason;
  // A renewed answer with the same cone draws nothing anew; its arrays stay the same.
  const { cone: points, as_of: start, price } = data ?? NO_CONE;
  const view = useMemo(() => {
    const cone = shown ? coneOf({ cone: points, as_of: start, price }) : null;
    return cone === null ? null : { cone, horizon, horizons: HORIZONS, look, note, fits: true };
  }, [points, start, price, shown, horizon, look, note]);
  return { view, newest: asOf };
}

/** How old an hour's forecast is, in market time and to the minute. */
function useAgeWords(asOf: Seconds | null): string {
  const status = useLive((live) => (asOf === null ? null : live.status));
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
  // The scale does not jump while the pointer moves along the bars.
  const fits = useView((view) => view.pinned !== null);
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
  });
  return useMemo(() => {
    const cone = past && data !== undefined && data.asset === asset ? coneOf(data) : null;
    return cone === null
      ? null
      : { cone, horizon, horizons: HORIZONS, look: "past" as const, note: null, fits };
  }, [data, past, horizon, asset, fits]);
}

/** What is on screen: opening times at its edges, and how wide an hour is. */
export interface Screen {
  from: Seconds;
  to: Seconds;
  pixelsPerHour: number;
}

const NO_GHOSTS: readonly Ghost[] = [];
/** Pixels between the ends of two ghosts, at least. */
const ROOM = 40;
const LONGEST_STEP = 168;

/** Hours that ghosts are asked for: whole blocks, so that panning a little asks nothing. */
export function ghostPage(screen: Screen | null, horizon: number): GhostPage {
  const { from, to, pixelsPerHour } = screen ?? { from: 0, to: 0, pixelsPerHour: 0 };
  const every = spacing(horizon, pixelsPerHour, ROOM);
  const block = 24 * every * HOUR;
  return {
    start: seconds(Math.floor(from / block) * block - horizon * HOUR),
    end: seconds((Math.floor(to / block) + 1) * block),
    every,
  };
}

/** Past cones of the chosen horizon that fit on screen without crowding. */
export function useGhosts(screen: Screen | null): readonly Ghost[] {
  const asset = useView((view) => view.asset);
  const horizon = useView((view) => view.horizon);
  const page = ghostPage(screen, horizon);
  const shown = useView((view) => view.layers.has("ghosts")) && page.every <= LONGEST_STEP;
  const { data } = useQuery({
    ...queries.ghosts(asset, horizon, page),
    enabled: shown && screen !== null,
  });
  const fits = data?.asset === asset && data.horizon_hours === horizon;
  return shown && fits ? data.ghosts : NO_GHOSTS;
}
