/** Slot; drawn by the panels' owner. */
export function RecordStrip() {
  return null;
}
