"""The page of a backtest stands alone, says what it must, and shows the figures of the run."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from tests.unit.report.page import Page, read
from tests.unit.trading.worlds import intents, market

from barograph.features.regime import REGIMES
from barograph.page import blocks as b
from barograph.trading import kernel
from barograph.trading.bootstrap import resample
from barograph.trading.by_regime import by_regime
from barograph.trading.costs import breakdown
from barograph.trading.intents import Intents
from barograph.trading.luck import luck_of
from barograph.trading.market import Market
from barograph.trading.overfit import Sweep
from barograph.trading.performance import NOTICE, holding, hourly_returns, measure
from barograph.trading.record import Record, trades, trips
from barograph.trading.report import ReportInputs, render
from barograph.trading.report.document import SECTIONS
from barograph.trading.report.months import heat
from barograph.trading.rules import Breakers, Execution

CAPITAL = 10_000.0
SEEN = datetime(2024, 1, 5, 4, tzinfo=UTC)


def inputs_of(made: Market, wishes: Intents, execution: Execution) -> ReportInputs:
    """A page's inputs of a run in a made-up world."""
    rules = Breakers(losses=3, daily_drawdown=0.02, crash=0.03)

    def run(costs: Execution) -> Record:
        return kernel.simulate(made, wishes, costs, rules, CAPITAL)

    record = run(execution)
    returns = hourly_returns(record.equity, CAPITAL)
    code = (np.arange(len(returns)) % len(REGIMES)).astype(float)
    return ReportInputs(
        title="random · S0",
        about="A made-up world",
        generated_at=datetime(2026, 1, 2, tzinfo=UTC),
        simulated=False,
        capital=CAPITAL,
        market=made,
        shares=tuple(1.0 / len(made.symbols) for _ in made.symbols),
        record=record,
        performance=measure(record, made, CAPITAL),
        stressed={
            factor: measure(run(execution.stressed(factor)), made, CAPITAL)
            for factor in (1.0, 1.5)
        },
        delayed=measure(record, made, CAPITAL),
        paid=breakdown(record, made, execution),
        drawn=resample(returns, draws=50),
        luck=luck_of(returns, 12, 0.8),
        regimes=by_regime(returns, holding(made), record.exposure, code, REGIMES),
        tripped=trips(record, made.hours),
        refused=pl.DataFrame({
            "symbol": ["S0", "S0"], "gate": ["volatility", "confidence"], "hours": [3, 4],
            "since": [SEEN] * 2, "released": [None, SEEN],
            "reason": ["a wild day", "not sure enough"],
        }),
        facts={"capital": CAPITAL, "execution": execution.model_dump()},
    )  # fmt: skip


@pytest.fixture(scope="module")
def inputs() -> ReportInputs:
    rng = np.random.default_rng(3)
    made = market(rng, 3000, 2)
    whole = inputs_of(made, intents(rng, made, often=0.02), Execution())
    return replace(whole, sweep=Sweep(36, 0.62))


@pytest.fixture(scope="module")
def html(inputs: ReportInputs) -> str:
    return render(inputs)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return read(html)


def test_the_page_stands_alone_and_is_whole(html: str, page: Page) -> None:
    assert page.faults == []
    assert page.stack == []
    for loads in ("http:", "https:", "@import", "<script", "<link", "@font-face", "<img"):
        assert loads not in html
    assert len(page.ids) == len(set(page.ids))
    referred = {link[1:] for link in page.links} | set(re.findall(r"url\(#([^)]+)\)", html))
    assert referred <= set(page.ids)
    assert len(html.encode()) < 3_000_000


def texts(page: Page, *columns: str) -> list[list[str]]:
    """A table of the page as texts."""
    return [[cell.text for cell in row] for row in page.table(*columns)]


