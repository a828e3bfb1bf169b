import { beforeEach, expect, test } from "vitest";
import { DEFAULT_VIEW, useView } from "../state/view";
import { commandsOf, found } from "./commands";
import { actionOf } from "./keys";

beforeEach(() => useView.setState(DEFAULT_VIEW, true));

const all = () =>
  commandsOf({
    view: useView.getState(),
    markets: ["BTC", "ETH"],
    resolutions: ["5m", "1h", "4h"],
  });
const names = (text: string) => found(all(), text).map(({ group, name }) => `${group} ${name}`);

test("no two commands have the same name", () => {
  const named = names("");
  expect(new Set(named).size).toBe(named.length);
});

test("a command is found by words of its kind, its name and others for it", () => {
  expect(names("eth")).toEqual(["market ETH"]);
  expect(names("horizon 7")).toEqual(["horizon 7 days"]);
  expect(names("3D")).toEqual(["horizon 3 days"]);
  expect(names("palette")).toEqual(["look Green and red"]);
  expect(names("no such thing")).toEqual([]);
});

test("those that begin with what is typed come first", () => {
  expect(names("e").slice(0, 2)).toEqual(["market ETH", "layer EMA 9 and 21"]);
  expect(names("rec")[0]).toBe("open Record");
});

test("a command does what the key beside it does", () => {
  for (const { key, name, run } of all()) {
    if (key === undefined) continue;
    useView.setState(DEFAULT_VIEW, true);
    run();
    const after = useView.getState();
    useView.setState(DEFAULT_VIEW, true);
    actionOf(key)?.();
    expect(useView.getState(), name).toEqual(after);
  }
});

test("what is shown now is marked", () => {
  const on = all().filter((command) => command.on === true);
  expect(on.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["BTC", "24 hours", "1h", "Cone"]),
  );
  expect(on.map(({ name }) => name)).not.toContain("VWAP");
});

test("another market begins at its newest bar", () => {
  useView.setState({ range: [1, 2] as never, pinned: 3 as never });
  all()
    .find(({ name }) => name === "ETH")
    ?.run();
  expect(useView.getState()).toMatchObject({ asset: "ETH", range: null, pinned: null });
});
