"""The terminal in a browser: how soon it is there, and how fast it draws."""

import gzip
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.terminal.stage import Stage
from benchmarks.terminal.table import Table, tails
from playwright.sync_api import Browser, Page

import barograph.service

LOADS, PAINTS = 5, 5
ASSETS = Path(barograph.service.__file__).parent / "static"
SCRIPTS = """
() => [...performance.getEntriesByType("resource")].map((one) => one.name)
  .concat([...document.scripts].map((one) => one.src)).filter((name) => name.endsWith(".js"))
"""
INTERACTIVE = """
() => {
  const end = (prefix) => {
    const found = performance.getEntriesByType("measure")
      .filter((one) => one.name.startsWith(prefix));
    return found.length ? found[0].startTime + found[0].duration : null;
  };
  const parts = [end("barograph:candles:"), end("barograph:prediction")];
  return parts.includes(null) ? null : Math.max(...parts);
}
"""
"""When candles and forecast had both been painted, ms after the navigation began."""
FRAMES = """
() => {
  window.__frames = [];
  let last = null;
  const tick = (now) => {
    if (last !== null) window.__frames.push(now - last);
    last = now;
    window.__framing = requestAnimationFrame(tick);
  };
  window.__framing = requestAnimationFrame(tick);
}
"""
WORK = """
() => {
  window.__long = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.__long.push(one.duration);
  }).observe({ type: "longtask" });
}
"""

PAINTED = """
(name) => {
  const told = performance.getEntriesByName("barograph:forecast").map((one) => one.startTime);
  const drawn = performance.getEntriesByName(name);
  return told.map((at) => drawn.find((one) => one.startTime >= at))
    .map((one, i) => one && one.startTime + one.duration - told[i]).filter(Boolean);
}
"""
"""Ms from each forecast's message in the page until a part of it had been painted."""
PARTS = {"its cone painted": "barograph:prediction", "its panel painted": "barograph:panel"}


def opened(stage: Stage, browser: Browser, query: str = "") -> Page:
    """A page with nothing remembered, once candles and forecast are painted."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{stage.url}/{query}")
    assert wait_for(page, lambda: page.evaluate(INTERACTIVE) is not None, 60.0), "nothing painted"
    return page


def loading(table: Table, stage: Stage, browser: Browser) -> None:
    """First paint, candles and forecast painted, and the size of what is run for it."""
    first, ready = [], []
    for _ in range(LOADS):
        page = opened(stage, browser)
        first.append(
            page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        )
        ready.append(page.evaluate(INTERACTIVE))
        names = {Path(url).name for url in page.evaluate(SCRIPTS)}
        page.context.close()
    note = f"median of {LOADS} with an empty cache, largest {{:.0f}}"
    table.below("first paint", statistics.median(first), 1000.0, "ms", note.format(max(first)))
    table.below(
        "interactive: candles and forecast painted",
        statistics.median(ready), 2000.0, "ms", note.format(max(ready)),
    )  # fmt: skip
    size = sum(len(gzip.compress((ASSETS / "assets" / name).read_bytes())) for name in names)
    table.below("JavaScript of the first view, gzip", size / 1000, 250.0, "kB")


def fill(page: Page, count: int) -> int:
    """Load older bars until there are so many; how many there are."""
    held, still = 0, time.monotonic()
    while held < count and time.monotonic() < still + 20:
        page.evaluate("window.__barograph.older()")
        page.wait_for_timeout(50)
        more = int(page.evaluate("window.__barograph.bars().length"))
        if more > held:
            held, still = more, time.monotonic()
    return held


def painting(table: Table, page: Page) -> None:
    """From bars in memory to bars on the screen, all of them in view."""
    for count, limit in ((1_000, 50.0), (10_000, 100.0)):
        if fill(page, count) < count:
            table.add(f"{count:,} candles, data -> painted", "not so many bars", "", good=False)
            return
        times = [page.evaluate(f"window.__barograph.paint({count})") for _ in range(PAINTS)]
        words = f"{count:,} candles, data -> painted"
        note = f"median of {PAINTS}, largest {max(times):.0f}"
        table.below(words, statistics.median(times), limit, "ms", note)


def drag(page: Page) -> None:
    """Pan to and fro by hand for a few seconds."""
    box = page.locator('[aria-label^="Price chart"]').bounding_box()
    assert box is not None
    y, middle = box["y"] + 0.3 * box["height"], box["x"] + 0.4 * box["width"]
    page.mouse.move(middle, y)
    page.mouse.down()
    for step in range(120):
        page.mouse.move(middle + 250.0 * (1 - abs(step % 60 - 30) / 15), y)
        page.wait_for_timeout(8)
    page.mouse.up()


def panning(table: Table, page: Page, count: int) -> None:
    """Frames while the chart is dragged, with so many bars loaded."""
    held = fill(page, count)
    page.wait_for_timeout(1500)
    page.evaluate(FRAMES)
    page.evaluate(WORK)
    drag(page)
    frames = page.evaluate("() => { cancelAnimationFrame(window.__framing); return __frames; }")
    p50, p99 = tails(frames)
    long = page.evaluate("window.__long")
    words = f"p50 {p50:.0f} ms, p99 {p99:.0f} ms; {len(long)} tasks over 50 ms"
    table.add(f"frame while panning {held:,} bars", words, "p99 <= 50 ms", p99 <= 50.0)


def updating(table: Table, stage: Stage, page: Page, count: int = 5) -> None:
    """From the forecast's message in the page to its cone, and to its panel, on the screen."""

    def times() -> dict[str, list[float]]:
        return {part: page.evaluate(PAINTED, name) for part, name in PARTS.items()}

    with stage.speed(300.0):
        wait_for(page, lambda: all(len(some) >= count for some in times().values()), 180.0)
    for part, some in times().items():
        words = f"prediction update, message -> {part}"
        if not some:
            table.add(words, "none came", "<= 50 ms", good=False)
            continue
        note = f"median of {len(some)}, largest {max(some):.0f}"
        table.below(words, statistics.median(some), 50.0, "ms", note)


def wait_for(page: Page, true: Callable[[], Any], seconds: float) -> bool:
    """Wait until something holds; whether it does."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        page.wait_for_timeout(50)
    return True


def measure(table: Table, stage: Stage, browser: Browser) -> None:
    """All figures of the page but the delays of live forecasts."""
    table.heading("page in Chromium without a GPU, market at 60x beside it")
    loading(table, stage, browser)
    page = opened(stage, browser)
    painting(table, page)
    panning(table, page, 10_000)
    panning(table, page, 30_000)
    page.context.close()
    page = opened(stage, browser)
    updating(table, stage, page)
    page.context.close()
