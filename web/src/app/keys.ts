import { useEffect } from "react";
import { HORIZONS, show, toggleLayer, useView } from "../state/view";
import { toggleDialog, turnEngine, turnTheme } from "./actions";

const KEYS: Record<string, () => void> = {
  "?": () => toggleDialog("help"),
  "/": () => toggleDialog("symbol"),
  l: () => toggleDialog("layers"),
  s: () => toggleDialog("record"),
  t: turnTheme,
  g: () => toggleLayer("ghosts"),
  e: turnEngine,
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

const callsCommands = (event: KeyboardEvent) =>
  (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";

/** Single keys for the whole terminal, except while something is being typed; Ctrl or ⌘ K always. */
export function useKeys(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (callsCommands(event)) {
        event.preventDefault();
        toggleDialog("commands");
        return;
      }
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
