"""Real prints and their aggregates."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.unit.simulator.tapes import prints

from barograph.simulator.prints import Prints, read


def test_fills_of_one_order_are_one_aggregate() -> None:
    single = prints(8)
    made = single.aggregated()
    assert made.first.tolist() == [1000, 1001, 1002, 1004, 1005, 1006]
    assert made.last.tolist() == [1000, 1001, 1003, 1004, 1005, 1007]
    assert made.quantity.tolist() == pytest.approx([0.001, 0.002, 0.004, 0.002, 0.003, 0.003])
    assert made.aggregate(2) == {
        "a": 1002, "p": "7002.00000000", "q": "0.00400000", "f": 1002, "l": 1003,
        "T": int(single.moment[2]), "m": False,
    }  # fmt: skip


def test_none_are_none() -> None:
    empty = Prints.of(pl.DataFrame(schema=dict.fromkeys(
        ("trade_ms", "trade_id", "price", "qty", "buyer_is_maker"), pl.Int64
    )))  # fmt: skip
    assert not len(empty.aggregated().moment)
    assert list(empty.page(None, None, None, 10)) == []


def test_a_page_by_id_by_time_and_the_latest() -> None:
    made = prints(40)
    begin = int(made.moment[0])
    assert list(made.page(None, None, 1010, 3)) == [10, 11, 12]
    assert list(made.page(begin + 400, begin + 600, None, 100)) == [4, 5, 6, 7]
    assert list(made.page(None, begin + 600, None, 2)) == [6, 7]


@pytest.mark.real
def test_real_prints_add_up(data_dir: Path) -> None:
    found = read(data_dir)
    assert set(found) == {
        (where, symbol) for where in ("spot", "futures") for symbol in ("BTCUSDT", "ETHUSDT")
    }
    for single in found.values():
        made = single.aggregated()
        assert 0 < len(made.moment) < len(single.moment)
        assert made.quantity.sum() == pytest.approx(single.quantity.sum())
        assert (np.diff(made.first) > 0).all()
        assert (made.first[1:] == made.last[:-1] + 1).all()
