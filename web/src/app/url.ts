import { seconds } from "../lib/brand";
import {
  DEFAULT_VIEW,
  HORIZONS,
  LAYERS,
  RESOLUTIONS,
  show,
  useView,
  type View,
} from "../state/view";

const KEY = "barograph";

/** How each part of a view is read from a word of the link; undefined where it says nonsense. */
const READERS: { [Part in keyof View]?: (query: URLSearchParams) => View[Part] | undefined } = {
  asset: (query) => {
    const asset = query.get("asset")?.toUpperCase() ?? "";
    return /^[A-Z0-9]{1,12}$/.test(asset) ? asset : undefined;
  },
  resolution: (query) => RESOLUTIONS.find((one) => one === query.get("resolution")),
  horizon: (query) => HORIZONS.find((one) => String(one) === query.get("horizon")),
  engine: (query) => oneOf(query.get("engine"), ["calibrated", "gbm"]),
  theme: (query) => oneOf(query.get("theme"), ["dark", "light"]),
  palette: (query) => oneOf(query.get("palette"), ["blue_orange", "green_red"]),
  layers: (query) => {
    const words = query.get("layers")?.split(".");
    return words === undefined
      ? undefined
      : new Set(LAYERS.filter((layer) => words.includes(layer)));
  },
  range: (query) => {
    const [from = 0, to = 0] = ["from", "to"].map((name) => Number(query.get(name)));
    return from > 0 && to > from ? [seconds(from), seconds(to)] : undefined;
  },
  pinned: (query) => {
    const at = Number(query.get("at"));
    return Number.isInteger(at) && at > 0 ? seconds(at) : undefined;
  },
  dialog: (query) => (query.get("view") === "record" ? "record" : undefined),
};

const oneOf = <Word extends string>(word: string | null, words: readonly Word[]) =>
  words.find((one) => one === word);

/** The part of a view that a link can carry; what it does not say, or says wrongly, is left out. */
export function parseView(search: string): Partial<View> {
  const query = new URLSearchParams(search);
  const read = Object.entries(READERS).map(([part, reader]) => [part, reader(query)] as const);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** The link of a view; what is as by default is left out. */
export function formatView(view: View): string {
  const query = new URLSearchParams();
  for (const name of ["asset", "resolution", "horizon", "engine", "theme", "palette"] as const) {
    if (view[name] !== DEFAULT_VIEW[name]) query.set(name, String(view[name]));
  }
  const layers = LAYERS.filter((layer) => view.layers.has(layer));
  if (layers.join() !== LAYERS.filter((layer) => DEFAULT_VIEW.layers.has(layer)).join()) {
    query.set("layers", layers.join("."));
  }
  if (view.range !== null) {
    query.set("from", String(view.range[0]));
    query.set("to", String(view.range[1]));
  }
  if (view.pinned !== null) query.set("at", String(view.pinned));
  if (view.dialog === "record") query.set("view", "record");
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** Theme and palette of the last visit, else what the system prefers. */
function remembered(): Partial<View> {
  try {
    return parseView(localStorage.getItem(KEY) ?? "");
  } catch {
    return {}; // storage is switched off
  }
}

/** Show what the link says, and keep the link and the page's theme in step from now on. */
export function bindUrl(): () => void {
  const light = globalThis.matchMedia("(prefers-color-scheme: light)").matches;
  show({ theme: light ? "light" : "dark", ...remembered(), ...parseView(location.search) });
  const write = (view: View) => {
    document.documentElement.dataset["theme"] = view.theme;
    document.documentElement.dataset["palette"] = view.palette;
    const link = location.pathname + formatView(view);
    if (link !== location.pathname + location.search) history.replaceState(null, "", link);
    try {
      const { theme, palette } = view;
      localStorage.setItem(KEY, new URLSearchParams({ theme, palette }).toString());
    } catch {
      // storage is switched off: the theme is chosen anew next time
    }
  };
  write(useView.getState());
  // Moving along the bars changes the view with every bar; the link does not carry it.
  return useView.subscribe((view, before) => {
    if (view.hovered === before.hovered && view !== before) write(view);
  });
}
