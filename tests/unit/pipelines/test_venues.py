"""Which venue's bars are forecast, and that an audit would choose the same."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.end_to_end.conftest import supplied

from barograph.core.errors import NotEnoughDataError
from barograph.core.settings import Settings, WalkForward
from barograph.core.time import HOUR
from barograph.lake.lake import Lake
from barograph.pipelines.dataset import Reader, choose_venue, real_venues
from barograph.pipelines.gather import from_files

SETTINGS = Settings(
    size="small",
    symbols=("BTCUSDT",),
    peers=(),
    venues=("binance_spot", "bybit_spot", "coinbase_spot", "simulated"),
    models=("har_x",),
    walk_forward=WalkForward(train_days=10),
    seed=1,
)


def lake_of(root: Path, **hours: int) -> Lake:
    """A lake with bars of each venue up to some hour."""
    frame = supplied(600)
    for venue, stop in hours.items():
        frame.head(stop).write_parquet(root / f"{venue}_BTCUSDT_1h.parquet")
    lake = Lake(root / "lake")
    from_files(lake, [root])
    return lake


def chosen(lake: Lake) -> str:
    reader = Reader(lake, None, None)
    venue = choose_venue(reader, SETTINGS, "BTCUSDT")
    again = Reader(lake, reader.as_of, None)  # as an audit does
    assert choose_venue(again, SETTINGS, "BTCUSDT") == venue
    assert again.as_of == reader.as_of
    return venue


@pytest.mark.parametrize(
    ("hours", "venue"),
    [
        ({"binance_spot": 590, "bybit_spot": 600}, "binance_spot"),
        ({"binance_spot": 400, "bybit_spot": 600}, "bybit_spot"),
        ({"binance_spot": 400, "coinbase_spot_usd": 600}, "coinbase_spot_usd"),
        ({"binance_spot": 400, "binance_perp": 600}, "binance_spot"),
        ({"binance_perp_mark": 600, "gemini_spot": 300}, "gemini_spot"),
        ({"simulated": 600, "bybit_spot": 300}, "bybit_spot"),
        ({"simulated": 600}, "simulated"),
        # Stale beside the freshest, not beside the one that is preferred to it.
        ({"binance_spot": 500, "bybit_spot": 540, "coinbase_spot": 580}, "binance_spot"),
    ],
)
def test_the_preferred_venue_unless_it_is_stale(
    tmp_path: Path, hours: dict[str, int], venue: str
) -> None:
    assert chosen(lake_of(tmp_path, **hours)) == venue


def test_marks_are_not_traded(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, binance_perp_mark=300, kraken_spot=300, coinbase_spot_usd=300)
    assert real_venues(lake, SETTINGS)[-2:] == ("coinbase_spot_usd", "kraken_spot")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, binance_spot=300)
    with pytest.raises(NotEnoughDataError, match="did you mean BTCUSDT"):
        choose_venue(Reader(lake, None, None), SETTINGS, "BTCUSTD")
    first = lake.bars("BTCUSDT", "1h", ("binance_spot",))["open_time"][0]
    with pytest.raises(NotEnoughDataError, match="name a later --as-of"):
        choose_venue(Reader(lake, first, None), SETTINGS, "BTCUSDT")
    reader = Reader(lake, first + 5 * HOUR + timedelta(minutes=20), None)
    choose_venue(reader, SETTINGS, "BTCUSDT")
    assert reader.as_of == first + 5 * HOUR
