/** Slot; drawn by the panels' owner. */
export function RecordView() {
  return null;
}
