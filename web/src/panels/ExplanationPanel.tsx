/** Slot; drawn by the panels' owner. */
export function ExplanationPanel() {
  return null;
}