def test_every_section_says_something(html: str, page: Page) -> None:
    for anchor, title, _ in SECTIONS:
        assert anchor in page.ids
        assert title in html
    assert html.count('<p class="say">') >= len(SECTIONS)
    assert html.count(NOTICE) >= 2, "above and below"
    assert "SIMULATED" not in html
    for picture in re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL):
        assert re.findall(r"#[0-9a-fA-F]{6}\b", picture) == [], "colours are the page's"


def test_the_tables_hold_the_figures_of_the_run(inputs: ReportInputs, page: Page) -> None:
    told, paid = inputs.performance, inputs.paid
    runs = texts(page, "run", "return", "Sharpe")
    assert [row[0] for row in runs] == ["as planned", "1.5 times the costs", "an hour later"]
    assert runs[0][1] == b.percent(told.total_return, "+,.1f").text
    costs = {row[0]: row[1] for row in texts(page, "cost", "paid")}
    assert costs["slippage"] == f"{paid.slippage:,.0f}"
    assert costs["funding"] == b.number(paid.funding, ",.0f").text
    assert costs["all"] == f"{paid.total:,.0f}"
    sides = {row[0]: row[1] for row in texts(page, "trades", "count")}
    made = trades(inputs.record, inputs.market.hours, inputs.market.symbols)
    assert sides["all"] == f"{made.height:,}"
    assert {"long", "short", "S0", "S1", "ended by stop"} <= set(sides)
    regimes = texts(page, "regime", "hours")
    assert len(regimes) == inputs.regimes.height


def test_breakers_are_told_with_reason_and_release(inputs: ReportInputs, page: Page) -> None:
    listed = texts(page, "tripped, UTC", "breaker", "reason", "released")
    assert len(listed) == min(inputs.tripped.height, 200)
    last = inputs.tripped.row(-1, named=True)
    assert listed[-1][1:3] == [last["breaker"], last["reason"]]
    assert listed[-1][3] == f"{last['until']:%Y-%m-%d %H:%M}"
    refusals = texts(page, "from, UTC", "gate", "reason")
    assert refusals[0][-2:] == ["not sure enough", "2024-01-05 04:00"]
    assert refusals[1][-1] == "never"


def test_luck_is_told_with_the_number_of_trials(inputs: ReportInputs, page: Page) -> None:
    assert "12 configurations have been traded" in page.text
    assert b.percent(inputs.luck.deflated, ".1f").text in page.text
    assert "A search tried 36 configurations" in page.text
    assert "probability of backtest overfitting is 62\xa0%" in page.text


def test_the_months_are_those_of_the_run(inputs: ReportInputs) -> None:
    table = heat(inputs)
    grown = 1.0
    for row in table.rows:
        for cell in row[1:13]:
            grown *= 1.0 + float(cell.title or 0.0) / 100.0
    assert grown == pytest.approx(inputs.record.equity[-1] / CAPITAL)


def test_a_run_without_trades() -> None:
    made = market(np.random.default_rng(5), 400)
    nothing = Intents.market(np.full(made.close.shape, np.nan))
    page = read(render(inputs_of(made, nothing, Execution())))
    assert page.faults == []
    for said in ("nothing was ever traded", "Nothing was traded", "never moved", "No trade was"):
        assert said in page.text


def test_an_account_that_lost_all_it_had_in_a_market_that_is_simulated() -> None:
    wild = market(np.random.default_rng(5), 1500, wild=0.05)
    greedy = Intents.market(np.where(np.arange(1500) % 40 == 0, 60.0, np.nan)[:, None])
    inputs = inputs_of(wild, greedy, Execution(leverage=60.0, liquidation_bps=500.0))
    assert inputs.record.equity[-1] < 0.1 * CAPITAL
    html = render(replace(inputs, simulated=True))
    assert read(html).faults == []
    assert '<body class="simulated">' in html
    assert 'class="banner"' in html
    for picture in re.findall(r"<figure>.*?</figure>", html, flags=re.DOTALL):
        assert picture.count("SIMULATED") >= 3, "its title and both its pictures"
