import { HelpContent } from "../panels/HelpContent";
import { RecordView } from "../panels/RecordView";
import { price } from "../lib/format";
import { symbolOf, useLive } from "../state/live";
import { show, toggleLayer, useView, type LayerName } from "../state/view";
import { Dialog } from "../ui/Dialog";
import { chooseMarket } from "./actions";
import { CommandDialog } from "./CommandDialog";
import { LAYER_NAMES } from "./layerNames";
import { useMarkets } from "./offered";
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
    case "commands":
      return <CommandDialog />;
    case null:
      return null;
  }
}

function Markets() {
  const asset = useView((view) => view.asset);
  const prices = useLive((live) => live.price);
  const status = useLive((live) => live.status);
  return (
    <ul className={styles.list}>
      {useMarkets().map((one) => (
        <li key={one}>
          <button
            type="button"
            className={styles.choice}
            aria-current={one === asset}
            autoFocus={one === asset}
            onClick={() => {
              chooseMarket(one);
              close();
            }}
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

function LayerList() {
  const layers = useView((view) => view.layers);
  const engine = useView((view) => view.engine);
  const palette = useView((view) => view.palette);
  return (
    <div className={styles.layers}>
      <ul className={styles.list}>
        {(Object.keys(LAYER_NAMES) as LayerName[]).map((layer) => (
          <li key={layer}>
            <label className={styles.switch}>
              <input
                type="checkbox"
                checked={layers.has(layer)}
                onChange={() => toggleLayer(layer)}
              />
              <b>{LAYER_NAMES[layer][0]}</b>
              <span className={styles.small}>{LAYER_NAMES[layer][1]}</span>
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
