import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { progress, trouble } from "../../lib/reasons";
import { useLive } from "../../state/live";
import { startWords } from "../due";
import { Blank } from "../Figure";
import styles from "./Waiting.module.css";

/** The shape of the forecast to come; words once it takes longer than a blink. */
export function Waiting({ error }: { error: Error | null }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={styles.waiting}>
      <Blank width="45%" height={11} />
      <Blank width="80%" height={24} />
      <Blank width="100%" height={6} />
      <div className={styles.plot}>
        {error === null ? (
          late && <Words title="Asking for the forecast…" />
        ) : (
          <Why error={error} />
        )}
      </div>
      <Blank width="100%" height={11} />
      <Blank width="92%" height={11} />
      <Blank width="96%" height={11} />
      <Blank width="60%" height={11} />
    </div>
  );
}

/** What stands between now and the first forecast, as the runner tells it. */
function Why({ error }: { error: Error }) {
  const status = useLive((live) => live.status);
  const { data } = useQuery(readiness);
  const { title, message, next } = trouble(error);
  const doing = startWords(status) ?? data?.waiting_for ?? null;
  const done = doing === null ? null : progress(doing);
  return (
    <Words title={title} detail={doing ?? message} next={next}>
      {done !== null && <progress className={styles.progress} value={done} aria-label={title} />}
    </Words>
  );
}

interface WordsProps {
  title: string;
  detail?: string;
  next?: string;
  children?: React.ReactNode;
}

function Words({ title, detail = "", next = "", children }: WordsProps) {
  return (
    <div className={styles.words} role="status">
      <strong>{title}</strong>
      {detail !== "" && <p>{detail}</p>}
      {children}
      {next !== "" && <p className={styles.next}>{next}</p>}
    </div>
  );
}

const readiness = {
  queryKey: ["ready"] as const,
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    // 503 is an answer here, not a failure: it says what is being waited for.
    const answer = await fetch("/ready", { signal });
    return (await answer.json()) as { ready?: boolean; waiting_for?: string | null };
  },
  refetchInterval: 3000,
  retry: false,
};
