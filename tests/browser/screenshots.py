"""The pictures of the docs, taken anew: ``python -m tests.browser.screenshots [NAME ...]``.

Needs ``BAROGRAPH_DATA`` and the built terminal (``make web``); writes ``docs/images/*.png``.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from tests.browser.served import Served, cut
from tests.browser.terminal import Terminal

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
LARGEST = 300_000
DESKTOP, PHONE = (1440, 900), (390, 844)


def desktop(terminal: Terminal) -> None:
    """As it opens."""


def light(terminal: Terminal) -> None:
    """The same by day, with more layers."""
    terminal.open("?theme=light&layers=volume.cone.ghosts.profile.levels.vwap.ema.volatility")


def hover(terminal: Terminal) -> None:
    """A bar of two days ago, pinned, with what came of it."""
    terminal.press(*["Shift+ArrowLeft"] * 4, "ArrowLeft", "Enter")
    terminal.until(lambda: terminal.believed_at() is not None, "an explanation")


def record(terminal: Terminal) -> None:
    """The whole record of an asset."""
    terminal.press("s")
    terminal.dialog.wait_for()


def stale(terminal: Terminal) -> None:
    """The exchange has fallen silent."""
    terminal.served.fault(kind="silence", path="@kline", seconds=60.0)
    terminal.page.get_by_text("Stale", exact=True).wait_for(timeout=60_000)


def phone(terminal: Terminal) -> None:
    """The chart on a phone, the forecast ready to be raised."""


def phone_sheet(terminal: Terminal) -> None:
    """The forecast raised over the chart."""
    terminal.page.get_by_role("button", name="Raise the forecast").tap()


SHOTS: dict[str, tuple[tuple[int, int], Callable[[Terminal], None]]] = {
    "terminal-dark": (DESKTOP, desktop),
    "terminal-light": (DESKTOP, light),
    "terminal-hover": (DESKTOP, hover),
    "terminal-record": (DESKTOP, record),
    "terminal-phone": (PHONE, phone),
    "terminal-phone-forecast": (PHONE, phone_sheet),
    "terminal-stale": (DESKTOP, stale),  # last: what it does to the exchange lasts
}


def shoot(browser: Browser, served: Served, name: str) -> Path:
    """Take one picture."""
    (width, height), act = SHOTS[name]
    small = width < 600
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=1.5 if small else 1,
        is_mobile=small,
        has_touch=small,
        color_scheme="dark",
    )
    page: Page = context.new_page()
    terminal = Terminal(page, served).open()
    act(terminal)
    page.wait_for_timeout(2500)  # until what fades has faded
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    context.close()
    size = path.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"{path.name} has {size:,} bytes; {LARGEST:,} are allowed")
    print(f"{path.relative_to(ROOT)}  {size // 1000} kB")  # noqa: T201
    return path


def main(names: list[str]) -> None:
    """Take the pictures named, else all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = subprocess.check_output([ROOT / "scripts" / "chromium.sh"], text=True).strip()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        data = cut(Path(os.environ["BAROGRAPH_DATA"]), Path(folder) / "data")
        served = Served(Path(folder), data)
        served.start()
        try:
            served.wait_ready()
            with served.speed(600):
                served.wait_published(3)
            browser = driver.chromium.launch(
                executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
            )
            for name in names or SHOTS:
                shoot(browser, served, name)
            browser.close()
        finally:
            served.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
