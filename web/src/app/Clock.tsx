import { useEffect, useState } from "react";
import { millis } from "../lib/brand";
import { duration } from "../lib/format";
import { marketNow, symbolOf, useLive, type AssetStatus } from "../state/live";
import { useView } from "../state/view";
import styles from "./Header.module.css";

function useWall(every: number): number {
  const [wall, setWall] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setWall(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return wall;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** What time it is at the exchange. */
export function Clock() {
  const status = useLive((live) => live.status);
  const kind = useLive((live) => live.kind);
  const date = new Date(marketNow(status, millis(useWall(250))));
  // Only a real exchange runs by this machine's clock.
  const known = status?.market != null || kind === "live";
  const parts = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  const time = known ? parts.map(two).join(":") : "––:––:––";
  const speed = status?.market?.speed ?? 1;
  const day = date.toISOString().slice(0, 10);
  const other = status?.market != null && status.market.kind !== "live";
  return (
    <span
      className={styles.clock}
      title={`Time of the market, UTC${speed === 1 ? "" : `; it runs ${speed} times as fast as the wall clock`}`}
    >
      <span className={styles.muted}>UTC</span>
      {other && <span className={`num ${styles.optional}`}>{day}</span>}
      <span className="num">{time}</span>
      {speed !== 1 && <span className={`num ${styles.muted}`}>{speed}×</span>}
    </span>
  );
}

/** Whether prices arrive, and how old the last one is. */
export function Connection() {
  const connection = useLive((live) => live.connection);
  return connection === "open" ? (
    <Freshness />
  ) : (
    <Outage connecting={connection === "connecting"} />
  );
}

function Outage({ connecting }: { connecting: boolean }) {
  const lostSince = useLive((live) => live.lostSince);
  const wall = useWall(500);
  const since = lostSince === null ? "" : ` ${duration((wall - lostSince) / 1000)}`;
  return (
    <span className={styles.chip} data-state={connecting ? "wait" : "off"} role="status">
      {connecting ? "connecting" : `offline${since}`}
    </span>
  );
}

/** Prices older than this are not live. */
const LIVE_SECONDS = 5;

function Unheard() {
  return (
    <span className={styles.chip} data-state="wait" title="No price has been heard of yet">
      no price yet
    </span>
  );
}

/** How old the last price of a market is, in seconds of this machine; null before the first. */
function useAge(status: AssetStatus | null): number | null {
  const wall = useWall(500);
  const heard = status?.last_message_wall ?? null;
  return heard === null ? null : Math.max(0, wall / 1000 - heard);
}

function Freshness() {
  const asset = useView((view) => view.asset);
  const status = useLive((live) => live.status?.assets[symbolOf(asset, live.status)] ?? null);
  const age = useAge(status);
  const reasons = status?.stale ?? [];
  if (age === null && reasons.length === 0) return <Unheard />;
  const stale = reasons.length > 0 || (age !== null && age > LIVE_SECONDS);
  const words = stale
    ? [...reasons, `prices older than ${LIVE_SECONDS} s are not live`].join("; ")
    : `Age of the last price by this machine's clock; up to ${LIVE_SECONDS} s is live`;
  return (
    <span className={styles.chip} data-state={stale ? "stale" : "on"} title={words}>
      {stale ? "stale" : "live"} <span className="num">{age === null ? "" : duration(age)}</span>
    </span>
  );
}
