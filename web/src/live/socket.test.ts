import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Feed, parse, waitBefore, type FeedMessage } from "./socket";

/** The browser's socket as far as the feed uses it; the test is the service. */
class Line {
  static open: Line[] = [];
  readyState = 0;
  sent: { op: string; topics?: string[]; resume?: number | null }[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor() {
    Line.open.push(this);
  }

  send(text: string) {
    this.sent.push(JSON.parse(text) as Line["sent"][number]);
  }

  close() {
    this.readyState = 3;
    this.onclose?.();
  }

  accept() {
    this.readyState = 1;
    this.onopen?.();
  }

  says(type: "snapshot" | "update", topic: string, seq: number) {
    this.onmessage?.({ data: JSON.stringify({ type, topic, seq, data: seq }) });
  }
}

const last = () => {
  const line = Line.open.at(-1);
  if (line === undefined) throw new Error("nothing was opened");
  return line;
};

function start() {
  const heard: FeedMessage[] = [];
  const states: string[] = [];
  const feed = new Feed({
    url: "ws://x/ws",
    onMessage: (message) => heard.push(message),
    onState: (state) => states.push(state),
    connect: () => new Line() as unknown as WebSocket,
    random: () => 1,
  });
  feed.start();
  feed.follow(["status", "candle:BTCUSDT:1h"]);
  return { feed, heard, states };
}

beforeEach(() => {
  vi.useFakeTimers();
  Line.open = [];
});
afterEach(() => void vi.useRealTimers());

test("the first subscription asks for snapshots", () => {
  start();
  last().accept();
  expect(last().sent).toEqual([
    { op: "subscribe", topics: ["status", "candle:BTCUSDT:1h"], resume: null },
  ]);
});

test("after a loss it asks for everything after what it saw last, within a second", () => {
  const { states } = start();
  last().accept();
  last().says("snapshot", "status", 40);
  last().says("update", "candle:BTCUSDT:1h", 43);
  last().close();
  expect(states.at(-1)).toBe("lost");
  vi.advanceTimersByTime(1000);
  expect(Line.open).toHaveLength(2);
  last().accept();
  expect(last().sent[0]).toMatchObject({ op: "subscribe", resume: 43 });
  expect(states.at(-1)).toBe("open");
});

test("an update that was seen already is dropped", () => {
  const { heard } = start();
  last().accept();
  for (const seq of [5, 6, 6, 5, 7]) last().says("update", "status", seq);
  expect(heard.map((message) => message.seq)).toEqual([5, 6, 7]);
});

test("a service that counts from the start again is followed", () => {
  const { heard } = start();
  last().accept();
  last().says("update", "status", 900);
  last().close();
  vi.advanceTimersByTime(1000);
  last().accept();
  last().says("snapshot", "status", 3);
  last().says("update", "status", 4);
  expect(heard.map((message) => message.seq)).toEqual([900, 3, 4]);
});

test("what is no longer looked at is not heard", () => {
  const { feed, heard } = start();
  last().accept();
  feed.follow(["status", "candle:ETHUSDT:1h"]);
  expect(last().sent.slice(1)).toEqual([
    { op: "unsubscribe", topics: ["candle:BTCUSDT:1h"] },
    { op: "subscribe", topics: ["candle:ETHUSDT:1h"], resume: null },
  ]);
  last().says("update", "candle:BTCUSDT:1h", 8);
  expect(heard).toEqual([]);
});

test("a line that answers nothing is given up, one that answers pings is kept", () => {
  const { states } = start();
  last().accept();
  for (let i = 0; i < 10; i++) {
    vi.advanceTimersByTime(1500);
    last().onmessage?.({ data: '{"type":"pong"}' });
  }
  expect(states.at(-1)).toBe("open");
  expect(last().sent.filter((message) => message.op === "ping")).toHaveLength(10);
  vi.advanceTimersByTime(5100);
  expect(states.at(-1)).toBe("lost");
});

test("once stopped it stays away", () => {
  const { feed } = start();
  last().accept();
  feed.stop();
  vi.advanceTimersByTime(60_000);
  expect(Line.open).toHaveLength(1);
});

test("waits grow and never pass a second", () => {
  const waits = [0, 1, 2, 3, 4, 9].map((attempt) => waitBefore(attempt, () => 1));
  expect(waits).toEqual([120, 240, 480, 800, 800, 800]);
  expect(waitBefore(9, () => 0)).toBeGreaterThan(0);
});

test("frames that are not for a topic are passed over", () => {
  for (const text of ["", "{", "7", "null", '{"type":"pong"}', '{"type":"update","topic":"x"}']) {
    expect(parse(text)).toBeNull();
  }
});
