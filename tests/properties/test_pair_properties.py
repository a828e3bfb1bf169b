"""Whatever hours two legs have, they meet as the guide says."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.core.errors import NotEnoughDataError
from barograph.core.time import HOUR
from barograph.pair.prepare import CLEAN, calendar, paired

START = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = st.sets(st.integers(0, 60), max_size=40)


def leg(hours: set[int], price: float) -> pl.DataFrame:
    rows = sorted(hours)
    known = {
        "open_time": [START + n * HOUR for n in rows],
        "close_time": [START + (n + 1) * HOUR for n in rows],
        **{name: [price + n for n in rows] for name in ("open", "high", "low", "close", "volume")},
    }
    return pl.DataFrame({name: known.get(name, [None] * len(rows)) for name in CLEAN}, schema=CLEAN)


@given(HOURS, HOURS)
@settings(max_examples=60, deadline=None)
def test_inner_is_both_and_outer_is_every_hour(btc: set[int], eth: set[int]) -> None:
    legs = {"BTC": leg(btc, 100.0), "ETH": leg(eth, 7.0)}
    if not btc & eth:
        with pytest.raises(NotEnoughDataError):
            paired(legs)
        return
    inner, outer = paired(legs), paired(legs, "outer")
    assert inner["open_time"].to_list() == [START + n * HOUR for n in sorted(btc & eth)]
    first, last = min(btc | eth), max(btc | eth)
    assert outer["open_time"].to_list() == [START + n * HOUR for n in range(first, last + 1)]
    for name, hours, price in (("btc", btc, 100.0), ("eth", eth, 7.0)):
        wanted = [price + n if n in hours else None for n in range(first, last + 1)]
        assert outer[f"{name}_close"].to_list() == wanted, "nothing is carried forward"
    assert outer.drop_nulls(["btc_close", "eth_close"]).equals(inner)
    days = calendar(legs)
    parts = {part: days[f"hours_{part}"] for part in ("both", "btc_only", "eth_only", "neither")}
    every = set(range(first, last + 1))
    assert parts == {
        "both": len(btc & eth),
        "btc_only": len(btc - eth),
        "eth_only": len(eth - btc),
        "neither": len(every - btc - eth),
    }
    assert days["hours_outer"] == len(every)
