/** Everything that can be called by name; an entry more is a command more. */

import type { Resolution } from "../api/types";
import { horizon as horizonText, horizonWords } from "../lib/format";
import { HORIZONS, LAYERS, show, toggleLayer, type View } from "../state/view";
import { chooseMarket, chooseResolution, turnEngine, turnTheme } from "./actions";
import { LAYER_NAMES } from "./layerNames";

export interface Command {
  /** Its kind in a word; with the name it is unique. */
  group: string;
  name: string;
  /** Other words it is found by. */
  also?: string;
  /** Key that does the same. */
  key?: string;
  /** Whether it is what is shown now. */
  on?: boolean;
  run: () => void;
}

export interface Offered {
  view: View;
  markets: readonly string[];
  resolutions: readonly Resolution[];
}

const LAYER_KEYS: Partial<Record<string, string>> = { ghosts: "G" };

/** All commands, as things stand. */
export function commandsOf({ view, markets, resolutions }: Offered): Command[] {
  const { theme, palette, engine } = view;
  const turned = theme === "dark" ? "light" : "dark";
  return [
    { group: "go", name: "To the newest bar", also: "now end", run: () => show({ range: null }) },
    { group: "go", name: "Release the bar", also: "pin", run: () => show({ pinned: null }) },
    {
      group: "open",
      name: "Record",
      also: "score",
      key: "S",
      run: () => show({ dialog: "record" }),
    },
    { group: "open", name: "Layers", key: "L", run: () => show({ dialog: "layers" }) },
    { group: "open", name: "Markets", key: "/", run: () => show({ dialog: "symbol" }) },
    { group: "open", name: "Help", also: "keys", key: "?", run: () => show({ dialog: "help" }) },
    ...markets.map((name) => ({
      group: "market",
      name,
      on: name === view.asset,
      run: () => chooseMarket(name),
    })),
    ...HORIZONS.map((hours, i) => ({
      group: "horizon",
      name: horizonWords(hours),
      also: horizonText(hours).replace(/\s/, ""),
      key: String(i + 1),
      on: hours === view.horizon,
      run: () => show({ horizon: hours }),
    })),
    ...resolutions.map((name) => ({
      group: "bars",
      name,
      also: "resolution length",
      on: name === view.resolution,
      run: () => chooseResolution(name),
    })),
    ...LAYERS.map((layer) => ({
      group: "layer",
      name: LAYER_NAMES[layer][0],
      key: LAYER_KEYS[layer],
      on: view.layers.has(layer),
      run: () => toggleLayer(layer),
    })),
    { group: "look", name: `Change to the ${turned} theme`, key: "T", run: turnTheme },
    {
      group: "look",
      name: palette === "blue_orange" ? "Green and red" : "Blue and orange",
      also: "colours palette",
      run: () => show({ palette: palette === "blue_orange" ? "green_red" : "blue_orange" }),
    },
    {
      group: "look",
      name: engine === "gbm" ? "Calibrated cone" : "Brownian cone",
      also: "engine shape",
      key: "E",
      run: turnEngine,
    },
  ];
}

/** The commands that have all the words of a text, those whose name begins with it first. */
export function found(commands: readonly Command[], text: string): Command[] {
  const sought = text.trim().toLowerCase();
  const words = sought.split(/\s+/);
  const begins = ({ name }: Command) => name.toLowerCase().startsWith(sought);
  return commands
    .filter(({ group, name, also = "" }) => {
      const said = `${group} ${name} ${also}`.toLowerCase();
      return words.every((word) => said.includes(word));
    })
    .toSorted((a, b) => Number(begins(b)) - Number(begins(a)));
}
