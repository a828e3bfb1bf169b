import {
  ColorType,
  CrosshairMode,
  type ChartOptions,
  type DeepPartial,
  LineStyle,
  type CandlestickSeriesPartialOptions,
  type LineSeriesPartialOptions,
} from "lightweight-charts";
import { percent, price as priceText } from "../lib/format";
import { fade, type Colours } from "./colours";

const MARGINS = { top: 0.12, bottom: 0.08 };

/** The chart's own look, in the theme's colours. */
export function chartOptions(colours: Colours): DeepPartial<ChartOptions> {
  const face = getComputedStyle(document.documentElement).getPropertyValue("--mono").trim();
  const guide = { color: fade(colours.text3, 0.6), labelBackgroundColor: colours.lineStrong };
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colours.panel },
      textColor: colours.text2,
      fontFamily: face,
      fontSize: 11,
      // The licence asks for the mark of the chart's makers: it is in the help dialog and here.
      attributionLogo: true,
      panes: { separatorColor: colours.line, separatorHoverColor: colours.lineStrong },
    },
    grid: {
      vertLines: { color: fade(colours.line, 0.55) },
      horzLines: { color: fade(colours.line, 0.55) },
    },
    crosshair: { mode: CrosshairMode.Normal, vertLine: guide, horzLine: guide },
    rightPriceScale: { borderColor: colours.line, scaleMargins: MARGINS },
    timeScale: {
      borderColor: colours.line,
      timeVisible: true,
      secondsVisible: false,
      rightOffset: 10,
      minBarSpacing: 0.4,
      shiftVisibleRangeOnNewBar: true,
    },
    localization: { dateFormat: "dd MMM yyyy" },
    kineticScroll: { mouse: false, touch: true },
  };
}

/** Candles in the theme's pair of colours. */
export function candleOptions(colours: Colours): CandlestickSeriesPartialOptions {
  return {
    upColor: colours.up,
    downColor: colours.down,
    wickUpColor: fade(colours.up, 0.85),
    wickDownColor: fade(colours.down, 0.85),
    borderVisible: false,
    priceLineStyle: LineStyle.Dashed,
    priceFormat: { type: "custom", minMove: 1e-5, formatter: (value: number) => priceText(value) },
  };
}

export type LineName = "vwap" | "ema_9" | "ema_21" | "volatility_forecast" | "volatility_realised";

/** Of series that are read by the crosshair, not by a label at the axis. */
export const UNDERNEATH = { lastValueVisible: false, priceLineVisible: false } as const;

/** A line over price, or one of the volatility pane. */
export function lineOptions(name: LineName, colours: Colours): LineSeriesPartialOptions {
  const { vwap, fast, slow, accent, text2 } = colours;
  const shared = { ...UNDERNEATH, crosshairMarkerRadius: 3 };
  if (name === "volatility_forecast" || name === "volatility_realised") {
    const forecast = name === "volatility_forecast";
    const formatter = (value: number) => percent(value, 2);
    return {
      ...shared,
      color: forecast ? accent : text2,
      lineWidth: forecast ? 2 : 1,
      priceFormat: { type: "custom", minMove: 1e-5, formatter },
    };
  }
  const colour = { vwap, ema_9: fast, ema_21: slow }[name];
  return {
    ...shared,
    color: fade(colour, 0.9),
    lineWidth: 1,
    lineStyle: name === "vwap" ? LineStyle.Dashed : LineStyle.Solid,
    // Price decides the scale; a line far away does not flatten it.
    autoscaleInfoProvider: () => null,
  };
}
