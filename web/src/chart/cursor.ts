import { create } from "zustand";
import type { Bar } from "../lib/bars";

/** What the crosshair points at: a bar, a time ahead of the newest bar, or nothing. */
export interface Cursor {
  bar: Bar | null;
  /** Close before `bar`, for its change. */
  before: number | null;
  /** Opening time of a bar to come. */
  ahead: number | null;
  /** Values of the lines at the bar, by name. */
  lines: Record<string, number | null>;
}

export const NOWHERE: Cursor = { bar: null, before: null, ahead: null, lines: {} };

/** Changes with every move of the pointer: only the legend reads it. */
export const useCursor = create<Cursor>()(() => NOWHERE);
