import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import { seconds } from "../lib/brand";
import { DEFAULT_VIEW, HORIZONS, useView } from "../state/view";
import { useKeys } from "./keys";

function Keys() {
  useKeys();
  return <input aria-label="field" />;
}

beforeEach(() => useView.setState(DEFAULT_VIEW, true));

test("digits choose the horizon", async () => {
  render(<Keys />);
  for (const [i, hours] of HORIZONS.entries()) {
    await userEvent.keyboard(String(i + 1));
    expect(useView.getState().horizon).toBe(hours);
  }
  await userEvent.keyboard("7");
  expect(useView.getState().horizon).toBe(168);
});

test("letters open what they name, and close it again", async () => {
  render(<Keys />);
  await userEvent.keyboard("l");
  expect(useView.getState().dialog).toBe("layers");
  await userEvent.keyboard("l");
  expect(useView.getState().dialog).toBeNull();
});

test("Escape closes first and lets go of a bar then", async () => {
  render(<Keys />);
  useView.setState({ dialog: "symbol", pinned: seconds(3600) });
  await userEvent.keyboard("{Escape}");
  expect(useView.getState()).toMatchObject({ dialog: null, pinned: 3600 });
  await userEvent.keyboard("{Escape}");
  expect(useView.getState().pinned).toBeNull();
});

test("what is typed into a field is no command", async () => {
  const { getByLabelText } = render(<Keys />);
  await userEvent.type(getByLabelText("field"), "1l?");
  expect(useView.getState()).toMatchObject({ horizon: 24, dialog: null });
});

test("Ctrl K calls the commands from anywhere, and puts them away", async () => {
  const { getByLabelText } = render(<Keys />);
  await userEvent.click(getByLabelText("field"));
  await userEvent.keyboard("{Control>}k{/Control}");
  expect(useView.getState().dialog).toBe("commands");
  await userEvent.keyboard("{Meta>}k{/Meta}");
  expect(useView.getState().dialog).toBeNull();
});
