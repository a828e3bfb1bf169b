"""Looking around: any bar explains itself; views are reached by keys, clicks and links."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import expect
from tests.browser.axe import complaints
from tests.browser.terminal import HOUR, Terminal

LAYERS = ("Cone", "Past cones", "Volume by price", "VWAP", "EMA 9 and 21", "Volatility")


def explained(terminal: Terminal) -> datetime:
    """Wait until the explanation is of the bar under the crosshair; the hour of that belief."""
    seen: list[datetime | None] = [None]

    def steady() -> bool:
        bar, before = terminal.crosshair_bar(), seen[-1]
        seen.append(bar)
        return bar is not None and bar == before and terminal.believed_at() == bar + HOUR

    terminal.until(steady, "the explanation of the bar under the crosshair", pause=300)
    at = seen[-1]
    assert at is not None
    return at + HOUR


def believes(terminal: Terminal, at: datetime, horizon: int = 24, asset: str = "BTC") -> None:
    """The panel says what the API says was believed then."""
    truth = terminal.truth_of(at, horizon, asset)
    said = terminal.explanation
    expect(said).to_contain_text(re.compile(rf"▲\s*{truth['p_up'] * 100:.1f}\s%"))
    expect(said).to_contain_text(truth["reasons"][0].replace(" %", "\N{NARROW NO-BREAK SPACE}%"))


def test_the_pointer_brings_up_what_was_believed_at_a_bar(terminal: Terminal) -> None:
    terminal.point_at(0.2)
    first = explained(terminal)
    believes(terminal, first)
    terminal.point_at(0.3)
    terminal.until(lambda: terminal.believed_at() != first, "another bar's explanation")
    second = explained(terminal)
    assert second > first
    believes(terminal, second)
    terminal.page.mouse.move(5, 5)
    expect(terminal.explanation).to_contain_text("newest forecast")


def test_arrow_keys_walk_along_the_bars(terminal: Terminal) -> None:
    terminal.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    start = explained(terminal)
    terminal.press("ArrowLeft")
    terminal.until(lambda: terminal.believed_at() == start - HOUR, "one bar back")
    terminal.press("Shift+ArrowLeft")
    terminal.until(lambda: terminal.believed_at() == start - 11 * HOUR, "ten bars back")
    terminal.press("ArrowRight")
    terminal.until(lambda: terminal.believed_at() == start - 10 * HOUR, "one bar on")
    believes(terminal, start - 10 * HOUR)
    terminal.press("Escape")
    expect(terminal.explanation).to_contain_text("newest forecast")


def test_a_bar_that_closes_under_the_crosshair_comes_to_its_own_forecast(
    terminal: Terminal,
) -> None:
    terminal.press("ArrowLeft")
    terminal.until(lambda: terminal.believed_at() is not None, "a belief")
    terminal.until(lambda: terminal.believed_at() == terminal.crosshair_bar(), "the hour before")
    under_way = terminal.believed_at()
    assert under_way is not None
    with terminal.served.speed(600.0):
        terminal.until(lambda: terminal.believed_at() == under_way + HOUR, "its own forecast")
    assert terminal.crosshair_bar() == under_way


def test_a_click_pins_a_bar_and_escape_lets_it_go(terminal: Terminal) -> None:
    terminal.point_at(0.25)
    at = explained(terminal)
    terminal.page.mouse.down()
    terminal.page.mouse.up()
    expect(terminal.explanation.get_by_role("button", name=re.compile("pinned"))).to_be_visible()
    terminal.point_at(0.4)
    terminal.until(lambda: terminal.crosshair_bar() != at - HOUR, "the crosshair elsewhere")
    assert terminal.believed_at() == at
    assert f"at={int(at.timestamp())}" in terminal.page.url
    terminal.page.mouse.move(5, 5)
    terminal.press("Escape")
    expect(terminal.explanation).to_contain_text("newest forecast")
    assert "at=" not in terminal.page.url


def test_horizons_change_by_key_and_by_click(terminal: Terminal) -> None:
    heading = terminal.forecast.get_by_role("heading", level=2)
    expect(heading).to_have_text("BTC in 24 hours")
    for key, words, hours in (("1", "1 hour", 1), ("6", "7 days", 168), ("2", "4 hours", 4)):
        terminal.press(key)
        expect(heading).to_have_text(f"BTC in {words}")
        expect(terminal.strip).to_contain_text(re.compile(rf"BTC {words[0]}\s[hd]"))
        chosen = terminal.forecast.get_by_role("radio", checked=True)
        expect(chosen).to_have_accessible_name(re.compile(f"^{words}"))
        assert f"horizon={hours}" in terminal.page.url
    terminal.page.get_by_role("group", name="How far ahead").get_by_role(
        "button", name=re.compile(r"^3\sd$")
    ).click()
    expect(heading).to_have_text("BTC in 3 days")
    terminal.forecast.get_by_role("radio", name=re.compile("^8 hours")).click()
    expect(heading).to_have_text("BTC in 8 hours")


def test_bars_of_another_length(terminal: Terminal) -> None:
    group = terminal.page.get_by_role("group", name="Length of a bar")
    for name, seconds in (("4h", 14_400), ("1d", 86_400), ("5m", 300), ("1h", 3600)):
        group.get_by_role("button", name=name, exact=True).click()

        def laid(step: int = seconds) -> bool:
            bars = terminal.bars()
            return len(bars) > 50 and bars[-2]["time"] - bars[-3]["time"] == step

        terminal.until(laid, f"bars of {name}")


def test_the_theme_turns(terminal: Terminal) -> None:
    page = terminal.page

    def ground() -> str:
        return str(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))

    dark = ground()
    terminal.press("t")
    terminal.until(lambda: ground() != dark, "another ground")
    assert "theme=light" in page.url
    page.get_by_role("button", name="Change to the dark theme").click()
    terminal.until(lambda: ground() == dark, "the dark ground")


def test_another_market(terminal: Terminal) -> None:
    page = terminal.page
    terminal.press("/")
    page.get_by_role("dialog", name="Market").get_by_role("button", name=re.compile("^ETH")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(terminal.forecast.get_by_role("heading", level=2)).to_have_text("ETH in 24 hours")
    price = terminal.served.get("/health")["assets"][1]["last_price"]
    terminal.until(
        lambda: 0.5 < (terminal.bars() or [{"close": 0.0}])[-1]["close"] / price < 2, "ETH's bars"
    )
    expect(terminal.strip).to_contain_text("ETH")
    terminal.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    believes(terminal, explained(terminal), asset="ETH")


def test_layers_are_switched_and_kept_in_the_link(terminal: Terminal) -> None:
    page = terminal.page
    terminal.press("l")
    for name in LAYERS:
        box = terminal.dialog.get_by_role("checkbox", name=re.compile(f"^{name}"))
        was = box.is_checked()
        box.click()
        expect(box).to_be_checked(checked=not was)
    terminal.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "layers=volume.levels.vwap.ema.volatility" in page.url
    expect(page.locator("main")).to_contain_text("EMA 21")
    expect(page.locator("main")).to_contain_text("volatility forecast")
    assert page.url.count("layers=") == 1


def test_the_engines_differ_in_the_cone_alone(terminal: Terminal) -> None:
    chance = terminal.forecast.get_by_role("img", name=re.compile("^Chance of a rise"))
    expect(terminal.page.locator("main")).not_to_contain_text("Brownian")
    said = chance.get_attribute("aria-label")
    terminal.press("e")
    expect(terminal.page.locator("main")).to_contain_text("Brownian")
    assert "engine=gbm" in terminal.page.url
    assert chance.get_attribute("aria-label") == said or terminal.number() > 0


@pytest.mark.parametrize("keys", [("ArrowRight",) * 4, ("End", "PageDown"), ("Home", "ArrowUp")])
def test_the_chance_above_a_level_is_the_api_s(terminal: Terminal, keys: tuple[str, ...]) -> None:
    slider = terminal.forecast.get_by_role("slider", name="Level")
    slider.focus()
    terminal.press(*keys)
    for _ in range(3):  # a forecast may arrive between the two looks
        level = float(slider.get_attribute("aria-valuenow") or "nan")
        shown = (
            terminal.forecast.get_by_role("status")
            .or_(terminal.forecast.locator("output"))
            .first.inner_text()
        )
        number = terminal.number()
        told = terminal.served.get(f"/chance?asset=BTC&horizon_hours=24&level={level!r}")
        newest = terminal.served.get("/predict?asset=BTC&horizon_hours=24")
        if newest["ledger_sequence"] == number and newest["as_of"] == told["as_of"]:
            break
        terminal.page.wait_for_timeout(1000)
    else:
        raise AssertionError("page and API never spoke of the same forecast")
    above = told["above"]
    said = float(re.sub(r"[^\d.]", "", shown))
    if above < 0.001:
        assert said == pytest.approx(0.1)
    elif above > 0.999:
        assert said == pytest.approx(99.9)
    else:
        assert said == pytest.approx(100 * above, abs=0.0501)


def test_a_link_restores_the_view(terminal: Terminal) -> None:
    at = terminal.bars()[-30]["time"] + 3600
    terminal.open(f"?asset=ETH&resolution=4h&horizon=72&theme=light&layers=cone.vwap&at={at:.0f}")
    page = terminal.page
    expect(terminal.forecast.get_by_role("heading", level=2)).to_have_text("ETH in 3 days")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "light"
    pressed = page.get_by_role("group", name="Length of a bar").get_by_role(
        "button", name="4h", exact=True
    )
    expect(pressed).to_have_attribute("aria-pressed", "true")
    believed = terminal.believed_at()
    assert believed is not None
    assert believed.timestamp() == at
    believes(terminal, believed, 72, "ETH")
    assert {"asset=ETH", "resolution=4h", "horizon=72", f"at={at:.0f}"} <= set(
        page.url.split("?")[1].split("&")
    )


def test_dragging_to_the_past_loads_older_bars_and_a_button_leads_back(terminal: Terminal) -> None:
    page, first = terminal.page, terminal.bars()[0]["time"]
    box = terminal.chart.bounding_box()
    assert box is not None
    y = box["y"] + 0.5 * box["height"]
    for _ in range(3):
        page.mouse.move(box["x"] + 100, y)
        page.mouse.down()
        page.mouse.move(box["x"] + 700, y, steps=4)
        page.mouse.up()
    back = page.get_by_role("button", name=re.compile("^to the newest bar"))
    expect(back).to_be_visible()
    terminal.until(lambda: "from=" in page.url, "the range in the link")
    page.mouse.move(box["x"] + 300, y)

    def older() -> bool:
        page.mouse.wheel(-1500, 0)  # sideways, as with two fingers
        return terminal.bars()[0]["time"] < first

    terminal.until(older, "older bars", pause=200)
    back.click()
    expect(back).to_be_hidden()
    assert terminal.visible()["to"] >= terminal.bars()[-1]["time"]


def test_the_record_is_the_api_s(terminal: Terminal) -> None:
    terminal.strip.click()
    dialog = terminal.page.get_by_role("dialog", name="The record of BTC")
    expect(dialog).to_be_visible()
    scores = terminal.served.get("/scores?asset=BTC")["walk_forward"]
    assert len(scores) == 6
    for card in scores:
        hours = card["horizon_hours"]
        name = f"{hours // 24}" if hours >= 72 else f"{hours}"
        row = dialog.get_by_role(
            "row",
            name=re.compile(rf"^{name}\s[hd]\b.*{card['count']:,}"),
        ).first
        for coverage in card["coverage"]:
            expect(row).to_contain_text(f"{coverage['held']['value'] * 100:.1f}")
    day = next(card for card in scores if card["horizon_hours"] == 24)
    held = next(c["held"]["value"] for c in day["coverage"] if abs(c["nominal"] - 0.68) < 0.006)
    expect(terminal.strip).to_contain_text(re.compile(rf"68 → {held * 100:.1f}\s%"))
    terminal.press("Escape")
    expect(dialog).to_be_hidden()


def test_any_command_is_called_by_its_name(terminal: Terminal) -> None:
    page = terminal.page
    terminal.press("Control+k")
    field = terminal.dialog.get_by_role("combobox", name="Find a command")
    expect(field).to_be_focused()
    assert complaints(page) == []
    page.keyboard.type("3 days")
    expect(terminal.dialog.get_by_role("option")).to_have_count(1)
    terminal.press("Enter")
    expect(terminal.dialog).to_have_count(0)
    expect(terminal.forecast.get_by_role("heading", level=2)).to_have_text("BTC in 3 days")

    page.get_by_role("button", name="Commands").click()
    terminal.press("ArrowDown", "ArrowDown")
    chosen = terminal.dialog.get_by_role("option", selected=True)
    expect(chosen).to_have_accessible_name(re.compile("Record"))
    terminal.press("Enter")
    expect(page.get_by_role("dialog", name="The record of BTC")).to_be_visible()
    terminal.press("Escape")

    terminal.open(
        f"?from={terminal.bars()[-400]['time']:.0f}&to={terminal.bars()[-300]['time']:.0f}"
    )
    terminal.press("Meta+k")
    page.keyboard.type("newest")
    terminal.press("Enter")
    expect(page.get_by_role("button", name=re.compile("^to the newest bar"))).to_be_hidden()
    terminal.until(
        lambda: terminal.visible()["to"] >= terminal.bars()[-1]["time"], "the newest bar"
    )


def test_help_lists_keys_that_work(terminal: Terminal) -> None:
    """Every key it lists is pressed and does what is said; one that nobody presses here fails."""
    page = terminal.page
    terminal.press("?")
    expect(terminal.dialog).to_be_visible()
    listed = set(terminal.dialog.locator("kbd").all_inner_texts())
    terminal.press("Escape")
    expect(terminal.dialog).to_have_count(0)
    dialogs = {
        "?": "Keys, and how to read the terminal",
        "/": "Market",
        "L": "Layers",
        "S": "The record of BTC",
    }
    for key, name in dialogs.items():
        terminal.press(key.lower())
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        terminal.press("Escape")
        expect(terminal.dialog).to_have_count(0)
    commands = {"Ctrl K": "Control+k", "⌘ K": "Meta+k"}
    for keys in commands.values():
        terminal.press(keys)
        expect(terminal.dialog.get_by_role("combobox", name="Find a command")).to_be_focused()
        terminal.press("Escape")
        expect(terminal.dialog).to_have_count(0)
    heading = terminal.forecast.get_by_role("heading", level=2)
    horizons = {"6": "BTC in 7 days", "1": "BTC in 1 hour"}
    for key, words in horizons.items():
        terminal.press(key)
        expect(heading).to_have_text(words)
    before = page.evaluate("() => document.documentElement.dataset.theme")
    terminal.press("t")
    terminal.until(
        lambda: page.evaluate("() => document.documentElement.dataset.theme") != before, "a theme"
    )
    # Well away from the bar under way, whose hour has no forecast of its own yet.
    terminal.press("ArrowLeft", "ArrowLeft", "ArrowLeft")
    bar = explained(terminal)
    terminal.press("ArrowRight")
    terminal.until(lambda: terminal.believed_at() == bar + HOUR, "one bar on")
    terminal.press("Enter")
    release = terminal.explanation.get_by_role("button", name=re.compile("^pinned"))
    expect(release).to_be_visible()
    terminal.press("Escape")
    expect(release).to_be_hidden()
    assert listed == {*dialogs, *commands, *horizons, "T", "←", "→", "Enter", "Esc"}
