"""From an hour's close at the exchange to its forecast in the store and on the screen.

The store is watched from a process that is not the runner's, the screen from within the page; all
times are seconds of this machine's clock after the moment at which the market's clock passed the
hour.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from functools import partial

from benchmarks.terminal.page import wait_for
from benchmarks.terminal.stage import Stage
from benchmarks.terminal.table import Table, tails
from playwright.sync_api import Browser, Page
from tests.browser.served import SYMBOLS

from barograph.core.time import parse_moment
from barograph.store.store import Store

LOOK = 0.004
"""Seconds between two looks at the store; no more than this is added to a delay."""
WATCH = """
window.__shown = [];
const paintedAt = (then) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => then((performance.timeOrigin + performance.now()) / 1000);
  channel.port2.postMessage(null);
});
let last = null;
new MutationObserver(() => {
  const text = document.querySelector('[aria-label="Forecast"]')?.innerText ?? "";
  const number = /#([\\d,]+)/.exec(text)?.[1];
  if (number === undefined || number === last) return;
  last = number;
  paintedAt((wall) => window.__shown.push([Number(number.replaceAll(",", "")), wall]));
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""Notes when each ledger number had been painted in the forecast panel."""
MEASURED = """
() => {
  const wall = (t) => (performance.timeOrigin + t) / 1000;
  const told = performance.getEntriesByName("barograph:forecast").map((one) => wall(one.startTime));
  const drawn = performance.getEntriesByName("barograph:prediction")
    .map((one) => [wall(one.startTime), wall(one.startTime + one.duration)]);
  return [told, drawn];
}
"""
"""When the page heard of each forecast, and from when to when it drew a cone."""


@dataclass(frozen=True, slots=True)
class Published:
    """A forecast that became readable; moments in s since 1970 of this machine's clock."""

    symbol: str
    sequence: int
    closed: float
    seen: float
    late: bool


@dataclass
class Watcher(threading.Thread):
    """Notes when each forecast can be read in the store."""

    stage: Stage
    found: list[Published] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """Look until stopped."""
        store = Store.reader(self.stage.serving)
        version, last = store.data_version, store.event_span()[1]
        while not self._ended.wait(LOOK):
            if store.data_version == version:
                continue
            version, seen = store.data_version, time.time()
            for event in store.events(last):
                last = event.seq
                if event.topic.startswith("forecast:"):
                    self._note(json.loads(event.body), seen)
        store.close()

    def stop(self) -> None:
        """End it."""
        self._ended.set()
        self.join()

    def count(self, symbol: str) -> int:
        """Forecasts of one symbol so far."""
        return sum(one.symbol == symbol for one in self.found)

    def _note(self, body: dict[str, object], seen: float) -> None:
        told = body["as_of"]
        as_of = parse_moment(told).timestamp() if isinstance(told, str) else float(str(told))
        closed = self.stage.wall_of(as_of)
        sequence = int(str(body["sequence"]))
        self.found.append(
            Published(str(body["symbol"]), sequence, closed, seen, bool(body["late"]))
        )


def painted(page: Page, one: Published) -> float | None:
    """When a forecast was on the screen, as a number in the panel and as a cone on the chart."""
    number = next((wall for seq, wall in page.evaluate("window.__shown") if seq == one.sequence), 0)
    told, drawn = page.evaluate(MEASURED)
    # Events of one publication come in one transaction: the page hears after we see, or about then.
    heard = next((wall for wall in told if wall >= one.seen - 0.5), None)
    cone = next((end for start, end in drawn if heard is not None and start >= heard), None)
    return None if not number or cone is None else max(number, cone)


def watch(stage: Stage, pages: dict[str, Page], closes: int, patience: float) -> list[Published]:
    """Forecasts of so many more hours."""
    watcher = Watcher(stage)
    watcher.start()
    deadline = time.monotonic() + patience
    while any(watcher.count(symbol) < closes for symbol in pages):
        if time.monotonic() > deadline:
            break
        next(iter(pages.values())).wait_for_timeout(200)
    for page in pages.values():
        page.wait_for_timeout(1500)  # the last one is on its way to the screen
    watcher.stop()
    return watcher.found


def open_pages(stage: Stage, browser: Browser) -> dict[str, Page]:
    """One page for each symbol, each noting what it shows."""
    pages = {}
    for symbol in SYMBOLS:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        page.goto(f"{stage.url}/?asset={symbol.removesuffix('USDT')}")
        assert wait_for(page, partial(page.evaluate, "window.__shown.length > 0"), 60.0)
        pages[symbol] = page
    return pages


def measure(table: Table, stage: Stage, browser: Browser, speed: float, closes: int) -> None:
    """Delays over so many closes at a speed."""
    table.heading(f"hour's close to forecast, {closes} closes at {speed:g}x")
    pages = open_pages(stage, browser)
    with stage.speed(speed):
        time.sleep(2.0)  # the runner follows the clock
        found = watch(stage, pages, closes, 60.0 + 3.0 * closes * 3600.0 / speed)
    for symbol, page in pages.items():
        mine = [one for one in found if one.symbol == symbol]
        if not mine:
            table.add(f"{symbol}: forecasts", "none", f"{closes}", good=False)
            continue
        stored = [one.seen - one.closed for one in mine]
        screens = [painted(page, one) for one in mine]
        shown = [s - one.closed for s, one in zip(screens, mine, strict=True) if s is not None]
        said = f"{len(mine)} closes, {sum(one.late for one in mine)} late"
        tell(table, f"{symbol}: close -> published", stored, 1.0, said)
        if shown:
            said = f"{len(shown)} of {len(mine)} seen" if len(shown) < len(mine) else ""
            tell(table, f"{symbol}: close -> on screen", shown, 1.5, said)
            extra = [s - one.seen for s, one in zip(screens, mine, strict=True) if s is not None]
            p50, p99 = tails(extra)
            table.add("  published -> on screen", f"p50 {1e3 * p50:.0f} ms, p99 {1e3 * p99:.0f} ms")
        page.close()
    steps(table, stage, len(found) // len(pages))


def tell(table: Table, what: str, seconds: list[float], limit: float, note: str) -> None:
    """Add median and tail of a delay."""
    p50, p99 = tails(seconds)
    words = f"p50 {p50:.2f} s, p99 {p99:.2f} s{'; ' + note if note else ''}"
    table.add(what, words, f"p99 <= {limit:g} s", p99 <= limit)


def steps(table: Table, stage: Stage, count: int) -> None:
    """Where the runner says the time went."""
    last = stage.publications()[-count:] if count else []
    for name, words in (
        ("models", "  in the runner: models"),
        ("ledger", "  ledger, fsync and what it cites"),
        ("store", "  store"),
    ):
        if last:
            p50, p99 = tails([one[name] for one in last])
            table.add(words, f"p50 {p50:.0f} ms, p99 {p99:.0f} ms")
