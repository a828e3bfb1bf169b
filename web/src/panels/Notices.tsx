import { useEffect, useState } from "react";
import * as format from "../lib/format";
import { progress } from "../lib/reasons";
import { symbolOf, useLive } from "../state/live";
import { useView } from "../state/view";
import { usePrediction, useWall } from "./hooks";
import styles from "./Notices.module.css";
import { notices, type Notice } from "./due";
import { Tips } from "./Tips";

/** Short losses of the connection are mended before anybody needs to know. */
const GRACE = 1200;
const SHOWN = 4000;

/** What a reader must know before believing the screen; and the words under the pointer. */
export function Notices() {
  const asset = useView((view) => view.asset);
  const { data } = usePrediction();
  const status = useLive((live) => live.status);
  const lostSince = useLive((live) => live.lostSince);
  const wall = useWall(1000);
  const lost = lostSince === null ? 0 : wall - lostSince;
  const told = status?.assets[symbolOf(asset, status)];
  const found = notices({
    lost: lost > GRACE ? lost / 1000 : null,
    truth: data?.truth ?? null,
    status,
    late: told?.late ?? false,
    holding: told?.risk ?? [],
  });
  return (
    <div className={styles.notices} aria-live="polite">
      {found.map((notice) => (
        <Card key={notice.kind} notice={notice} />
      ))}
      <Back />
      <Tips />
    </div>
  );
}

function Card({ notice }: { notice: Notice }) {
  const done = notice.kind === "starting" ? progress(notice.words.join(" ")) : null;
  return (
    <div className={styles.card} data-kind={notice.kind}>
      <strong className={styles.kind}>{notice.title}</strong>
      <span>{notice.words.join("; ")}</span>
      {done !== null && (
        <progress className={styles.progress} value={done} aria-label={notice.title} />
      )}
    </div>
  );
}

/** Says for a moment that the connection is back, where its loss was told. */
function Back() {
  const lostSince = useLive((live) => live.lostSince);
  const [before, setBefore] = useState(lostSince);
  const [away, setAway] = useState<number | null>(null);
  if (before !== lostSince) {
    setBefore(lostSince);
    const length = before === null ? 0 : Date.now() - before;
    setAway(lostSince === null && length > GRACE ? length : null);
  }
  useEffect(() => {
    if (away === null) return undefined;
    const timer = setTimeout(() => setAway(null), SHOWN);
    return () => clearTimeout(timer);
  }, [away]);
  if (away === null) return null;
  return (
    <div className={styles.card} data-kind="back">
      <strong className={styles.kind}>Connected again</strong>
      <span>after {format.duration(away / 1000)}; nothing was missed</span>
    </div>
  );
}
