"""Files are found, named and checked; nothing else is read."""

from pathlib import Path

import polars as pl
import pytest
from tests.unit.sources.samples import BARS, KLINES, SAMPLES, parquet

from barograph.core.errors import InputError, LayoutError
from barograph.core.payload import SeriesKey
from barograph.sources.catalogue import read
from barograph.sources.files import payload, payloads, symbols_in
from barograph.sources.names import funding_key, key_of


def bars(venue: str, symbol: str, interval: str = "1h") -> SeriesKey:
    return SeriesKey("bars", venue, symbol, interval)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder as ours are."""
    for name in ("bars", "derivatives", "raw/binance_vision"):
        (tmp_path / name).mkdir(parents=True)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        (tmp_path / f"bars/binance_spot_{symbol}_1h.parquet").write_bytes(parquet(BARS))
        funding = tmp_path / f"derivatives/binance_funding_{symbol}.parquet"
        funding.write_bytes(SAMPLES["observations_parquet"])
    (tmp_path / "bars/binance_spot_BTCUSDT_5m.parquet").write_bytes(parquet(BARS))
    (tmp_path / "derivatives/multivenue_funding.parquet").write_bytes(b"not read")
    (tmp_path / "raw/binance_vision/BTCUSDT-1h-2024-12.csv").write_text(KLINES)
    (tmp_path / "README.md").write_text("not read")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("bars/binance_spot_BTCUSDT_1h.parquet", bars("binance_spot", "BTCUSDT")),
        ("binance_perp_BTCUSDT_1h.parquet", bars("binance_perp", "BTCUSDT")),
        ("binance_perp_BTCUSDT_mark_1h.parquet", bars("binance_perp_mark", "BTCUSDT")),
        ("BTCUSDT-1h-2024-11.zip", bars("binance_spot", "BTCUSDT")),
        ("BTCUSDT-5m-2024-11-05.csv.gz", bars("binance_spot", "BTCUSDT", "5m")),
        ("Bitstamp_BTCUSD_1h.csv", bars("bitstamp_spot", "BTCUSD")),
        ("SOLUSDT_1h.parquet", bars("file", "SOLUSDT")),
        ("solusdt_1h.csv", bars("file", "SOLUSDT")),
        ("BTC_USDT-1h.json", bars("file", "BTCUSDT")),
        ("binance_spot_1000SATSUSDT_1h.csv", bars("binance_spot", "1000SATSUSDT")),
        ("desk_XAU_1d.csv", bars("desk", "XAU", "1d")),
        ("binance_funding_BTCUSDT.parquet", funding_key("BTCUSDT")),
        ("bybit_funding_BTCUSDT.parquet", funding_key("BTCUSDT", "bybit_perp")),
        ("BTCUSDT-fundingRate-2024-11.zip", funding_key("BTCUSDT")),
        ("deribit_BTC_dvol_1h.parquet", None),
        ("hyperliquid_open_interest_1h.parquet", None),
        ("multivenue_funding.parquet", None),
        ("prices.csv", None),
        ("1h.csv", None),
    ],
)
def test_what_a_name_says(name: str, key: SeriesKey | None) -> None:
    assert key_of(name) == key


def test_a_data_folder_gives_bars_and_funding_but_not_the_raw_copies(folder: Path) -> None:
    found = list(payloads(folder))
    assert [item.key.name for item in found] == [
        "binance_spot_BTCUSDT_1h",
        "binance_spot_BTCUSDT_5m",
        "binance_spot_ETHUSDT_1h",
        "binance_perp_funding_rate_BTCUSDT_event",
        "binance_perp_funding_rate_ETHUSDT_event",
    ]
    assert {item.source for item in found} == {"file"}
    assert read(found[0]).height == 2


def test_symbols_and_intervals_choose(folder: Path) -> None:
    found = payloads(folder, symbols=["btc/usdt"], intervals=["1h"])
    assert [item.key.symbol for item in found] == ["BTCUSDT", "funding_rate_BTCUSDT"]


def test_the_raw_copies_can_be_asked_for(folder: Path) -> None:
    (item,) = payloads(folder / "raw")
    assert (item.key, item.layout) == (bars("binance_spot", "BTCUSDT"), "binance_klines_csv")
    assert item.content == KLINES.encode()


def test_one_flat_file_of_a_new_symbol(tmp_path: Path) -> None:
    (tmp_path / "SOLUSDT_1h.parquet").write_bytes(parquet(BARS))
    (tmp_path / ".hidden_BTCUSDT_1h.csv").write_text("never read")
    (tmp_path / "notes.csv").write_text("never read")
    (item,) = payloads(tmp_path)
    assert item.key == bars("file", "SOLUSDT")
    (same,) = payloads(tmp_path / "SOLUSDT_1h.parquet", symbols=["SOLUSDT"])
    assert same == item


def test_a_key_names_a_file_whose_name_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(KLINES)
    with pytest.raises(InputError, match=r"'prices.csv' does not say which series"):
        payload(path)
    (item,) = payloads(path, key=bars("desk", "BTCUSDT"))
    assert item.key.name == "desk_BTCUSDT_1h"
    with pytest.raises(InputError, match="a key names one file"):
        payloads(tmp_path, key=bars("desk", "BTCUSDT"))


def test_a_file_of_another_symbol_is_refused_naming_both(tmp_path: Path) -> None:
    path = tmp_path / "Bitstamp_ETHUSD_1h.csv"
    path.write_bytes(SAMPLES["cryptodatadownload_csv"])
    with pytest.raises(InputError, match="holds BTCUSD where ETHUSD was asked for"):
        payload(path)
    with pytest.raises(InputError, match="holds ETHUSD, asked for BTCUSD"):
        payloads(path, symbols=["BTCUSD"])
    inside = tmp_path / "SOLUSDT_1h.parquet"
    inside.write_bytes(parquet(BARS.with_columns(symbol=pl.lit("BTC/USDT"))))
    with pytest.raises(InputError, match="holds BTCUSDT where SOLUSDT"):
        payload(inside)


def test_symbols_in_content() -> None:
    assert symbols_in(SAMPLES["cryptodatadownload_csv"]) == {"BTCUSD"}
    assert symbols_in(KLINES.encode()) == frozenset()
    assert symbols_in(parquet(BARS)) == frozenset()


def test_what_is_not_there_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no bars of SOLUSDT 1h; it holds binance_spot_BTC"):
        payloads(folder, symbols=["SOLUSDT"], intervals=["1h"])
    with pytest.raises(InputError, match="neither a file nor a folder"):
        payloads(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no file named venue_SYMBOL_interval"):
        payloads(folder / "derivatives", symbols=["SOLUSDT"])


def test_a_file_that_cannot_be_read_or_used(tmp_path: Path) -> None:
    path = tmp_path / "SOLUSDT_1h.csv"
    with pytest.raises(InputError, match="cannot be read: No such file"):
        payload(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(LayoutError, match="no known layout"):
        payload(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        payload(path)
    path.write_bytes(SAMPLES["binance_funding_csv"])
    with pytest.raises(InputError, match="named as bars but holds observations"):
        payload(path)


@pytest.mark.real
def test_the_raw_files_agree_with_our_bars(data_dir: Path) -> None:
    """Four layouts and two units of the epoch, against the same hours gathered elsewhere."""
    ours = {
        item.key: read(item) for item in payloads(data_dir, ["BTCUSDT", "BTCUSD"], intervals=["1h"])
    }
    # A folder that was fetched has archives of other series too.
    raw = [item for item in payloads(data_dir / "raw") if item.key in ours]
    assert raw
    for item in raw:
        theirs = read(item)
        assert theirs["fault"].null_count() == theirs.height
        both = theirs.join(ours[item.key], on="open_time", suffix="_ours")
        # After the outage of 2018-02-09 Binance's bars were off the hour for two days.
        assert both.height > (0.9 if "2018-02" in item.name else 0.97) * theirs.height
        same = (pl.col(name) == pl.col(f"{name}_ours") for name in ("open", "close", "volume"))
        assert both.select(pl.all_horizontal(same).mean()).item() > 0.995
