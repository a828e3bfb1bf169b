"""How long it takes to be back after something was killed."""

import time

from benchmarks.terminal.page import opened, wait_for
from benchmarks.terminal.stage import Stage
from benchmarks.terminal.table import Table
from playwright.sync_api import Browser

LOST = "document.body.innerText.includes('no word from the service')"
BACK = f"""
() => {{
  window.__back = null;
  const timer = setInterval(() => {{
    if ({LOST}) return;
    window.__back = Date.now() / 1000;
    clearInterval(timer);
  }}, 10);
}}
"""


def runner(table: Table, stage: Stage) -> None:
    """Kill the runner; wait for forecasts to be ready again."""
    began = time.monotonic()
    until_running(stage, stage.kill_runner())
    table.add("runner killed -> running again", f"{time.monotonic() - began:.1f} s")


def until_running(stage: Stage, killed: int) -> None:
    """Wait for a runner that is not the one that was killed; its last words may look fresh."""
    deadline = time.monotonic() + 600
    while True:
        beat = stage.meta("heartbeat")
        if beat.get("pid") not in {killed, None} and beat.get("state") == "running":
            return
        time.sleep(0.02)
        assert time.monotonic() < deadline, beat


def server(table: Table, stage: Stage, browser: Browser) -> None:
    """Kill everything, start it again, wait for the page to notice."""
    page = opened(stage, browser)
    killed = int(stage.meta("heartbeat")["pid"])
    stage.kill()
    assert wait_for(page, lambda: page.evaluate(LOST), 60.0), "the page did not notice"
    page.wait_for_timeout(3000)
    page.evaluate(BACK)
    began = time.time()
    stage.start()
    while not stage.answering():
        time.sleep(0.01)
    answering = time.time()
    until_running(stage, killed)
    ready = time.time()
    assert wait_for(page, lambda: page.evaluate("window.__back !== null"), 60.0)
    back = page.evaluate("window.__back")
    table.add("everything killed -> API answers", f"{answering - began:.1f} s")
    table.add("everything killed -> ready for forecasts", f"{ready - began:.1f} s")
    table.below("page connected again after the API answers", back - answering, 1.0, "s")
    page.context.close()


def measure(table: Table, stage: Stage, browser: Browser) -> None:
    """Kill, and look at the clock."""
    table.heading("killed and back, on a folder that has been served before")
    runner(table, stage)
    server(table, stage, browser)
