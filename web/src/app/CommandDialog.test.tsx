import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { obstacles, page } from "../panels/fixtures";
import { useLive } from "../state/live";
import { useView } from "../state/view";
import { CommandDialog } from "./CommandDialog";

function open() {
  const { container } = page(<CommandDialog />);
  useView.setState({ dialog: "commands" });
  return { container, field: screen.getByRole("combobox", { name: "Find a command" }) };
}

const active = () => screen.getByRole("option", { selected: true }).textContent;

test("typing finds, Enter does it, and the dialog is gone", async () => {
  const { field } = open();
  expect(document.activeElement).toBe(field);
  await userEvent.type(field, "7 days{Enter}");
  expect(useView.getState()).toMatchObject({ horizon: 168, dialog: null });
});

test("arrow keys walk around the ends; the field knows where they are", async () => {
  const { field } = open();
  const [first] = screen.getAllByRole("option");
  expect(active()).toBe(first?.textContent);
  await userEvent.keyboard("{ArrowUp}");
  expect(active()).toBe(screen.getAllByRole("option").at(-1)?.textContent);
  await userEvent.keyboard("{ArrowDown}{ArrowDown}");
  expect(active()).toBe(screen.getAllByRole("option")[1]?.textContent);
  expect(field.getAttribute("aria-activedescendant")).toBe(
    screen.getByRole("option", { selected: true }).id,
  );
});

test("a click does it too, and may open another dialog", async () => {
  open();
  await userEvent.click(screen.getByRole("option", { name: /Record/ }));
  expect(useView.getState().dialog).toBe("record");
});

test("what was chosen stays chosen when markets arrive", async () => {
  open();
  await userEvent.keyboard("{ArrowUp}");
  const chosen = active();
  const market = { symbols: ["BTCUSDT", "ETHUSDT", "SOLUSDT"] };
  act(() => useLive.setState({ status: { heartbeat: null, market, assets: {} } as never }));
  expect(screen.getAllByRole("option", { name: /market/ })).toHaveLength(3);
  expect(active()).toBe(chosen);
});

test("where nothing is found it says so, and Enter does nothing", async () => {
  const { field } = open();
  expect(field.getAttribute("aria-controls")).toBe(screen.getByRole("listbox").id);
  await userEvent.type(field, "xyzzy{Enter}");
  expect(field.hasAttribute("aria-controls")).toBe(false);
  expect(screen.getByRole("status").textContent).toContain("No command");
  expect(useView.getState().dialog).toBe("commands");
});

test("can be used without eyes or mouse", async () => {
  const { container } = open();
  expect(await obstacles(container)).toEqual([]);
});
