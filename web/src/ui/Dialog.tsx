import { useLayoutEffect, useRef, type ReactNode } from "react";
import styles from "./Dialog.module.css";

/**
 * A modal dialog: the browser's own, so that focus stays within and Esc closes it.
 * `onClose` is asked to take it off the page, however that was wished.
 */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}) {
  const { title, onClose, wide = false, children } = props;
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return undefined;
    // jsdom has no showModal; there the content is what matters.
    if (typeof dialog.showModal !== "function") {
      dialog.setAttribute("open", "");
      return undefined;
    }
    if (!dialog.open) dialog.showModal();
    // Closed before it leaves the page: the focus goes back to where it came from.
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={wide ? `${styles.dialog} ${styles.wide}` : styles.dialog}
      aria-label={title}
      // At once: the close event comes a task later, and keys pressed between the two would find a
      // dialog that is closed on the screen and open in the state.
      onCancel={onClose}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div className={styles.body}>
        <header className={styles.head}>
          <h2>{title}</h2>
          <button type="button" onClick={onClose}>
            <span className="hidden-visually">Close </span>
            <kbd>Esc</kbd>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
