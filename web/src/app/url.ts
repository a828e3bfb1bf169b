import type { Resolution } from "../api/types";
import { seconds } from "../lib/brand";
import {
  DEFAULT_VIEW,
  HORIZONS,
  LAYERS,
  RESOLUTIONS,
  show,
  useView,
  type LayerName,
  type View,
} from "../state/view";

const KEY = "barograph";
const isLayer = (word: string): word is LayerName => (LAYERS as readonly string[]).includes(word);
const isResolution = (word: string): word is Resolution =>
  (RESOLUTIONS as readonly string[]).includes(word);

/** The part of a view that a link can carry; what it does not say, or says wrongly, is left out. */
export function parseView(search: string): Partial<View> {
  const query = new URLSearchParams(search);
  const view: Partial<View> = {};
  const asset = query.get("asset")?.toUpperCase();
  if (asset !== undefined && /^[A-Z0-9]{1,12}$/.test(asset)) view.asset = asset;
  const resolution = query.get("resolution") ?? "";
  if (isResolution(resolution)) view.resolution = resolution;
  const horizon = Number(query.get("horizon"));
  if ((HORIZONS as readonly number[]).includes(horizon)) view.horizon = horizon;
  const engine = query.get("engine");
  if (engine === "calibrated" || engine === "gbm") view.engine = engine;
  const layers = query.get("layers");
  if (layers !== null) view.layers = new Set(layers.split(".").filter(isLayer));
  const theme = query.get("theme");
  if (theme === "dark" || theme === "light") view.theme = theme;
  const palette = query.get("palette");
  if (palette === "blue_orange" || palette === "green_red") view.palette = palette;
  const [from, to] = ["from", "to"].map((name) => Number(query.get(name)));
  if (from !== undefined && to !== undefined && from > 0 && to > from) {
    view.range = [seconds(from), seconds(to)];
  }
  const at = Number(query.get("at"));
  if (Number.isInteger(at) && at > 0) view.pinned = seconds(at);
  if (query.get("view") === "record") view.dialog = "record";
  return view;
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
