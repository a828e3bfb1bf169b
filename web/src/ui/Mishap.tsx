import { Component, type ReactNode } from "react";
import styles from "./Mishap.module.css";

interface Props {
  /** What is missing where it fails, e.g. "The chart". */
  what: string;
  /** How to do without it, where that makes sense. */
  onClose?: () => void;
  children: ReactNode;
}

/**
 * Keeps a part that fails from taking the page along: says so in its place, and offers a new start.
 *
 * That may be a fault in the terminal, or code that did not arrive because the service was renewed.
 */
export class Mishap extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render(): ReactNode {
    const { what, onClose, children } = this.props;
    if (!this.state.failed) return children;
    return (
      <div className={styles.mishap} role="alert" data-over={onClose !== undefined}>
        <strong>{what} cannot be shown</strong>
        <p>A part of the terminal failed or did not arrive. The service itself goes on.</p>
        <p className={styles.choices}>
          <button type="button" onClick={() => location.reload()}>
            Load the page again
          </button>
          {onClose !== undefined && (
            <button type="button" onClick={onClose}>
              Close
            </button>
          )}
        </p>
      </div>
    );
  }
}
