/** A message of the service's WebSocket. */
export interface FeedMessage {
  type: "snapshot" | "update";
  topic: string;
  seq: number;
  data: unknown;
}

export type FeedState = "connecting" | "open" | "lost";

export interface FeedOptions {
  url: string;
  onMessage: (message: FeedMessage) => void;
  onState: (state: FeedState) => void;
  /** For tests; the browser's own otherwise. */
  connect?: (url: string) => WebSocket;
  random?: () => number;
}

const PING_MS = 1500;
/** Nothing for so long, not even an answer to a ping: the line is dead. */
const SILENCE_MS = 5000;
const FIRST_WAIT_MS = 120;
/** The service is missed for at most this long after it is back. */
const LONGEST_WAIT_MS = 800;

/** Milliseconds to wait before the n-th attempt: doubling, capped, with jitter downwards. */
export const waitBefore = (attempt: number, random: () => number): number =>
  Math.min(FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS) * (0.6 + 0.4 * random());

/**
 * The live feed: keeps one WebSocket open, re-opens it, and takes up where it stopped.
 *
 * After a reconnect it asks for everything after the last sequence number it saw; the service either
 * sends exactly that, or a snapshot of each topic. Updates that were seen already are dropped.
 */
export class Feed {
  private socket: WebSocket | null = null;
  private topics = new Set<string>();
  private lastSeq: number | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private pinger: ReturnType<typeof setInterval> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  /** Whether nothing came since the line was opened: a snapshot then starts the count anew. */
  private fresh = true;

  constructor(private readonly options: FeedOptions) {}

  start(): void {
    this.options.onState("connecting");
    this.pinger = setInterval(() => this.send({ op: "ping" }), PING_MS);
    this.open();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    clearTimeout(this.watchdog);
    clearInterval(this.pinger);
    this.socket?.close();
  }

  /** Follow exactly these topics from now on. */
  follow(topics: readonly string[]): void {
    const wanted = new Set(topics);
    const added = topics.filter((topic) => !this.topics.has(topic));
    const dropped = [...this.topics].filter((topic) => !wanted.has(topic));
    this.topics = wanted;
    if (dropped.length > 0) this.send({ op: "unsubscribe", topics: dropped });
    if (added.length > 0) this.send({ op: "subscribe", topics: added, resume: null });
  }

  private open(): void {
    if (this.stopped) return;
    const connect = this.options.connect ?? ((url: string) => new WebSocket(url));
    const socket = connect(this.options.url);
    this.socket = socket;
    this.listen();
    socket.onopen = () => {
      this.attempt = 0;
      this.fresh = true;
      this.options.onState("open");
      this.listen();
      if (this.topics.size > 0) {
        this.send({ op: "subscribe", topics: [...this.topics], resume: this.lastSeq });
      }
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      this.listen();
      if (typeof event.data === "string") this.receive(event.data);
    };
    socket.onclose = () => {
      if (socket === this.socket) this.again();
    };
  }

  private again(): void {
    this.socket = null;
    clearTimeout(this.watchdog);
    if (this.stopped) return;
    this.options.onState("lost");
    clearTimeout(this.retry);
    const wait = waitBefore(this.attempt, this.options.random ?? Math.random);
    this.attempt += 1;
    this.retry = setTimeout(() => this.open(), wait);
  }

  /** A line that says nothing is given up rather than waited for. */
  private listen(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      const socket = this.socket;
      this.again();
      socket?.close();
    }, SILENCE_MS);
  }

  private send(message: object): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  private receive(text: string): void {
    const message = parse(text);
    if (message === null) return;
    if (message.type === "update") {
      if (this.lastSeq !== null && message.seq <= this.lastSeq) return;
      this.lastSeq = message.seq;
    } else {
      // A service whose store was rebuilt counts from the start again.
      this.lastSeq = this.fresh ? message.seq : Math.max(this.lastSeq ?? 0, message.seq);
    }
    this.fresh = false;
    if (this.topics.has(message.topic)) this.options.onMessage(message);
  }
}

/** The message of a frame, or null where it carries no data for a topic. */
export function parse(text: string): FeedMessage | null {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof body !== "object" || body === null) return null;
  const { type, topic, seq, data } = body as Record<string, unknown>;
  if (type !== "snapshot" && type !== "update") return null;
  if (typeof topic !== "string" || typeof seq !== "number") return null;
  return { type, topic, seq, data };
}
