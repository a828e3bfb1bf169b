import type { Bar } from "../lib/bars";
import { measurePaint } from "../lib/paint";
import type { ChartView } from "./view";

declare global {
  interface Window {
    /** For benchmarks and tests of the page. */
    __barograph?: {
      /** Milliseconds from data to paint of a chart of that many bars. */
      paint: (bars: number) => Promise<number>;
      measures: () => { name: string; duration: number }[];
      /** Ask for the page before. */
      older: () => void;
      /** What the chart holds now. */
      bars: () => readonly Bar[];
      visible: () => { from: number; to: number } | null;
    };
  }
}

/** Put the hooks of benchmarks on the page; returns how to take them off. */
export function expose(
  view: ChartView,
  current: () => readonly Bar[],
  step: () => number,
  older: () => void,
) {
  window.__barograph = {
    paint: async (count) => {
      const bars = current();
      if (bars.length < count)
        throw new Error(`${bars.length} bars are loaded, ${count} are wanted`);
      const name = `barograph:paint:${count}`;
      performance.clearMeasures(name);
      const start = performance.now();
      view.setBars(bars.slice(-count), step());
      view.chart.timeScale().fitContent();
      measurePaint(name, start);
      await new Promise((resolve) => setTimeout(resolve, 300));
      view.setBars(bars, step());
      return performance.getEntriesByName(name, "measure").at(-1)?.duration ?? NaN;
    },
    measures: () =>
      performance
        .getEntriesByType("measure")
        .filter((entry) => entry.name.startsWith("barograph:"))
        .map(({ name, duration }) => ({ name, duration })),
    older,
    bars: current,
    visible: () => view.visible(),
  };
  return () => {
    delete window.__barograph;
  };
}
