/** Slot; drawn by the panels' owner. */
export function ForecastPanel() {
  return null;
}
