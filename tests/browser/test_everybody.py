"""For everybody: a phone is enough, and axe finds nothing that shuts anybody out."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from tests.browser.axe import AXE, complaints
from tests.browser.conftest import Watch
from tests.browser.served import Served
from tests.browser.terminal import PATIENCE, Terminal

PHONE = (390, 844)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(terminal: Terminal, theme: str) -> None:
    terminal.open(f"?theme={theme}")
    assert complaints(terminal.page) == []
    terminal.press("ArrowLeft", "ArrowLeft", "Enter")
    expect(terminal.explanation).to_contain_text("pinned")
    assert complaints(terminal.page) == []
    for key in ("?", "l", "s", "Control+k"):
        terminal.press(key)
        expect(terminal.dialog).to_be_visible()
        assert complaints(terminal.page) == []
        terminal.press("Escape")
        expect(terminal.dialog).to_have_count(0)


@pytest.fixture
def phone(browser: Browser, served: Served) -> Iterator[tuple[Terminal, BrowserContext]]:
    """The terminal on a phone, by touch."""
    width, height = PHONE
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
        color_scheme="dark",
        locale="en-GB",
    )
    context.set_default_timeout(PATIENCE)
    watch = Watch(context)
    yield Terminal(context.new_page(), served).open(), context
    context.close()
    assert watch.said == []
    assert watch.strangers == []


def test_a_phone_is_enough(phone: tuple[Terminal, BrowserContext]) -> None:
    terminal, _ = phone
    page = terminal.page
    width, height = PHONE
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= width, f"the page is {wide} px wide on a screen of {width}"
    expect(page.get_by_text("SIMULATED", exact=True)).to_be_visible()

    def is_large() -> bool:
        # A notice of a busy machine takes some of the height while it stands.
        chart = terminal.chart.bounding_box()
        return (
            chart is not None and chart["width"] > 0.9 * width and chart["height"] > 0.35 * height
        )

    terminal.until(is_large, "a chart that fills the screen")
    chart = terminal.chart.bounding_box()
    assert chart is not None
    strip = terminal.strip.bounding_box()
    assert strip is not None
    assert strip["y"] + strip["height"] <= height + 1, "the record is below the screen"

    page.get_by_role("button", name="Raise the forecast").tap()
    lower = page.get_by_role("button", name="Lower the forecast")
    expect(lower).to_be_visible()
    expect(terminal.forecast.get_by_role("radio", name=re.compile("^3 days"))).to_be_visible()
    terminal.forecast.get_by_role("radio", name=re.compile("^3 days")).tap()
    expect(terminal.forecast.get_by_role("heading", level=2)).to_have_text("BTC in 3 days")
    lower.tap()
    expect(page.get_by_role("button", name="Raise the forecast")).to_be_visible()
    page.wait_for_timeout(600)  # the sheet sinks; what lies under a finger then is the chart
    page.touchscreen.tap(chart["x"] + 0.3 * chart["width"], chart["y"] + 0.4 * chart["height"])
    terminal.until(lambda: terminal.believed_at() is not None, "a tapped bar's explanation")


def test_axe_finds_nothing_on_a_phone(phone: tuple[Terminal, BrowserContext]) -> None:
    terminal, _ = phone
    assert complaints(terminal.page) == []
    terminal.page.get_by_role("button", name="Raise the forecast").tap()
    terminal.page.wait_for_timeout(400)
    assert complaints(terminal.page) == []


def test_the_keyboard_alone_reaches_everything(terminal: Terminal) -> None:
    """Tab stops on every control, each with a name and a visible focus."""
    seen: set[str] = set()
    for _ in range(60):
        terminal.press("Tab")
        name = terminal.page.evaluate(
            """() => { const at = document.activeElement; const style = getComputedStyle(at);
            const marked = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
            const text = (at.getAttribute('aria-label') || at.innerText ||
            at.labels?.[0]?.innerText || at.title || '').trim();
            return at === document.body ? '' : `${marked}|${at.tagName}|${text.slice(0, 60)}`; }"""
        )
        if name:
            assert not name.endswith("|"), f"a control without a name: {name}"
            seen.add(name)
    words = "\n".join(seen)
    for wanted in ("BTC", "Layers", "Help", "Level", "RECORD"):
        assert wanted in words, f"Tab never came to {wanted}: {sorted(seen)}"


def test_axe_is_the_one_that_is_pinned() -> None:
    assert Path(AXE).is_file(), "web/node_modules is missing: run `make web`"
