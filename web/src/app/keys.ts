import { useEffect } from "react";
import { HORIZONS, show, toggleLayer, useView, type Dialog } from "../state/view";

const toggle = (dialog: Dialog) =>
  show({ dialog: useView.getState().dialog === dialog ? null : dialog });

const turn = () => show({ theme: useView.getState().theme === "dark" ? "light" : "dark" });

const KEYS: Record<string, () => void> = {
  "?": () => toggle("help"),
  "/": () => toggle("symbol"),
  l: () => toggle("layers"),
  s: () => toggle("record"),
  t: turn,
  g: () => toggleLayer("ghosts"),
  e: () => show({ engine: useView.getState().engine === "gbm" ? "calibrated" : "gbm" }),
};

/** What a key does, or null; digits choose the horizon, Esc closes and then releases. */
export function actionOf(key: string): (() => void) | null {
  const horizon = HORIZONS[Number(key) - 1];
  if (/^[1-9]$/.test(key) && horizon !== undefined) return () => show({ horizon });
  if (key === "Escape") {
    const { dialog, sheet } = useView.getState();
    if (dialog !== null) return () => show({ dialog: null });
    if (sheet) return () => show({ sheet: false });
    return () => show({ pinned: null, hovered: null });
  }
  return KEYS[key.toLowerCase()] ?? null;
}

const writes = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Single keys for the whole terminal, except while something is being typed. */
export function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      // An open dialog closes itself on Esc, and has keys of its own.
      if (document.querySelector("dialog[open]") !== null) {
        if (event.key !== "?" && event.key !== "Escape") return;
      }
      if (writes(event.target)) return;
      const action = actionOf(event.key);
      if (action === null) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
