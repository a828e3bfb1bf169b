"""When something dies: the page says so, keeps what it knew, and takes up again by itself."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from tests.browser.conftest import Watch
from tests.browser.served import START, Served, answers, api_alone
from tests.browser.terminal import Terminal

LOST = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "WebSocket", "Failed to load resource")
"""What a browser writes down when the line is cut: that is the point of these tests."""
PROMISED, ALLOWANCE = 1.0, 1.0
"""Seconds until the page is connected again, and what a loaded machine may add to them here."""


def test_a_dead_runner_makes_forecasts_stale_until_it_is_back(terminal: Terminal) -> None:
    page, before = terminal.page, terminal.number()
    killed = terminal.served.kill_runner()
    stale = page.get_by_text("Stale", exact=True).or_(page.get_by_text("Starting", exact=True))
    expect(stale.first).to_be_visible()
    terminal.until(
        lambda: terminal.served.meta("heartbeat").get("pid") not in {killed, None}, "a new runner"
    )
    expect(stale.first).to_be_hidden(timeout=60_000)
    with terminal.served.speed(900):
        terminal.until(lambda: terminal.number() > before, "a forecast by the new runner", 60)


def test_the_page_resumes_when_the_server_is_back(terminal: Terminal, watch: Watch) -> None:
    """Connected again less than 1 s after the API answers, and 1 s more for a loaded machine.

    The API is asked every 20 ms; the benchmark (restarts.py) holds the page to 1 s alone.
    """
    watch.expected += LOST
    page, served = terminal.page, terminal.served
    page.evaluate("() => { window.loadedOnce = true; }")
    before = terminal.number()
    served.kill()
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"^offline"))).to_be_visible()
    assert terminal.number() == before, "what was known is kept"
    back = "() => !document.body.innerText.includes('no word from the service')"
    # The page is asked, not watched: its own clock says when the notice went.
    page.evaluate(
        """check => { window.backAt = null; const look = new Function('return ' + check)();
        const timer = setInterval(() => { if (look()) {
          window.backAt = Date.now(); clearInterval(timer); } }, 20); }""",
        back,
    )
    served.start()
    terminal.until(lambda: answers(f"{served.url}/health"), "the API", START, pause=20)
    answering = time.time()
    expect(page.get_by_text("Offline", exact=True)).to_be_hidden()
    seconds = page.evaluate("() => window.backAt") / 1000 - answering
    print(f"the page was back {seconds:+.2f} s after the API answered")  # noqa: T201
    assert seconds < PROMISED + ALLOWANCE
    served.wait_ready()
    with served.speed(900):
        terminal.until(lambda: terminal.number() > before, "forecasts after the restart", 60)
    assert page.evaluate("() => window.loadedOnce"), "the page was loaded again"


def test_before_there_is_anything_it_says_what_it_waits_for(
    context: BrowserContext, watch: Watch, tmp_path: Path, built: Path
) -> None:
    watch.expected += ("503",)
    with api_alone(tmp_path / "serving") as url:
        page = context.new_page()
        page.goto(url)
        expect(page.get_by_role("complementary")).to_contain_text(
            re.compile("No forecast yet|cannot be read")
        )
        words = page.get_by_role("complementary").inner_text()
        assert "as soon as" in words or "Asking again" in words


@pytest.mark.long
def test_a_first_start_is_told_step_by_step(
    context: BrowserContext, watch: Watch, tmp_path: Path, built: Path
) -> None:
    """From an empty folder to the first forecast, with the page open all along."""
    watch.expected += ("503", *LOST)
    server = Served(tmp_path, None)
    server.start()
    try:
        page = context.new_page()
        deadline = time.monotonic() + 60
        while not server.folder.joinpath("serving", "store.sqlite").exists():
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.05)
        page.goto(server.url)
        expect(page.get_by_role("complementary")).to_contain_text("No forecast yet")
        terminal = Terminal(page, server)
        server.wait_ready()
        # The walk is summed up beside the first forecasts; the page must notice by itself.
        terminal.until(
            lambda: server.get("/scores?asset=BTC")["walk_forward"], "the walk's record", 120
        )
        terminal.filled()
        expect(page.locator("main").get_by_text("invented prices")).to_be_visible()
    finally:
        server.stop()


def test_a_market_nobody_follows(terminal: Terminal, watch: Watch) -> None:
    watch.expected += ("404",)
    page = terminal.page
    page.goto(f"{terminal.served.url}/?asset=XYZ")
    expect(page.get_by_role("complementary")).to_contain_text("This market is not followed")
    expect(page.get_by_role("complementary")).to_contain_text("Choose another")
    terminal.press("/")
    page.get_by_role("dialog", name="Market").get_by_role("button", name=re.compile("^BTC")).click()
    terminal.filled()


def test_a_page_opened_before_anything_was_written_comes_alive(
    context: BrowserContext, watch: Watch, tmp_path: Path, built: Path
) -> None:
    """The page is there before the runner's first word, and fills itself without a reload."""
    watch.expected += ("503", "404", *LOST)
    server = Served(tmp_path, None)
    with api_alone(server.serving, server.port):
        page = context.new_page()
        page.goto(server.url)
        page.evaluate("() => { window.loadedOnce = true; }")
        expect(page.get_by_role("complementary")).to_contain_text(
            re.compile("No forecast yet|cannot be read")
        )
        expect(page.get_by_text("ORIGIN UNKNOWN")).to_be_visible()
        assert not server.serving.joinpath("store.sqlite").exists()
    server.start()
    try:
        terminal = Terminal(page, server)
        server.wait_ready()
        terminal.filled()
        expect(page.get_by_text("SIMULATED", exact=True)).to_be_visible()
        expect(page.get_by_text("ORIGIN UNKNOWN")).to_be_hidden()
        assert page.evaluate("() => window.loadedOnce"), "the page was loaded again"
    finally:
        server.stop()
