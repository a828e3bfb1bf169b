import { ExplanationPanel } from "../panels/ExplanationPanel";
import { ForecastPanel } from "../panels/ForecastPanel";
import { Notices } from "../panels/Notices";
import { RecordStrip } from "../panels/RecordStrip";
import { RecordView } from "../panels/RecordView";
import { useView } from "../state/view";
import styles from "./App.module.css";

/** The one screen: chart, forecast and reasons beside it, the record beneath. */
export function App() {
  const dialog = useView((view) => view.dialog);
  return (
    <div className={styles.shell}>
      <header className={styles.header} />
      <main className={styles.chart} />
      <aside className={styles.side} aria-label="Forecast and its reasons">
        <ForecastPanel />
        <ExplanationPanel />
      </aside>
      <footer className={styles.strip}>
        <RecordStrip />
      </footer>
      <Notices />
      {dialog === "record" && <RecordView />}
    </div>
  );
}
