/** Slot; drawn by the panels' owner. */
export function Notices() {
  return null;
}
