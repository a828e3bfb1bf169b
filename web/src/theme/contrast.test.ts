import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync("src/theme/tokens.css", "utf8");

/** Variables of the blocks whose selector holds every word, later ones winning. */
function tokens(theme: string, palette: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, selector = "", body = ""] of css.matchAll(/([^{}]+)\{([^}]*)\}/g)) {
    const applies = selector.split(",").some((one) => {
      const wanted = [...one.matchAll(/\[data-(theme|palette)="(\w+)"\]/g)];
      return wanted.every(([, name, value]) => value === (name === "theme" ? theme : palette));
    });
    if (!applies) continue;
    for (const [, name = "", value = ""] of body.matchAll(/(--[\w-]+):\s*([^;]+);/g)) {
      found[name] = value.trim();
    }
  }
  return found;
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const TEXTS = ["text", "text-2", "text-3", "accent-text", "up", "down", "warn", "bad", "good"];
const THEMES = ["dark", "light"].flatMap((theme) =>
  ["blue_orange", "green_red"].map((palette) => [theme, palette] as const),
);

describe.each(THEMES)("%s, %s", (theme, palette) => {
  const found = tokens(theme, palette);
  test.each(TEXTS)("--%s is legible on every surface", (text) => {
    for (const surface of ["panel", "raised", "bg"]) {
      const ratio = contrast(found[`--${text}`] ?? "", found[`--${surface}`] ?? "");
      expect(ratio, `--${text} on --${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });
  test("outcomes are told apart by lightness or hue at 3 : 1 from the ground", () => {
    for (const mark of ["hit", "near", "miss"]) {
      expect(contrast(found[`--${mark}`] ?? "", found["--panel"] ?? "")).toBeGreaterThanOrEqual(3);
    }
  });
});
