import styles from "./HelpContent.module.css";

const KEYS: readonly (readonly [readonly string[], string])[] = [
  [["1", "…", "6"], "horizon: 1 h, 4 h, 8 h, 24 h, 3 d, 7 d"],
  [["←", "→"], "walk along the bars; the reasons follow"],
  [["Enter"], "pin the bar; a click does the same"],
  [["Esc"], "release the bar, close what is open"],
  [["/"], "choose the market"],
  [["L"], "layers of the chart; G the past cones, E the other cone"],
  [["S"], "the whole record"],
  [["T"], "dark or light"],
  [["Ctrl K", "⌘ K"], "any command by its name"],
  [["?"], "this page"],
];

const WORDS: readonly (readonly [string, string])[] = [
  [
    "Median",
    "the price that is as likely to be passed as to be missed. It is close to the price now: direction is hardly ever known.",
  ],
  [
    "Expected volatility",
    "how far the price may go either way: the standard deviation of its log return over the horizon.",
  ],
  [
    "P(up)",
    "chance of a close above the last complete bar's. A forecast of 52 % that comes true 52 times in 100 is a good one.",
  ],
  [
    "Confidence",
    "how sharp the bands are expected to be, judged by how past forecasts of that kind have fared.",
  ],
  [
    "Skill",
    "how far the error is below a simpler model's. Without a gain over something simple a forecast has no worth.",
  ],
  [
    "Walk-forward",
    "what the same models would have said in the past, knowing only what was known then. Published means that it was written down before the outcome.",
  ],
];

const STATES: readonly (readonly [string, string])[] = [
  ["Simulated", "hatched frame: prices from a recording or made up, not from an exchange now"],
  ["Stale", "grey cone: older than it should be; the age is written beside it"],
  ["Unreliable", "dashed cone: fresh, but not to be trusted; the reason is written beside it"],
  ["Offline", "dimmed: the last that was known"],
];

/** Keys, how to read the screen, and what the words mean. */
export function HelpContent() {
  return (
    <div className={styles.help}>
      <section>
        <h3 className="label">Reading the cone</h3>
        <div className={styles.legend}>
          <Legend />
          <p>
            The inner band contains two thirds of outcomes, the outer one nineteen in twenty: one in
            three ends outside the inner band, and that is as it should be. The line is the median,
            not a promise. Where the record beneath says otherwise, believe the record.
          </p>
        </div>
      </section>
      <section>
        <h3 className="label">Keys</h3>
        <dl className={styles.keys}>
          {KEYS.map(([keys, meaning]) => (
            <div key={meaning}>
              <dt>{keys.map((key) => (key === "…" ? " … " : <kbd key={key}>{key}</kbd>))}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </section>
      <Terms title="Words" terms={WORDS} />
      <Terms title="How true it is" terms={STATES} />
      <p className={styles.foot}>
        Moments are UTC. Prices are in quote currency. Hover a number for its unit, time and origin.
        A forecast is no advice to trade.
      </p>
    </div>
  );
}

function Terms({ title, terms }: { title: string; terms: typeof WORDS }) {
  return (
    <section>
      <h3 className="label">{title}</h3>
      <dl className={styles.terms}>
        {terms.map(([term, meaning]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** A small cone. */
function Legend() {
  return (
    <svg viewBox="0 0 120 76" className={styles.cone} aria-hidden>
      <path className={styles.two} d="M30 40 C50 22 80 10 120 4 V72 C80 66 50 56 30 40Z" />
      <path className={styles.one} d="M30 40 C50 31 80 25 120 22 V55 C80 52 50 48 30 40Z" />
      <path className={styles.mid} d="M30 40 C60 39 90 38 120 37" />
      <path className={styles.price} d="M0 50 L8 44 L15 47 L22 38 L30 40" />
    </svg>
  );
}
