"""The terminal in a real browser, over a real server: what every test here shares.

Nothing is skipped: without a browser the tests fail and say what to install; without
``BAROGRAPH_DATA`` the market is made up.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from tests.browser.served import Served, cut
from tests.browser.terminal import PATIENCE, Terminal

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESKTOP = (1440, 900)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; installed where that is allowed."""
    asked = subprocess.run(
        [ROOT / "scripts" / "chromium.sh"],
        check=False,
        capture_output=True,
        text=True,
    )
    if asked.returncode != 0:
        pytest.fail(asked.stderr.strip().splitlines()[-1], pytrace=False)
    return asked.stdout.strip()


@pytest.fixture(scope="session")
def built() -> Path:
    """The built terminal, as the API serves it."""
    page = ROOT / "src" / "barograph" / "service" / "static" / "index.html"
    if not page.is_file():
        pytest.fail("the terminal has not been built: run `make web`", pytrace=False)
    return page


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, built: Path) -> Iterator[Served]:
    """A running `barograph serve`, ready."""
    folder = tmp_path_factory.mktemp("served")
    named = os.environ.get("BAROGRAPH_DATA")
    server = Served(folder, cut(Path(named), folder / "data") if named else None)
    server.start()
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()


# Not for the session: a browser that is driven keeps an event loop running in this thread, and the
# asynchronous tests of other folders need their own.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser with nothing in it."""
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield opened
        opened.close()


class Watch:
    """What a page said and asked for behind the reader's back.

    Attributes
    ----------
    expected : list of str
        Parts of messages that the test itself provokes.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.expected: list[str] = []
        self._said: list[str] = []
        self._asked: set[str] = set()
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._said.append(f"uncaught {error}"))
        page.on("request", lambda request: self._asked.add(request.url))
        page.on("websocket", lambda socket: self._asked.add(socket.url))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._said.append(f"{message.type}: {message.text} ({message.location['url']})")

    @property
    def said(self) -> list[str]:
        """Errors and warnings nobody expected."""
        return [one for one in self._said if not any(part in one for part in self.expected)]

    @property
    def strangers(self) -> list[str]:
        """Requests that left this machine."""
        return [url for url in self._asked if urlsplit(url).hostname not in {"127.0.0.1", None}]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile on a desktop that prefers dark."""
    width, height = DESKTOP
    opened = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark", locale="en-GB"
    )
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture
def watch(context: BrowserContext) -> Iterator[Watch]:
    """Fails the test where the page complained, or asked anybody but us."""
    watching = Watch(context)
    yield watching
    assert watching.said == []
    assert watching.strangers == []


@pytest.fixture
def terminal(context: BrowserContext, watch: Watch, served: Served) -> Terminal:
    """The terminal, opened and filled."""
    return Terminal(context.new_page(), served).open()
