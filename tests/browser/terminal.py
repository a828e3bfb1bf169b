"""The terminal as a reader handles it: by what is written on it and by keys, not by inner parts."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect
from tests.browser.served import Served

PATIENCE = 20_000
"""Milliseconds anything may take on a busy machine."""
expect.set_options(timeout=PATIENCE)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MOMENT = re.compile(r"(\d{1,2}) (\w{3}) (\d{4}), (\d\d):(\d\d)")
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Terminal:
    """One open page.

    Parameters
    ----------
    page : Page
    served : Served
        Whose terminal it is.
    """

    page: Page
    served: Served

    def open(self, query: str = "") -> "Terminal":
        """Go to a view and wait for candles, forecast and record."""
        self.page.goto(f"{self.served.url}/{query}")
        self.filled()
        return self

    def filled(self) -> None:
        """Wait until everything on the screen has its figures."""
        expect(self.forecast.get_by_text(re.compile(r"#\d"))).to_be_attached()
        expect(self.strip.get_by_text("coverage")).to_be_attached()
        self.until(lambda: len(self.bars()) > 100, "candles")

    @property
    def forecast(self) -> Locator:
        """The panel beside the chart."""
        return self.page.get_by_role("region", name="Forecast", exact=True)

    @property
    def explanation(self) -> Locator:
        """The panel beneath it."""
        return self.page.get_by_role("region", name="Explanation")

    @property
    def strip(self) -> Locator:
        """The record at the foot of the page."""
        return self.page.get_by_role("button", name=re.compile(r"^Record\b"))

    @property
    def chart(self) -> Locator:
        """Where the candles are."""
        return self.page.get_by_role("figure", name=re.compile("^Price chart"))

    @property
    def dialog(self) -> Locator:
        """Whatever dialog is open."""
        return self.page.get_by_role("dialog")

    def bars(self) -> list[dict[str, float]]:
        """Bars the chart holds; a canvas shows no text to read."""
        return self.page.evaluate("() => window.__barograph?.bars() ?? []")  # type: ignore[no-any-return]

    def visible(self) -> dict[str, float]:
        """First and last second on the screen."""
        return self.page.evaluate("() => window.__barograph.visible()")  # type: ignore[no-any-return]

    def number(self) -> int:
        """Ledger number of the forecast on the screen."""
        found = re.search(r"#([\d,]+)", self.forecast.inner_text())
        assert found is not None
        return int(found[1].replace(",", ""))

    def believed_at(self) -> datetime | None:
        """The hour whose belief is explained; None for the newest forecast's."""
        head = self.explanation.locator("header").inner_text()
        return moment(head)

    def crosshair_bar(self) -> datetime | None:
        """Opening time of the bar under the crosshair, as the legend says it."""
        return moment(self.page.locator("main").inner_text())

    def point_at(self, share: float) -> None:
        """Move the pointer to a share of the width of the chart."""
        box = self.chart.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.4 * box["height"])

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def truth_of(self, at: datetime, horizon: int = 24, asset: str = "BTC") -> Any:
        """What the API says was believed at an hour."""
        return self.served.get(
            f"/explain?asset={asset}&horizon_hours={horizon}&at={at:%Y-%m-%dT%H:%M:%SZ}"
        )

    def until(
        self,
        true: Callable[[], object],
        what: str,
        seconds: float = PATIENCE / 1000,
        pause: float = 50,
    ) -> float:
        """Look every ``pause`` ms until something holds; how long that took."""
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > seconds:
                raise AssertionError(f"{what}: not within {seconds:g} s")
            self.page.wait_for_timeout(pause)
        return time.monotonic() - began


def moment(text: str) -> datetime | None:
    """The first moment with a year in a text."""
    found = MOMENT.search(text)
    if found is None:
        return None
    day, month, year, hour, minute = found.groups()
    return datetime(
        int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), tzinfo=UTC
    )
