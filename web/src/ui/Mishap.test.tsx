import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Mishap } from "./Mishap";

// React tells the console of every error, also of those that were caught.
beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

function Broken(): never {
  throw new Error("no such chunk");
}

it("says in its place what is missing, and the rest of the page stays", () => {
  render(
    <>
      <Mishap what="The chart">
        <Broken />
      </Mishap>
      <p>the forecast</p>
    </>,
  );
  expect(screen.getByRole("alert").textContent).toContain("The chart cannot be shown");
  expect(screen.getByRole("button", { name: "Load the page again" })).toBeTruthy();
  expect(screen.getByText("the forecast")).toBeTruthy();
});

it("can be done without where that makes sense", async () => {
  const close = vi.fn();
  render(
    <Mishap what="This page" onClose={close}>
      <Broken />
    </Mishap>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Close" }));
  expect(close).toHaveBeenCalledOnce();
});

it("is not there while nothing fails", () => {
  render(<Mishap what="The chart">candles</Mishap>);
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.getByText("candles")).toBeTruthy();
});
