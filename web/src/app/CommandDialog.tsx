import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { show, useView } from "../state/view";
import { Dialog } from "../ui/Dialog";
import styles from "./CommandDialog.module.css";
import { commandsOf, found, type Command } from "./commands";
import { useMarkets, useResolutions } from "./offered";

const close = () => show({ dialog: null });

/** What tells a command from every other. */
const nameOf = ({ group, name }: Command) => `${group} ${name}`;

/** Rows that a page key moves by. */
const PAGE = 8;

/** Anything the terminal can do, by its name. */
export function CommandDialog() {
  const view = useView();
  const [markets, resolutions] = [useMarkets(), useResolutions()];
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const list = found(commandsOf({ view, markets, resolutions }), text);
  // Markets may arrive and move the rows: what was chosen stays chosen, else it is the first.
  const at = Math.max(
    list.findIndex((command) => nameOf(command) === chosen),
    0,
  );
  const choose = (command: Command | undefined) => setChosen(command ? nameOf(command) : null);
  const id = useId();
  const idOf = (i: number) => `${id}-${i}`;
  const active = list[at];

  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [id, at, text]);

  const press = (event: KeyboardEvent) => {
    const next = moved(event.key, at, list.length);
    if (next === null && event.key !== "Enter") return;
    event.preventDefault();
    if (next !== null) choose(list[next]);
    else if (active !== undefined) run(active);
  };

  return (
    <Dialog title="Commands" onClose={close}>
      <input
        ref={field}
        className={styles.field}
        role="combobox"
        aria-label="Find a command"
        aria-expanded={list.length > 0}
        aria-controls={list.length > 0 ? `${id}-list` : undefined}
        aria-activedescendant={active && idOf(at)}
        placeholder="market, horizon, layer …"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setChosen(null);
        }}
        onKeyDown={press}
      />
      {list.length > 0 ? (
        <ul id={`${id}-list`} className={styles.list} role="listbox" aria-label="Commands">
          {list.map((command, i) => (
            <li
              key={nameOf(command)}
              id={idOf(i)}
              className={styles.row}
              role="option"
              aria-selected={i === at}
              onPointerMove={() => choose(command)}
              onClick={() => run(command)}
            >
              <Words command={command} />
            </li>
          ))}
        </ul>
      ) : (
        <p className={styles.none} role="status">
          No command of that name.
        </p>
      )}
    </Dialog>
  );
}

function Words({ command: { group, name, key, on = false } }: { command: Command }) {
  return (
    <>
      <span className={styles.group}>{group}</span>
      <span>{name}</span>
      {on && (
        <span className={styles.on}>
          <span aria-hidden="true">✓</span>
          <span className="hidden-visually">, shown now</span>
        </span>
      )}
      {key !== undefined && <kbd className={styles.key}>{key}</kbd>}
    </>
  );
}

function run(command: Command): void {
  close();
  command.run();
}

/** The row a key leads to, around the ends for arrows; null for every other key. */
function moved(key: string, at: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at - 1 + count) % count;
    case "PageDown":
      return Math.min(at + PAGE, count - 1);
    case "PageUp":
      return Math.max(at - PAGE, 0);
    default:
      return null;
  }
}
