import type { Resolution } from "../api/types";
import { horizon as horizonText } from "../lib/format";
import { useLive } from "../state/live";
import { HORIZONS, show, useView } from "../state/view";
import { chooseResolution, turnTheme } from "./actions";
import { Clock, Connection } from "./Clock";
import styles from "./Header.module.css";
import { useResolutions } from "./offered";

/** What is looked at, whether it is fresh, and what time it is. */
export function Header() {
  const asset = useView((view) => view.asset);
  const theme = useView((view) => view.theme);
  return (
    <>
      <h1 className={styles.brand} aria-label="barograph">
        <svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true">
          <path d="M3 19 9 15 15 20" fill="none" stroke="var(--text-2)" strokeWidth="2.6" />
          <path d="M15 20 30 7V29Z" fill="var(--accent)" fillOpacity=".32" />
          <path d="M15 20 30 15" stroke="var(--accent)" strokeWidth="2.6" />
        </svg>
        <span className={styles.optional}>barograph</span>
      </h1>
      <button
        type="button"
        className={styles.asset}
        aria-haspopup="dialog"
        onClick={() => show({ dialog: "symbol" })}
        title="Choose the market ( / )"
      >
        {asset} <span aria-hidden="true">▾</span>
      </button>
      <Resolutions />
      <Horizons />
      <span className={styles.space} />
      <Market />
      <Connection />
      <Clock />
      <span className={styles.tools}>
        <button
          type="button"
          className={`${styles.tool} ${styles.commands}`}
          aria-haspopup="dialog"
          onClick={() => show({ dialog: "commands" })}
          title="Commands ( Ctrl K or ⌘ K )"
        >
          <span className="hidden-visually">Commands </span>⌘K
        </button>
        <button
          type="button"
          className={styles.tool}
          aria-haspopup="dialog"
          onClick={() => show({ dialog: "layers" })}
          title="Layers ( L )"
          aria-label="Layers"
        >
          <svg
            viewBox="0 0 16 16"
            width="15"
            height="15"
            aria-hidden="true"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.4"
            strokeLinejoin="round"
          >
            <path d="m8 1.8 6 3.2-6 3.2L2 5zM2 8l6 3.2L14 8M2 11l6 3.2 6-3.2" />
          </svg>
        </button>
        <button
          type="button"
          className={styles.tool}
          onClick={turnTheme}
          title={`${theme === "dark" ? "Light" : "Dark"} theme ( T )`}
          aria-label={`Change to the ${theme === "dark" ? "light" : "dark"} theme`}
        >
          {theme === "dark" ? "☾" : "☀"}
        </button>
        <button
          type="button"
          className={styles.tool}
          aria-haspopup="dialog"
          onClick={() => show({ dialog: "help" })}
          title="Keys and how to read it ( ? )"
          aria-label="Help"
        >
          ?
        </button>
      </span>
    </>
  );
}

function Resolutions() {
  const chosen = useView((view) => view.resolution);
  const offered = useResolutions();
  return (
    <>
      <select
        className={styles.select}
        aria-label="Length of a bar"
        value={chosen}
        onChange={(event) => chooseResolution(event.target.value as Resolution)}
      >
        {offered.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <div
        className={`${styles.segments} ${styles.resolutions}`}
        role="group"
        aria-label="Length of a bar"
      >
        {offered.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === chosen}
            onClick={() => chooseResolution(one)}
          >
            {one}
          </button>
        ))}
      </div>
    </>
  );
}

function Horizons() {
  const chosen = useView((view) => view.horizon);
  return (
    <div
      className={`${styles.segments} ${styles.horizons}`}
      role="group"
      aria-label="How far ahead"
      title="How far ahead ( 1 … 6 )"
    >
      {HORIZONS.map((hours) => (
        <button
          key={hours}
          type="button"
          aria-pressed={hours === chosen}
          onClick={() => show({ horizon: hours })}
        >
          {horizonText(hours)}
        </button>
      ))}
    </div>
  );
}

const WORDS = {
  recorded: ["SIMULATED", "A recorded market, replayed by the simulated exchange"],
  invented: ["SIMULATED", "Invented prices of the simulated exchange; not a market"],
  unknown: ["ORIGIN UNKNOWN", "Nothing has said yet whether prices come from an exchange"],
} as const;

/** The word that goes with the hatched frame. */
function Market() {
  const kind = useLive((live) => live.kind) ?? "unknown";
  if (kind === "live") return null;
  const [word, words] = WORDS[kind];
  return (
    <span className={styles.simulated} data-kind={kind} title={words}>
      {word}
    </span>
  );
}
