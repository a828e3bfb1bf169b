import {
  memo,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type PointerEvent,
} from "react";
import type { Prediction } from "../../api/types";
import { chanceAbove, distribution, priceAt, type Distribution } from "../../lib/distribution";
import * as format from "../../lib/format";
import { useLastPrice, useWidth } from "../hooks";
import { ChanceWords } from "./ChanceWords";
import styles from "./DistributionPlot.module.css";
import { frame, outline, outlying, roundLevel, step, type Frame } from "./plot";

/** The distribution of the price at the horizon, and the chance above a level one can drag. */
export const DistributionPlot = memo(function DistributionPlot({
  prediction,
}: {
  prediction: Prediction;
}) {
  const { price, quantiles } = prediction;
  const dist = useMemo(() => distribution(price, quantiles), [price, quantiles]);
  const [chosen, setChosen] = useState<number | null>(null);
  if (dist === null) {
    return <p className={styles.none}>The quantiles of this forecast make no distribution.</p>;
  }
  const level = chosen ?? roundLevel(priceAt(dist, 0.78), dist);
  return (
    <figure className={styles.figure}>
      <ChanceWords
        level={level}
        above={chanceAbove(dist, level)}
        hours={prediction.horizon_hours}
        until={prediction.target_time}
        onLevel={setChosen}
      />
      <Plot dist={dist} level={level} onLevel={setChosen} />
    </figure>
  );
});

interface PlotProps {
  dist: Distribution;
  level: number;
  onLevel: (level: number) => void;
}

function Plot({ dist, level, onLevel }: PlotProps) {
  const live = useLastPrice();
  const [box, width] = useWidth(340);
  const svg = useRef<SVGSVGElement>(null);
  const far = outlying(dist, live);
  const view = useMemo(() => frame(dist, width, far), [dist, width, far]);
  const shown = view.clamp(level);

  const drag = (event: PointerEvent<SVGSVGElement>) => {
    if (event.type === "pointerdown") event.currentTarget.setPointerCapture(event.pointerId);
    else if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const left = event.currentTarget.getBoundingClientRect().left;
    const unit = step(dist) / 5;
    onLevel(view.clamp(Math.round(view.price(event.clientX - left) / unit) * unit));
  };

  return (
    <div ref={box} className={styles.box}>
      <svg
        ref={svg}
        width={width}
        height={view.height}
        className={styles.plot}
        onPointerDown={drag}
        onPointerMove={drag}
      >
        <Shape view={view} dist={dist} level={shown} />
        <Interval view={view} dist={dist} />
        <Now view={view} price={live ?? dist.price} level={shown} />
        <Odds view={view} level={shown} above={chanceAbove(dist, level)} />
        <Handle
          view={view}
          dist={dist}
          level={shown}
          onLevel={(next) => onLevel(view.clamp(next))}
        />
      </svg>
    </div>
  );
}

/** The density; what lies above the level is fuller. */
const Shape = memo(function Shape(props: { view: Frame; dist: Distribution; level: number }) {
  const { view, dist, level } = props;
  const id = useId();
  const path = useMemo(() => outline(view, dist), [view, dist]);
  const x = view.x(level);
  return (
    <g>
      <clipPath id={id}>
        <rect x={x} y={0} width={Math.max(0, view.width - x)} height={view.base} />
      </clipPath>
      <path d={path.area} className={styles.area} />
      <path d={path.area} className={styles.above} clipPath={`url(#${id})`} />
      <path d={path.line} className={styles.curve} />
      <line x1={0} x2={view.width} y1={view.base} y2={view.base} className={styles.axis} />
    </g>
  );
});

/** Both bands and the median under the curve, with their prices. */
const Interval = memo(function Interval({ view, dist }: { view: Frame; dist: Distribution }) {
  const at = (probability: number) => view.x(priceAt(dist, probability));
  const y = view.base + 9;
  const price = (probability: number) => priceAt(dist, probability);
  const inner = [price(0.159), price(0.841)];
  const placed = view.labels([price(0.5), price(0.023), price(0.977), ...inner]);
  // The inner two in pairs: one alone would look like another band.
  const pair = inner.every((edge) => placed.some((label) => label.price === edge));
  const marks = placed.filter((label) => pair || !inner.includes(label.price));
  return (
    <g>
      <rect
        className={styles.two}
        x={at(0.023)}
        width={at(0.977) - at(0.023)}
        y={y - 2}
        height={4}
      />
      <rect
        className={styles.one}
        x={at(0.159)}
        width={at(0.841) - at(0.159)}
        y={y - 4}
        height={8}
      />
      <rect className={styles.median} x={at(0.5) - 1} width={2} y={y - 6} height={12} />
      {marks.map(({ price, x, text }) => (
        <text key={price} x={x} y={y + 19} className={styles.tick} textAnchor="middle">
          {text}
        </text>
      ))}
    </g>
  );
});

/** The chance as people picture it, on the side where the curve leaves room. */
function Odds({ view, level, above }: { view: Frame; level: number; above: number }) {
  const right = view.x(level) < view.width * 0.62;
  return (
    <text
      x={right ? view.width : 0}
      y={view.top + 10}
      className={styles.odds}
      textAnchor={right ? "end" : "start"}
    >
      {format.odds(above)}
    </text>
  );
}

/** Where price is. */
function Now({ view, price, level }: { view: Frame; price: number; level: number }) {
  const x = view.x(view.clamp(price));
  const right = level < price ? x < view.width - 30 : x < 30;
  return (
    <g>
      <line x1={x} x2={x} y1={view.top - 13} y2={view.base} className={styles.now} />
      <text
        x={x + (right ? 4 : -4)}
        y={view.top - 5}
        className={styles.tick}
        textAnchor={right ? "start" : "end"}
      >
        now
      </text>
    </g>
  );
}

interface HandleProps {
  view: Frame;
  dist: Distribution;
  level: number;
  onLevel: (level: number) => void;
}

function Handle({ view, dist, level, onLevel }: HandleProps) {
  const x = view.x(level);
  const text = `${format.price(level, format.priceDigits(dist.price))}: ${format.chance(chanceAbove(dist, level))} above`;
  return (
    <g
      role="slider"
      tabIndex={0}
      className={styles.handle}
      aria-label="Level"
      aria-orientation="horizontal"
      aria-valuemin={view.low}
      aria-valuemax={view.high}
      aria-valuenow={level}
      aria-valuetext={text}
      onKeyDown={(event) => onKey(event, { view, dist, level, onLevel })}
    >
      <line x1={x} x2={x} y1={view.top - 8} y2={view.base} />
      <circle cx={x} cy={view.top - 8} r={6} />
      <rect x={x - 16} y={0} width={32} height={view.base + 8} className={styles.grab} />
    </g>
  );
}

/** Arrows move by a round step, page keys by ten, Home and End to the ends. */
function onKey(event: KeyboardEvent, { view, dist, level, onLevel }: HandleProps): void {
  const unit = step(dist);
  const next = {
    ArrowRight: level + unit,
    ArrowUp: level + unit,
    ArrowLeft: level - unit,
    ArrowDown: level - unit,
    PageUp: level + 10 * unit,
    PageDown: level - 10 * unit,
    Home: view.low,
    End: view.high,
  }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  const onGrid =
    event.key === "Home" || event.key === "End" ? next : Math.round(next / unit) * unit;
  onLevel(onGrid);
}
