"""What is known of real hourly returns holds for the simulated market."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats

from barograph.core.types import Floats
from barograph.sources.catalogue import detect, read
from barograph.sources.simulated import START, hourly, market, payloads

END = datetime(2022, 1, 1, tzinfo=UTC)
FINE = market(["BTCUSDT", "ETHUSDT"], END, seed=3)
HOURLY = {symbol: hourly(table) for symbol, table in FINE.items()}


def returns(symbol: str = "BTCUSDT") -> Floats:
    return np.diff(np.log(HOURLY[symbol]["close"].to_numpy()))


def correlation(left: Floats, right: Floats) -> float:
    return float(np.corrcoef(left, right)[0, 1])


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    end = START + timedelta(days=3)
    first, again = (list(payloads(["BTCUSDT"], end, ("1h", "5m"), seed=1)) for _ in range(2))
    assert first == again
    assert [item.key.name for item in first] == [
        "simulated_BTCUSDT_1h",
        "simulated_BTCUSDT_5m",
        "simulated_funding_rate_BTCUSDT_event",
    ]
    (other, *_) = payloads(["BTCUSDT"], end, seed=2)
    assert other.content != first[0].content
    for item in first:
        assert detect(item.content).name == item.layout
        assert read(item)["fault"].null_count() == read(item).height
    assert [read(item).height for item in first] == [72, 864, 9]


def test_a_later_end_only_adds_bars_and_another_symbol_changes_none() -> None:
    short = market(["BTCUSDT"], START + timedelta(days=40), seed=3)["BTCUSDT"]
    assert short.equals(FINE["BTCUSDT"].head(short.height))
    assert market(["X"], START, seed=3)["X"].is_empty()


@pytest.mark.parametrize("table", [FINE["ETHUSDT"], HOURLY["ETHUSDT"]], ids=["5m", "1h"])
def test_bars_agree_with_themselves(table: pl.DataFrame) -> None:
    assert table.null_count().sum_horizontal().item() == 0
    ends = pl.col("open", "close")
    inside = pl.all_horizontal(ends <= pl.col("high"), ends >= pl.col("low"))
    assert table.select(
        inside.all()
        & (pl.col("low") > 0).all()
        & (pl.col("open").shift(-1) == pl.col("close")).all()
        & (pl.col("taker_buy_base") < pl.col("volume")).all()
    ).item()
    assert table["ts"].diff().drop_nulls().n_unique() == 1


def test_tails_are_heavy_and_returns_do_not_remember() -> None:
    assert 4 < stats.kurtosis(returns()) < 60
    assert abs(correlation(returns()[:-1], returns()[1:])) < 0.03
    assert 0.35 < returns().std() * np.sqrt(365 * 24) < 0.9


def test_volatility_clusters_for_weeks() -> None:
    size = np.abs(returns())
    fading = [correlation(size[:-lag], size[lag:]) for lag in (1, 24, 168)]
    assert fading[0] > 0.2
    assert fading[1] > 0.1
    assert fading[2] > 0.05
    assert fading == sorted(fading, reverse=True)


def test_a_fall_raises_volatility_more_than_a_rise() -> None:
    assert correlation(returns()[:-1], np.abs(returns())[1:]) < -0.015


def test_hours_and_weekends_have_their_pattern() -> None:
    hours = HOURLY["BTCUSDT"]["ts"].dt.hour().to_numpy()[1:]
    days = HOURLY["BTCUSDT"]["ts"].dt.weekday().to_numpy()[1:]
    size = np.abs(returns())
    assert size[hours == 15].mean() > 1.4 * size[hours == 7].mean()
    assert size[days >= 6].mean() < 0.85 * size[days < 6].mean()


def test_symbols_move_together_but_are_not_one() -> None:
    assert 0.55 < correlation(returns(), returns("ETHUSDT")) < 0.9


def test_ranges_are_those_of_a_continuous_path() -> None:
    """Parkinson's estimate agrees with the variance of returns (12 points alone give 80 %)."""
    table = HOURLY["BTCUSDT"]
    spread = np.log(table["high"].to_numpy() / table["low"].to_numpy())
    assert (spread**2).mean() / (4 * np.log(2)) == pytest.approx(returns().var(), rel=0.1)


def test_volume_follows_volatility_and_takers_follow_the_price() -> None:
    table = HOURLY["BTCUSDT"]
    spread = np.log((table["high"] / table["low"]).to_numpy())
    assert correlation(np.log(spread), np.log(table["quote_volume"].to_numpy())) > 0.5
    share = (table["taker_buy_base"] / table["volume"]).to_numpy()[1:]
    assert correlation(share, returns()) > 0.2


def test_funding_settles_every_eight_hours() -> None:
    *_, item = payloads(["BTCUSDT"], START + timedelta(days=30))
    rows = read(item)
    assert set(rows["event_time"].dt.hour().to_list()) == {0, 8, 16}
    assert (rows["value"].abs() <= 0.003).all()
