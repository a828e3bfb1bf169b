"""The pair on real hours: the engine's account, no future, and what no skill earns."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from barograph.pair.barriers import outcomes_of
from barograph.pair.beta import spread
from barograph.pair.events import events_of, pair_market
from barograph.pair.kinds import kinds
from barograph.pair.portfolio import trade
from barograph.pair.rules import LEGS, PairSettings, Rule
from barograph.pipelines.pair_run import market_of
from barograph.trading.market import Market
from barograph.trading.rules import OFF

pytestmark = pytest.mark.real
FIRST, LAST = datetime(2019, 1, 1, tzinfo=UTC), datetime(2021, 12, 31, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def market(data_dir: Path) -> Market:
    """Three years of both legs, outages left open."""
    hours = pl.datetime_range(FIRST, LAST, "1h", eager=True, time_unit="us")
    table = pl.DataFrame({"ts": hours}).with_columns(close_time=pl.col("ts") + pl.duration(hours=1))
    for leg in LEGS:
        bars = pl.read_parquet(data_dir / "bars" / f"binance_spot_{leg}USDT_1h.parquet").select(
            pl.col("ts").dt.cast_time_unit("us"),
            pl.col("open", "high", "low", "close", "volume").name.prefix(f"{leg.lower()}_"),
        )
        table = table.join(bars, on="ts", how="left")
    return pair_market(market_of(table))


def rule_of(kind: str) -> Rule:
    return Rule(kind=kind, hedge="rolling", window=720, cusum=3.0, entry=kinds()[kind].entries[0],
                profit=1.0, stop=1.0, hold=72)  # fmt: skip


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_outcomes_are_the_engines_and_know_no_future(market: Market, kind: str) -> None:
    rules = PairSettings(breakers=OFF)
    rule = rule_of(kind)
    series = spread(market.close, rule.hedge, rule.window)
    events = events_of(market, series, rule, rules.round_trip)
    outcomes = outcomes_of(market, events, rule.hold, rules.execution)
    account = trade(market, events, outcomes, np.ones(len(events), dtype=bool), rules)
    done = account.taken[outcomes.finished[account.taken]]
    assert len(done) > 50
    equity = account.record.equity
    earned = equity[outcomes.exit[done]] / equity[events.row[done]] - 1.0
    np.testing.assert_allclose(earned, outcomes.net[done], atol=1e-12)

    cut = len(market.hours) // 2
    part = market.since(0, cut)
    again = events_of(part, spread(part.close, rule.hedge, rule.window), rule, rules.round_trip)
    known = outcomes_of(part, again, rule.hold, rules.execution)
    np.testing.assert_array_equal(again.row, events.row[events.row < cut])
    same = known.finished
    np.testing.assert_array_equal(known.net[same], outcomes.net[: len(again)][same])


def test_sides_drawn_by_chance_lose_their_costs(market: Market) -> None:
    """What is lost is what both legs cost in and out, within four standard errors."""
    rules = PairSettings()
    rule = rule_of("breakout")
    series = spread(market.close, rule.hedge, rule.window)
    events = events_of(market, series, rule, rules.round_trip)
    rng = np.random.default_rng(7)
    nets, costs = [], []
    for _ in range(20):
        way = rng.choice((-1.0, 1.0), len(events))
        drawn = replace(events, side=way, weight=events.weight * (way * events.side)[:, None])
        found = outcomes_of(market, drawn, rule.hold, rules.execution)
        nets.append(found.net[found.finished])
        costs.append((found.gross - found.net)[found.finished])
    net, cost = np.concatenate(nets), np.concatenate(costs)
    assert cost.mean() == pytest.approx(rules.round_trip, rel=0.2)
    error = np.concatenate(nets[:1]).std() / np.sqrt(len(nets[0]))
    assert abs(net.mean() + cost.mean()) < 4.0 * error
