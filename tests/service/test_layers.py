"""Layers of the chart: known answers, sums that hold, and nothing from after the last bar."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.service.world import END, belief

from barograph.core.types import Floats
from barograph.service.candles import Bars
from barograph.service.layers import catalogue
from barograph.service.layers.base import Around
from barograph.service.layers.ema import ema
from barograph.service.layers.levels import levels, swing_highs
from barograph.service.layers.volatility import forecast, realised
from barograph.service.layers.volume_profile import profile
from barograph.service.layers.vwap import vwap
from barograph.service.market import Wanted, market_data
from barograph.service.reading import Reading

HOUR = 3600


def made(
    high: Floats, low: Floats, close: Floats | None = None, length: int = HOUR, start: int = END
) -> Bars:
    count = len(high)
    t = start + length * np.arange(count)
    middle = (high + low) / 2 if close is None else close
    flows = np.full(count, 2.0), np.full(count, 0.5)
    return Bars(t, middle, high, low, middle, *flows, last_closed=True, length=length)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1.0, 1e5), st.floats(0.0, 0.2)), min_size=1, max_size=80),
)
def test_the_profile_holds_all_the_volume_and_no_more(spans: list[tuple[float, float]]) -> None:
    low = np.array([one for one, _ in spans])
    bars = made(low * (1.0 + np.array([width for _, width in spans])), low)
    bins = profile(bars)
    assert len(bins) <= 60
    assert sum(one["volume"] for one in bins) == pytest.approx(2.0 * len(spans), rel=1e-9)
    assert bins[0]["low"] == low.min()
    assert all(one["low"] < one["high"] or len(bins) == 1 for one in bins)
    shares = [one["buy_share"] for one in bins if one["volume"] > 1e-12]
    assert shares == pytest.approx([0.25] * len(shares))


def test_the_profile_spreads_a_bar_evenly_over_its_range() -> None:
    bars = made(np.array([160.0, 130.0]), np.array([100.0, 100.0]))
    volumes = [one["volume"] for one in profile(bars, 2)]
    assert volumes == pytest.approx([1.0 + 2.0, 1.0])


def test_volume_that_is_unknown_is_in_no_bin() -> None:
    bars = made(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    unknown = replace(bars, volume=np.array([np.nan, 4.0]), bought=np.array([np.nan, np.nan]))
    bins = profile(unknown)
    assert sum(one["volume"] for one in bins) == pytest.approx(4.0)
    assert {one["buy_share"] for one in bins} == {None}
    assert profile(replace(bars, volume=np.full(2, np.nan))) == []


def test_vwap_starts_anew_at_midnight() -> None:
    close = np.array([10.0, 20.0, 30.0, 50.0])
    bars = made(close, close, close, start=END - 2 * HOUR)
    assert vwap(bars).tolist() == [10.0, 15.0, 30.0, 40.0]
    assert np.isnan(vwap(replace(bars, length=86_400))).all()
    assert np.isnan(vwap(replace(bars, volume=np.zeros(4)))).all()


def test_ema_is_the_recursion_of_its_definition() -> None:
    assert ema(np.array([1.0, 2.0, 4.0]), 3).tolist() == [1.0, 1.5, 2.75]
    assert ema(np.array([5.0] * 50), 9).tolist() == [5.0] * 50


def wave(count: int, period: int = 24) -> Bars:
    middle = 100.0 + 5.0 * np.sin(2 * np.pi * np.arange(count) / period)
    return made(middle + 1.0, middle - 1.0, middle)


def test_a_wave_turns_at_its_top_and_its_bottom() -> None:
    found = levels(wave(240))
    assert [one["kind"] for one in found] == ["support", "resistance"]
    assert found[0]["price"] == pytest.approx(94.0, abs=1e-9)
    assert found[1]["price"] == pytest.approx(106.0, abs=1e-9)
    assert {one["touches"] for one in found} == {10}
    assert max(one["strength"] for one in found) == 1.0


def test_a_turn_counts_once_five_bars_have_confirmed_it_and_for_good() -> None:
    values = wave(240).high
    whole = swing_highs(values).tolist()
    for count in range(20, 240, 7):
        known = swing_highs(values[:count]).tolist()
        assert known == [place for place in whole if place + 5 < count]


def test_the_open_bar_makes_no_level() -> None:
    bars = wave(240)
    spiked = replace(bars, high=np.concatenate([bars.high[:-1], [1e6]]), last_closed=False)
    assert levels(spiked) == levels(replace(bars, last_closed=False))
    assert levels(wave(8)) == []


def test_realised_volatility_of_a_known_bar() -> None:
    """A bar that opens and closes at one price: half the squared log range."""
    bars = made(np.array([110.0]), np.array([100.0]), np.array([105.0]))
    assert realised(bars)[0] == pytest.approx(np.sqrt(0.5) * np.log(1.1))
    assert np.isnan(realised(replace(bars, last_closed=False))[0])
    four = made(np.array([110.0]), np.array([100.0]), np.array([105.0]), length=4 * HOUR)
    assert realised(four)[0] == pytest.approx(np.sqrt(0.5 / 4.0) * np.log(1.1))


def test_twelve_bars_of_five_minutes_make_an_hour() -> None:
    bars = made(np.full(13, 110.0), np.full(13, 100.0), np.full(13, 105.0), length=300)
    line = realised(bars)
    assert np.isnan(line[:11]).all()
    assert line[11:] == pytest.approx(np.sqrt(12 * 0.5) * np.log(1.1))
    torn = replace(bars, t=bars.t + np.where(np.arange(13) > 5, 300, 0))
    assert np.isnan(realised(torn)).all()


def test_the_forecast_beside_a_bar_was_made_before_it_opened(reading: Reading) -> None:
    for length, place, hours in ((HOUR, 0, 1), (4 * HOUR, 1, 4), (86_400, 3, 24)):
        start = END - 2 * 86_400
        bars = made(np.full(3, 2.0), np.full(3, 1.0), length=length, start=start)
        line = forecast(Around(reading.store, reading.view.layout, "BTCUSDT", bars, 3))
        variances = [belief("BTCUSDT", int(t)).variance[place] for t in bars.t]
        known = [t <= END for t in bars.t]
        for value, variance, there in zip(line, variances, known, strict=True):
            assert (value == pytest.approx(np.sqrt(variance / hours))) if there else np.isnan(value)


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_a_layer_does_not_depend_on_the_page_it_is_seen_through(
    reading: Reading, name: str
) -> None:
    """Lines of a short page are the tail of those of a long one: the warm-up is enough."""
    short, long = (
        market_data(reading, Wanted("BTC", "1h", None, None, limit, name)) for limit in (30, 300)
    )
    for one, other in zip(short["layers"]["lines"], long["layers"]["lines"], strict=True):
        assert one["name"] == other["name"]
        count = len(one["values"])
        assert count == len(short["candles"]["t"])
        np.testing.assert_allclose(one["values"], other["values"][-count:], rtol=1e-7)
