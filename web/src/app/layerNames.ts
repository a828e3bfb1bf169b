import type { LayerName } from "../state/view";

/** What each layer is called and shows, in the order of their list. */
export const LAYER_NAMES: Record<LayerName, readonly [name: string, shows: string]> = {
  cone: ["Cone", "median and the bands of two thirds and of 19 in 20 outcomes"],
  ghosts: ["Past cones", "what was believed, and whether it held; also G"],
  profile: ["Volume by price", "of the bars on screen, at the right edge; bought and sold"],
  levels: ["Support and resistance", "prices at which the market turned, with how often"],
  vwap: ["VWAP", "average price by volume since midnight UTC"],
  ema: ["EMA 9 and 21", "exponential averages of the close"],
  volume: ["Volume", "pane under the price"],
  volatility: ["Volatility", "forecast against realised, pane under the price"],
};
