/** The colours of the theme as the canvas needs them. */
export interface Colours {
  panel: string;
  line: string;
  lineStrong: string;
  text: string;
  text2: string;
  text3: string;
  accent: string;
  accentText: string;
  up: string;
  down: string;
  hit: string;
  near: string;
  miss: string;
  sepia: string;
  vwap: string;
  fast: string;
  slow: string;
  mono: string;
  sans: string;
}

const NAMES: Record<keyof Colours, string> = {
  panel: "--panel",
  line: "--line",
  lineStrong: "--line-strong",
  text: "--text",
  text2: "--text-2",
  text3: "--text-3",
  accent: "--accent",
  accentText: "--accent-text",
  up: "--up",
  down: "--down",
  hit: "--hit",
  near: "--near",
  miss: "--miss",
  sepia: "--sepia",
  vwap: "--vwap",
  fast: "--fast",
  slow: "--slow",
  mono: "--mono",
  sans: "--sans",
};

/** Read them off the page, where theme/tokens.css has set them. */
export function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    Object.entries(NAMES).map(([name, variable]) => [
      name,
      style.getPropertyValue(variable).trim() || "#888888",
    ]),
  ) as unknown as Colours;
}

/** A hex colour, long or short, with an opacity from 0 to 1. */
export function fade(hex: string, opacity: number): string {
  // Minified style sheets say #fff.
  const long = hex.length < 7 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex.slice(0, 7);
  const alpha = Math.round(Math.min(Math.max(opacity, 0), 1) * 255);
  return `${long}${alpha.toString(16).padStart(2, "0")}`;
}
