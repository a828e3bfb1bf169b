"""What arrives by itself: candles, forecasts, and the word that none of it is a real market."""

import re

from playwright.sync_api import expect
from tests.browser.conftest import Watch
from tests.browser.terminal import Terminal


def test_it_loads_and_says_that_the_market_is_simulated(terminal: Terminal) -> None:
    page = terminal.page
    expect(page.get_by_text("SIMULATED", exact=True)).to_be_visible()
    words = {"recorded": "recorded market", "invented": "invented prices"}[terminal.served.kind]
    expect(page.locator("main").get_by_text(words)).to_be_visible()
    expect(page.locator("header").get_by_text(re.compile("^live"))).to_be_visible()
    assert page.title().startswith("barograph")


def test_the_last_candle_grows(terminal: Terminal) -> None:
    before = terminal.bars()[-1]
    terminal.until(lambda: terminal.bars()[-1] != before, "a change of the open bar")
    shown = terminal.page.locator("main").get_by_text(re.compile(r"^[\d,]+(\.\d+)?$")).first
    price = shown.inner_text()
    terminal.until(lambda: shown.inner_text() != price, "a change of the price in the legend")


def test_a_forecast_arrives_at_the_close_of_the_hour(terminal: Terminal) -> None:
    terminal.page.evaluate("() => { window.loadedOnce = true; }")
    count, number = len(terminal.bars()), terminal.number()
    with terminal.served.speed(900):
        terminal.until(lambda: terminal.number() > number, "a new forecast", 60)
        terminal.until(lambda: len(terminal.bars()) > count, "a new bar")
    assert terminal.page.evaluate("() => window.loadedOnce"), "the page was loaded again"
    newest = terminal.served.get("/predict?asset=BTC&horizon_hours=24")
    terminal.until(
        lambda: terminal.number() >= newest["ledger_sequence"], "the ledger's newest number"
    )


def test_nothing_is_fetched_from_elsewhere(terminal: Terminal, watch: Watch) -> None:
    terminal.press("?")
    expect(terminal.dialog).to_be_visible()
    fonts = terminal.page.evaluate(
        "() => document.fonts.ready.then(fonts => [...fonts].map(font => font.status))"
    )
    assert "loaded" in fonts, "the fonts that come with the page are not used"
    assert watch.strangers == []
