import styles from "./Figure.module.css";

interface Props {
  /** The number as it is written, unit and all. */
  children: string;
  /** Unit, time and freshness in words, shown on hover. */
  tip?: string;
  className?: string | undefined;
}

/** A number: one face, aligned, and fading in when it changes. */
export function Figure({ children, tip, className = "" }: Props) {
  return (
    <span className={`num ${className}`} data-tip={tip}>
      <span key={children} className={styles.fresh}>
        {children}
      </span>
    </span>
  );
}

/** A grey block of the size of what is to come. */
export function Blank({ width, height = 12 }: { width: number | string; height?: number }) {
  return <span className={`skeleton ${styles.blank}`} style={{ width, height }} aria-hidden />;
}
