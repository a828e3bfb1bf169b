import { memo, useLayoutEffect } from "react";
import { ApiError } from "../api/client";
import type { Prediction } from "../api/types";
import * as format from "../lib/format";
import { measurePaint } from "../lib/paint";
import { trouble } from "../lib/reasons";
import { Announcement } from "./forecast/Announcement";
import { DistributionPlot } from "./forecast/DistributionPlot";
import { Facts } from "./forecast/Facts";
import { Headline } from "./forecast/Headline";
import { Horizons } from "./forecast/Horizons";
import { Waiting } from "./forecast/Waiting";
import { useLive } from "../state/live";
import styles from "./ForecastPanel.module.css";
import { useFrameLater, usePrediction, usePredictions, useTrouble } from "./hooks";

/** Where price may go from the newest bar on, for the chosen horizon and all others. */
export function ForecastPanel() {
  const answer = usePrediction();
  const { isPending } = answer;
  const data = useFrameLater(answer.data);
  const error = useTrouble(answer);
  const prediction = data ?? lastGood(error);
  useMeasure(data);
  // While nothing is heard at all a notice says so, once for the whole screen.
  const silent = useLive((live) => live.lostSince !== null);
  return (
    <section
      className={styles.panel}
      aria-label="Forecast"
      aria-busy={isPending}
      data-doubt={prediction === null ? "none" : doubt(prediction, error)}
    >
      <Announcement prediction={data ?? null} />
      {error !== null && prediction !== null && !silent && (
        <Problem error={error} prediction={prediction} />
      )}
      {prediction === null ? (
        <Waiting error={error} />
      ) : (
        <div className={styles.content}>
          <Headline prediction={prediction} />
          <DistributionPlot key={prediction.asset} prediction={prediction} />
          <Facts prediction={prediction} />
        </div>
      )}
      <All />
    </section>
  );
}

const All = memo(function All() {
  return <Horizons predictions={useFrameLater(usePredictions())} />;
});

/** Measure how soon each new forecast is painted; asking again for the same is none. */
function useMeasure(prediction: Prediction | undefined): void {
  const { symbol, horizon_hours, as_of } = prediction ?? {};
  useLayoutEffect(() => {
    if (as_of !== undefined) measurePaint("barograph:panel", performance.now());
  }, [symbol, horizon_hours, as_of]);
}

function Problem({ error, prediction }: { error: Error; prediction: Prediction }) {
  const { title, next } = trouble(error);
  return (
    <p className={styles.problem} role="status">
      <strong>{title}.</strong> This is the last good forecast, of {format.when(prediction.as_of)}.{" "}
      {next}
    </p>
  );
}

/** The forecast that a failed answer brings along; null where there never was one. */
function lastGood(error: Error | null): Prediction | null {
  return error instanceof ApiError ? (error.failure?.fallback.last_prediction ?? null) : null;
}

/** How the figures look: as they should, greyed, or dashed. */
function doubt(prediction: Prediction, error: Error | null): "none" | "stale" | "unreliable" {
  if (prediction.truth.stale || error !== null) return "stale";
  return prediction.truth.unreliable ? "unreliable" : "none";
}
