import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import styles from "./Tips.module.css";

interface Shown {
  text: string;
  x: number;
  y: number;
  below: boolean;
}

/** Shows the words in `data-tip` of whatever is under the pointer or has the focus. */
export function Tips() {
  const [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => {
    const follow = (event: Event) => setShown(tipOf(event.target));
    const hide = () => setShown(null);
    // A finger cannot hover: its tap asks.
    const press = (event: PointerEvent) => (event.pointerType === "touch" ? follow(event) : hide());
    document.addEventListener("pointerover", follow);
    document.addEventListener("focusin", follow);
    document.addEventListener("focusout", hide);
    document.addEventListener("scroll", hide, true);
    document.addEventListener("pointerdown", press);
    return () => {
      document.removeEventListener("pointerover", follow);
      document.removeEventListener("focusin", follow);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("scroll", hide, true);
      document.removeEventListener("pointerdown", press);
    };
  }, []);
  if (shown === null) return null;
  return createPortal(
    <div
      ref={raise}
      popover="manual"
      role="tooltip"
      className={styles.tip}
      data-below={shown.below}
      style={{ left: shown.x, top: shown.y }}
    >
      {shown.text}
    </div>,
    document.body,
  );
}

/** Above everything, open dialogs too; where the browser has no popovers it stays in the page. */
function raise(element: HTMLElement | null): void {
  if (element !== null && typeof element.showPopover === "function") element.showPopover();
}

const HALF = 130;

function tipOf(target: EventTarget | null): Shown | null {
  if (!(target instanceof Element)) return null;
  const element = target.closest("[data-tip]");
  const text = element?.getAttribute("data-tip");
  if (element === null || text === null || text === undefined || text === "") return null;
  const box = element.getBoundingClientRect();
  const below = box.top < 90;
  return {
    text,
    x: Math.min(Math.max(box.left + box.width / 2, HALF), window.innerWidth - HALF),
    y: below ? box.bottom + 6 : box.top - 6,
    below,
  };
}
