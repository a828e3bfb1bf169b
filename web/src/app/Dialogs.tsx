import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";
import { HelpContent } from "../panels/HelpContent";
import { RecordView } from "../panels/RecordView";
import { price } from "../lib/format";
import { symbolOf, useLive } from "../state/live";
import { show, toggleLayer, useView, type LayerName } from "../state/view";
import { Dialog } from "../ui/Dialog";
import styles from "./Dialogs.module.css";

const close = () => show({ dialog: null });

/** Whichever dialog is open. */
export function Dialogs() {
  const dialog = useView((view) => view.dialog);
  switch (dialog) {
    case "help":
      return (
        <Dialog title="Keys, and how to read the terminal" onClose={close}>
          <HelpContent />
          <p className={styles.small}>
            Charts are drawn with Lightweight Charts™ by{" "}
            <a href="https://www.tradingview.com/" rel="noreferrer" target="_blank">
              TradingView
            </a>
            , © 2025 TradingView, Inc., under the Apache licence 2.0.
          </p>
        </Dialog>
      );
    case "symbol":
      return (
        <Dialog title="Market" onClose={close}>
          <Markets />
        </Dialog>
      );
    case "layers":
      return (
        <Dialog title="Layers" onClose={close}>
          <LayerList />
        </Dialog>
      );
    case "record":
      return <RecordView />;
    case null:
      return null;
  }
}

function Markets() {
  const asset = useView((view) => view.asset);
  const prices = useLive((live) => live.price);
  const status = useLive((live) => live.status);
  const { data } = useQuery(queries.health());
  const symbols = status?.market?.symbols.map((symbol) => symbol.replace(/USDT$/, ""));
  const assets = data?.assets.map((one) => one.asset) ?? symbols ?? [asset];
  return (
    <ul className={styles.list}>
      {assets.map((one) => (
        <li key={one}>
          <button
            type="button"
            className={styles.choice}
            aria-current={one === asset}
            autoFocus={one === asset}
            onClick={() =>
              show({
                asset: one,
                dialog: null,
                ...(one !== asset && { range: null, pinned: null, hovered: null }),
              })
            }
          >
            <b>{one}</b>
            <span className={styles.small}>{symbolOf(one, status)}</span>
            <span className="num">{price(prices[symbolOf(one, status)])}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

const NAMES: Record<LayerName, [string, string]> = {
  cone: ["Cone", "median and the bands of two thirds and of 19 in 20 outcomes"],
  ghosts: ["Past cones", "what was believed, and whether it held; also G"],
  profile: ["Volume by price", "of the bars on screen, at the right edge; bought and sold"],
  levels: ["Support and resistance", "prices at which the market turned, with how often"],
  vwap: ["VWAP", "average price by volume since midnight UTC"],
  ema: ["EMA 9 and 21", "exponential averages of the close"],
  volume: ["Volume", "pane under the price"],
  volatility: ["Volatility", "forecast against realised, pane under the price"],
};

function LayerList() {
  const layers = useView((view) => view.layers);
  const engine = useView((view) => view.engine);
  const palette = useView((view) => view.palette);
  return (
    <div className={styles.layers}>
      <ul className={styles.list}>
        {(Object.keys(NAMES) as LayerName[]).map((layer) => (
          <li key={layer}>
            <label className={styles.switch}>
              <input
                type="checkbox"
                checked={layers.has(layer)}
                onChange={() => toggleLayer(layer)}
              />
              <b>{NAMES[layer][0]}</b>
              <span className={styles.small}>{NAMES[layer][1]}</span>
            </label>
          </li>
        ))}
      </ul>
      <fieldset className={styles.choiceSet}>
        <legend className="label">Shape of the cone</legend>
        <Radio
          name="engine"
          checked={engine === "calibrated"}
          choose={() => show({ engine: "calibrated" })}
          words="Calibrated"
          more="agrees with the published distribution at every horizon"
        />
        <Radio
          name="engine"
          checked={engine === "gbm"}
          choose={() => show({ engine: "gbm" })}
          words="Brownian"
          more="a geometric Brownian motion of the same volatility; for comparison"
        />
      </fieldset>
      <fieldset className={styles.choiceSet}>
        <legend className="label">Rising and falling</legend>
        <Radio
          name="palette"
          checked={palette === "blue_orange"}
          choose={() => show({ palette: "blue_orange" })}
          words="Blue and orange"
          more="told apart by every eye"
        />
        <Radio
          name="palette"
          checked={palette === "green_red"}
          choose={() => show({ palette: "green_red" })}
          words="Green and red"
          more=""
        />
      </fieldset>
    </div>
  );
}

function Radio(props: {
  name: string;
  checked: boolean;
  choose: () => void;
  words: string;
  more: string;
}) {
  return (
    <label className={styles.switch}>
      <input type="radio" name={props.name} checked={props.checked} onChange={props.choose} />
      <b>{props.words}</b>
      <span className={styles.small}>{props.more}</span>
    </label>
  );
}
