import { create } from "zustand";
import type { Engine, Resolution } from "../api/types";
import type { Seconds } from "../lib/brand";

/** Drawings that can be switched on and off; each is a word in the URL. */
export const LAYERS = [
  "volume",
  "cone",
  "ghosts",
  "profile",
  "levels",
  "vwap",
  "ema",
  "volatility",
] as const;
export type LayerName = (typeof LAYERS)[number];

export const HORIZONS = [1, 4, 8, 24, 72, 168] as const;
export const RESOLUTIONS: readonly Resolution[] = ["1m", "5m", "15m", "30m", "1h", "4h", "1d"];

export type Theme = "dark" | "light";
export type Palette = "blue_orange" | "green_red";
export type Dialog = "help" | "record" | "symbol" | "layers" | "commands" | null;

/** What is looked at. All but `hovered`, `dialog` and `sheet` lives in the URL (app/url.ts). */
export interface View {
  asset: string;
  resolution: Resolution;
  horizon: number;
  engine: Engine;
  layers: ReadonlySet<LayerName>;
  theme: Theme;
  palette: Palette;
  /** First and last second on screen; null follows the newest bar. */
  range: readonly [Seconds, Seconds] | null;
  /** End of the hour (as_of of its forecast) under the crosshair. */
  hovered: Seconds | null;
  /** The same, held by a click until Esc. */
  pinned: Seconds | null;
  dialog: Dialog;
  /** Whether the forecast sheet of the phone layout is open. */
  sheet: boolean;
}

export const DEFAULT_VIEW: View = {
  asset: "BTC",
  resolution: "1h",
  horizon: 24,
  engine: "calibrated",
  layers: new Set<LayerName>(["volume", "cone", "ghosts", "profile", "levels"]),
  theme: "dark",
  palette: "blue_orange",
  range: null,
  hovered: null,
  pinned: null,
  dialog: null,
  sheet: false,
};

/** The view; read slices: `useView((view) => view.horizon)`. Change it with the functions below. */
export const useView = create<View>()(() => DEFAULT_VIEW);

/** Change what is looked at. */
export const show = (change: Partial<View>): void => {
  useView.setState(change);
};

/** Switch a layer. */
export const toggleLayer = (layer: LayerName): void => {
  useView.setState(({ layers }) => {
    const next = new Set(layers);
    if (!next.delete(layer)) next.add(layer);
    return { layers: next };
  });
};

/** The hour whose belief is to be explained: pinned, else hovered, else null for the newest. */
export const useSelected = (): Seconds | null => useView((view) => view.pinned ?? view.hovered);
