import { ApiError, isStarting } from "../api/client";
import { show, useView } from "../state/view";
import styles from "./Chart.module.css";
import type { History } from "./history";

// Heights of the bars of the skeleton: a walk, so that it looks like what comes.
const BONES = Array.from(
  { length: 60 },
  (_, i) => 34 + 22 * Math.sin(i / 7) + 9 * Math.sin(i / 2.3),
);

/** What stands in for the chart while there is none, and small notes over it. */
export function ChartState({ history }: { history: History }) {
  const away = useView((view) => view.range !== null);
  if (history.status === "error") {
    const { error, retry } = history;
    // A service that is starting is no trouble: its first bars are on their way.
    if (error instanceof ApiError && isStarting(error)) return <Empty doing={error.message} />;
    return <Trouble error={error} retry={retry} />;
  }
  if (history.loaded.length === 0) {
    return history.status === "pending" ? <Bones /> : <Empty />;
  }
  return (
    <>
      {history.loadingOlder && <div className={styles.older}>loading older bars</div>}
      {away && (
        <button type="button" className={styles.corner} onClick={() => show({ range: null })}>
          to the newest bar →
        </button>
      )}
    </>
  );
}

function Bones() {
  return (
    <div className={styles.state} role="status" aria-label="Loading bars">
      <div className={styles.bones} aria-hidden="true">
        {BONES.map((height, i) => (
          <span key={i} style={{ height: `${height}%` }} />
        ))}
      </div>
    </div>
  );
}

function Empty({ doing = "" }: { doing?: string }) {
  return (
    <div className={styles.state}>
      <div className={styles.words} role="status">
        <strong>No bars yet</strong>
        {doing !== "" && <p>{doing}</p>}
        <p>The first bar appears here as soon as it has arrived; nothing needs to be done.</p>
      </div>
    </div>
  );
}

function Trouble({ error, retry }: { error: Error | null; retry: () => void }) {
  const known = error instanceof ApiError && error.failure !== null;
  return (
    <div className={styles.state}>
      <div className={styles.words} role="alert">
        <strong>{known ? "The bars cannot be shown" : "The service cannot be reached"}</strong>
        <p>{known ? error.message : "It is tried again by itself as soon as it answers."}</p>
        <button type="button" className={styles.button} onClick={retry}>
          Try now
        </button>
      </div>
    </div>
  );
}
