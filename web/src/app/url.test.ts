import fc from "fast-check";
import { expect, test } from "vitest";
import { seconds } from "../lib/brand";
import { DEFAULT_VIEW, HORIZONS, LAYERS, RESOLUTIONS, type View } from "../state/view";
import { formatView, parseView } from "./url";

const views: fc.Arbitrary<View> = fc
  .record({
    asset: fc.constantFrom("BTC", "ETH"),
    resolution: fc.constantFrom(...RESOLUTIONS),
    horizon: fc.constantFrom(...HORIZONS),
    engine: fc.constantFrom("calibrated" as const, "gbm" as const),
    layers: fc.subarray([...LAYERS]),
    theme: fc.constantFrom("dark" as const, "light" as const),
    palette: fc.constantFrom("blue_orange" as const, "green_red" as const),
    from: fc.option(fc.integer({ min: 1, max: 1e9 })),
    pinned: fc.option(fc.integer({ min: 1, max: 2e9 })),
    record: fc.boolean(),
  })
  .map(({ from, pinned, layers, record, ...rest }) => ({
    ...DEFAULT_VIEW,
    ...rest,
    layers: new Set(layers),
    range: from === null ? null : [seconds(from), seconds(from + 3600)],
    pinned: pinned === null ? null : seconds(pinned),
    dialog: record ? "record" : null,
  }));

test("a link shows another reader the same view", () => {
  fc.assert(
    fc.property(views, (view) => {
      expect({ ...DEFAULT_VIEW, ...parseView(formatView(view)) }).toEqual(view);
    }),
  );
});

test("the plain view has a plain link", () => {
  expect(formatView(DEFAULT_VIEW)).toBe("");
});

test("nonsense in a link is passed over", () => {
  const link = "?asset=<b>&resolution=2h&horizon=0&layers=cone.nonsense&from=9&to=3&at=soon&x=1";
  expect(parseView(link)).toEqual({ layers: new Set(["cone"]) });
});

test("whatever stands in a link, nothing breaks", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => parseView(text)).not.toThrow();
    }),
  );
});
