/** Slot; drawn by the panels' owner. */
export function HelpContent() {
  return null;
}
