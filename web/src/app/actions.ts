/** What keys, buttons and commands do to the view. */

import type { Resolution } from "../api/types";
import { show, useView, type Dialog } from "../state/view";

/** Look at a market; what was looked at of another one means nothing here. */
export function chooseMarket(asset: string): void {
  const other = asset !== useView.getState().asset;
  show({ asset, ...(other && { range: null, pinned: null, hovered: null }) });
}

export const chooseResolution = (resolution: Resolution): void => show({ resolution, range: null });

export const turnTheme = (): void =>
  show({ theme: useView.getState().theme === "dark" ? "light" : "dark" });

export const turnEngine = (): void =>
  show({ engine: useView.getState().engine === "gbm" ? "calibrated" : "gbm" });

/** Open a dialog, or close it where it is the one that is open. */
export const toggleDialog = (dialog: Dialog): void =>
  show({ dialog: useView.getState().dialog === dialog ? null : dialog });
