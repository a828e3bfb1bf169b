"""Rows that may not be used are named with their reason; legs of other calendars side by side."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import orjson
import polars as pl
import pytest

from barograph.core.errors import InputError, NotEnoughDataError
from barograph.core.hashing import digest
from barograph.core.time import HOUR
from barograph.pair.heartbeat import Heartbeat
from barograph.pair.prepare import CLEAN, RAW, paired
from barograph.pair.workspace import Workspace, read_table
from barograph.pipelines.pair_download import Leg, store
from barograph.pipelines.pair_prepare import TRACE, clean_stem, lines, load, prepare, raw_stem

START = datetime(2024, 1, 1, tzinfo=UTC)
ARRIVED = datetime(2024, 2, 1, tzinfo=UTC)
QUIET = Heartbeat(lambda _: None)


def raw(first: int, hours: int, price: float = 100.0) -> pl.DataFrame:
    """Good raw bars, so many hours from an hour on."""
    close = price * np.exp(0.001 * np.sin(np.arange(first, first + hours)))
    table = pl.DataFrame(
        {
            "ts": [START + n * HOUR for n in range(first, first + hours)],
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "volume": np.full(hours, 3.0),
        }
    ).with_columns(pl.lit(ARRIVED).alias("arrived_at"))
    absent = [pl.lit(None, kind).alias(n) for n, kind in RAW.items() if n not in table.columns]
    return table.with_columns(absent).select(pl.col(n).cast(kind) for n, kind in RAW.items())


def changed(table: pl.DataFrame, row: int, **cells: object) -> pl.DataFrame:
    """The table with other cells in a row."""
    here = pl.int_range(pl.len()) == row
    return table.with_columns(
        pl.when(here).then(pl.lit(cell, RAW[name])).otherwise(pl.col(name)).alias(name)
        for name, cell in cells.items()
    )


def stored(root: Path, btc: pl.DataFrame, eth: pl.DataFrame, venue: str = "here") -> Workspace:
    place = Workspace(root / "pair")
    with place.held():
        legs = {"BTC": Leg(btc, venue, "a test"), "ETH": Leg(eth, venue, "a test")}
        store(place, legs, ARRIVED)
    return place


def test_every_kind_of_bad_row_is_refused_with_its_reason(tmp_path: Path) -> None:
    bad = raw(0, 48)
    bad = changed(bad, 3, high=90.0)
    bad = changed(bad, 5, close=float("nan"))
    bad = changed(bad, 7, volume=-2.0)
    bad = changed(bad, 9, ts=START + 9 * HOUR + timedelta(minutes=30))
    bad = changed(bad, 11, ts=None, unreadable="open_time 'yesterday' is not a moment")
    bad = changed(bad, 13, low=0.0)
    bad = changed(bad, 15, arrived_at=START + 15.5 * HOUR)
    twice = pl.concat([bad, bad[20:22]])
    shuffled = twice.sample(fraction=1.0, shuffle=True, seed=3)
    place = stored(tmp_path, shuffled, raw(0, 48, 7.0))
    trace = prepare(place, QUIET)
    leg = trace["legs"]["BTC"]
    assert leg["rows"] == {
        "read": 50, "kept": 41, "duplicates": 2, "quarantined": 7, "flagged": 0,
    }  # fmt: skip
    assert leg["reasons"] == {
        "close not finite": 1, "high below low": 1, "low not positive": 1,
        "not ended when it came in": 1, "off the grid": 1, "unreadable": 1, "volume negative": 1,
    }  # fmt: skip
    refused = (place.clean / "btc_1h_refused.csv").read_text().splitlines()
    assert len(refused) == 1 + 7
    assert any("high below low: 90.0 < 9" in line for line in refused)
    kept = read_table(clean_stem(place, "BTC").with_suffix(".csv"), CLEAN)
    gone = {3, 5, 7, 9, 11, 13, 15}
    assert kept["open_time"].to_list() == [START + n * HOUR for n in range(48) if n not in gone]
    assert leg["missing"] == 7


def test_a_bar_that_was_corrected_is_the_later_one(tmp_path: Path) -> None:
    later = changed(raw(0, 24)[5:6], 0, close=100.5, arrived_at=ARRIVED + HOUR)
    place = stored(tmp_path, pl.concat([raw(0, 24), later]), raw(0, 24))
    trace = prepare(place, QUIET)
    assert trace["legs"]["BTC"]["reasons"] == {"contradicted by a row of the same time": 1}
    pair, _ = load(place)
    assert pair["btc_close"][5] == 100.5


def test_legs_of_other_calendars(tmp_path: Path) -> None:
    """BTC from hour 0 to 29 without hour 12; ETH from hour 10 to 39 without hours 12 and 20."""
    btc = raw(0, 30).filter(pl.col("ts") != START + 12 * HOUR)
    eth = raw(10, 30, 7.0).filter(~pl.col("ts").is_in([START + 12 * HOUR, START + 20 * HOUR]))
    place = stored(tmp_path, btc, eth)
    days = prepare(place, QUIET)["calendar"]
    inner, _ = load(place)
    outer, _ = load(place, "outer")
    assert inner["open_time"].to_list() == [
        START + n * HOUR for n in range(10, 30) if n not in {12, 20}
    ]
    assert inner.null_count().select(pl.col("btc_close", "eth_close")).row(0) == (0, 0)
    assert outer["open_time"].to_list() == [START + n * HOUR for n in range(40)]
    assert outer["close_time"].to_list() == [START + (n + 1) * HOUR for n in range(40)]
    absent = outer["eth_close"].is_null().to_list()
    assert [n for n, gone in enumerate(absent) if gone] == [*range(10), 12, 20]
    assert {k: v for k, v in days.items() if k.startswith("hours")} == {
        "hours_both": 18, "hours_btc_only": 11, "hours_eth_only": 10, "hours_neither": 1,
        "hours_outer": 40,
    }  # fmt: skip


def test_legs_that_never_meet_are_one_line(tmp_path: Path) -> None:
    place = stored(tmp_path, raw(0, 24), raw(100, 24))
    with pytest.raises(NotEnoughDataError, match="no hour has bars of both legs: BTC 2024-01-01"):
        prepare(place, QUIET)
    assert not (place.clean / TRACE).exists(), "the trace says that the rest is whole"


def test_a_leg_without_a_usable_bar_is_one_line(tmp_path: Path) -> None:
    spoilt = raw(0, 3).with_columns(high=pl.lit(1.0))
    place = stored(tmp_path, spoilt, raw(0, 3))
    with pytest.raises(NotEnoughDataError, match=r"no usable bar.*high below low"):
        prepare(place, QUIET)


def test_the_trace_names_every_file_by_its_hash_and_a_changed_one_is_refused(
    tmp_path: Path,
) -> None:
    place = stored(tmp_path, raw(0, 24), raw(0, 24))
    trace = prepare(place, QUIET)
    assert orjson.loads((place.clean / TRACE).read_bytes()) == trace
    for symbol in ("BTC", "ETH"):
        leg = trace["legs"][symbol]
        assert digest((place.raw / leg["raw"]["file"]).read_bytes()) == leg["raw"]["sha256"]
        assert len(leg["files"]) == 3
        for name, wanted in leg["files"].items():
            assert digest((place.clean / name).read_bytes()) == wanted
            assert name.startswith(symbol.lower())
        csv, parquet = (
            read_table(clean_stem(place, symbol).with_suffix(end), CLEAN)
            for end in (".csv", ".parquet")
        )
        assert csv.equals(parquet)
    raw(0, 5).write_parquet(clean_stem(place, "ETH").with_suffix(".parquet"))
    with pytest.raises(InputError, match=r"eth_1h_clean\.parquet is not what was prepared"):
        load(place)


def test_preparing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    place = stored(tmp_path, raw(0, 48), raw(0, 48))
    first = prepare(place, QUIET, lambda: ARRIVED)
    content = {path.name: path.read_bytes() for path in place.clean.iterdir()}
    assert prepare(place, QUIET, lambda: ARRIVED) == first
    assert {path.name: path.read_bytes() for path in place.clean.iterdir()} == content


def test_bars_that_came_anew_must_be_prepared_anew(tmp_path: Path) -> None:
    place = stored(tmp_path, raw(0, 24), raw(0, 24))
    prepare(place, QUIET)
    stored(tmp_path, raw(0, 30), raw(0, 30))
    with pytest.raises(InputError, match="not prepared"):
        load(place)
    prepare(place, QUIET)
    assert load(place)[0].height == 30


def test_raw_files_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    place = stored(tmp_path, raw(0, 24), raw(0, 24))
    raw(0, 23).write_parquet(raw_stem(place, "BTC").with_suffix(".parquet"))
    with pytest.raises(InputError, match=r"btc_1h_all\.parquet and btc_1h_all\.csv .* differ"):
        prepare(place, QUIET)


def test_bars_of_ones_own_in_csv_are_taken_and_the_trace_says_so(tmp_path: Path) -> None:
    place = stored(tmp_path, raw(0, 24), raw(0, 24))
    raw_stem(place, "BTC").with_suffix(".parquet").unlink()
    text = raw_stem(place, "BTC").with_suffix(".csv").read_text()
    raw_stem(place, "BTC").with_suffix(".csv").write_text(text.replace(",3.0,", ",4.0,", 1))
    trace = prepare(place, QUIET)
    assert trace["legs"]["BTC"]["source"]["changed_since"] is True
    assert trace["legs"]["ETH"]["source"]["changed_since"] is False
    assert any("not the one that was downloaded" in line for line in lines(trace))


def test_simulated_bars_say_so(tmp_path: Path) -> None:
    place = stored(tmp_path, raw(0, 24), raw(0, 24), "simulated")
    trace = prepare(place, QUIET)
    assert trace["simulated"] is True
    assert lines(trace)[-1].startswith("SIMULATED bars")


def test_a_workspace_that_is_not_prepared_says_what_to_run(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "pair")
    with pytest.raises(InputError, match="barograph pair download"):
        prepare(place, QUIET)
    with pytest.raises(InputError, match="barograph pair prepare"):
        load(place)


def test_pairing_is_symmetric_in_the_order_of_rows() -> None:
    legs = {
        symbol: pl.DataFrame(
            {"open_time": [START, START + HOUR], "close_time": [START + HOUR, START + 2 * HOUR]}
        ).with_columns(
            pl.lit(1.0).alias(name) if name != "flag" else pl.lit(None, pl.String).alias(name)
            for name in ("open", "high", "low", "close", "volume", "flag")
        )
        for symbol in ("BTC", "ETH")
    }
    turned = {symbol: leg.reverse() for symbol, leg in legs.items()}
    assert paired(turned, "inner").equals(paired(legs, "inner"))
    assert paired(turned, "outer").equals(paired(legs, "outer"))
