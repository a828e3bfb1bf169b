"""Damaged rows are kept and say what is wrong; epochs are told by their size."""

from datetime import UTC, datetime

import polars as pl
import pytest
from tests.unit.sources.samples import BARS, FIRST, KLINES, SAMPLES, parquet

from barograph.core.errors import InputError, LayoutError
from barograph.core.payload import Payload, SeriesKey
from barograph.sources.catalogue import detect, layouts, read

KEY = SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")


def rows(content: bytes) -> pl.DataFrame:
    return read(Payload(KEY, "file", "sample", detect(content).name, content))


def test_binance_header_and_no_header_agree() -> None:
    header = (
        "Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,"
        "Taker buy base asset volume,Taker buy quote asset volume,Ignore\n"
    )
    assert rows((header + KLINES).encode()).equals(rows(KLINES.encode()))


@pytest.mark.parametrize("written", ["1733011200", "1733011200.0", "1733011200000",
                                     "1733011200000000", "1733011200000000000",
                                     "2024-12-01 00:00:00", "2024-12-01T00:00:00Z",
                                     "2024-12-01T02:00:00+02:00", "2024-12-01 12-AM",
                                     "2024-12-01", "2024-12-01 00:00"])  # fmt: skip
def test_every_way_to_write_a_moment(written: str) -> None:
    content = f"timestamp,open,high,low,close\n{written},1,2,0.5,1.5\n".encode()
    assert rows(content)["open_time"].to_list() == [FIRST]


def test_epochs_may_change_their_unit_from_row_to_row() -> None:
    micros = KLINES.replace("1733014800000,", "1735689600000000,")
    parsed = rows(micros.encode())
    assert parsed["open_time"].to_list() == [FIRST, datetime(2025, 1, 1, tzinfo=UTC)]
    assert parsed["fault"].null_count() == 2


def test_damaged_rows_are_kept_in_their_place_and_say_why() -> None:
    lines = KLINES.splitlines()
    damaged = [
        lines[0],
        "1733014800000,oops,96516.0,96044.21,96106.62,7,1733018399999,7,1,2,2,0",
        "17330,1,2,0.5,1.5,7,1733018399999,7,1,2,2,0",
        "1733018400000,1,2",
        lines[1],
        "1733022000000,1,2,0.5,,7,1733018399999,7,1,2,2,0",
        "1733025600000,1,2,0.5,1.5,seven,1733018399999,,1,2,2,0",
        lines[1],
        lines[1],
    ]
    parsed = rows("\n".join(damaged).encode())
    assert parsed["row"].to_list() == list(range(9))
    assert parsed["fault"].to_list() == [
        None,
        "open 'oops' is not a number",
        "open_time '17330' is not a moment",
        "3 cells, wanted 12",
        None,
        "close '' is not a number",
        "volume 'seven' is not a number",
        None,
        None,
    ]
    assert parsed["open"][1] is None
    assert parsed["quote_volume"][6] is None


def test_bytes_that_are_no_text_spoil_their_own_row_only() -> None:
    broken = KLINES.encode() + b"\xff\xfe\x00garbage\n" + KLINES.encode()
    assert rows(broken)["fault"].null_count() == 4


def test_date_and_epoch_must_be_one_moment() -> None:
    content = SAMPLES["cryptodatadownload_csv"].replace(b"01-AM", b"03-AM")
    assert rows(content)["fault"].to_list() == [
        None,
        "'1733014800.0' and '2024-12-01 03-AM' are not one moment",
    ]


def test_quote_volume_is_the_one_in_the_quote_currency() -> None:
    head = b"date,symbol,open,high,low,close,Volume USDT,Volume BTC\n"
    parsed = rows(head + b"2024-12-01 00:00:00,BTC/USDT,1,2,0.5,1.5,150,100\n")
    assert (parsed["volume"][0], parsed["quote_volume"][0]) == (100.0, 150.0)
    head = b"date,symbol,open,high,low,close,Volume SOL,Volume XYZ\n"
    parsed = rows(head + b"2024-12-01 00:00:00,SOL/XYZ,1,2,0.5,1.5,150,100\n")
    assert (parsed["volume"][0], parsed["quote_volume"][0]) == (150.0, 100.0)


@pytest.mark.parametrize(
    "moment",
    [
        pl.col("ts").dt.replace_time_zone(None),
        pl.col("ts").dt.convert_time_zone("America/New_York"),
        pl.col("ts").dt.cast_time_unit("ns"),
        pl.col("ts").dt.epoch("s"),
        pl.col("ts").dt.strftime("%Y-%m-%d %H:%M:%S"),
    ],
)
def test_parquet_moments_of_any_kind(moment: pl.Expr) -> None:
    content = parquet(BARS.select(moment.alias("Open_Time"), pl.exclude("ts")))
    assert rows(content)["open_time"].to_list() == BARS["ts"].to_list()


def test_parquet_date_is_midnight() -> None:
    content = parquet(BARS.head(1).with_columns(pl.col("ts").dt.date()))
    assert rows(content)["open_time"].to_list() == [FIRST]


def test_json_rows_that_are_none_are_kept() -> None:
    content = b'[[1733011200000,1,2,0.5,1.5,3],{"x":1},[1733014800000,1],[null,1,2,0.5,1.5,null]]'
    assert rows(content)["fault"].to_list() == [
        None,
        "\"{'x': 1}\" is not a row of 6 cells",
        "2 cells, wanted 6",
        "open_time '' is not a moment",
    ]


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"a,b,c\n1,2,3\n", "the first line 'a,b,c'"),
        (b"hello\n", "the first line 'hello'"),
        (b'{"code": -1121}', "the first line"),
        (b"[]", "the first line '[]'"),
        (b"[[1,2", "the first line"),
        (b"\x00\x01\x02\x03", "the bytes 00 01 02 03"),
        (parquet(pl.DataFrame({"ts": [FIRST], "dvol": [0.5]})), "the columns ts, dvol"),
    ],
)
def test_an_unknown_layout_is_refused_with_what_was_seen(content: bytes, seen: str) -> None:
    with pytest.raises(LayoutError, match="no known layout") as caught:
        detect(content, "mine.csv")
    assert seen in str(caught.value)
    assert str(caught.value).startswith("mine.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"  \n \n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="is empty"):
        detect(content, "mine.csv")


def test_a_truncated_parquet_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"mine: Parquet file of 200 bytes is damaged"):
        detect(parquet(BARS)[:200], "mine")


def test_a_damaged_parquet_is_refused_when_read() -> None:
    content = bytearray(parquet(BARS))
    content[4:60] = b"\xff" * 56
    with pytest.raises(LayoutError, match=r"Parquet file of \d+ bytes is damaged"):
        read(Payload(KEY, "file", "mine", "bars_parquet", bytes(content)))


def test_a_layout_that_is_not_ours_is_refused() -> None:
    with pytest.raises(LayoutError, match="layout 'nope'; known layouts: bars_parquet"):
        read(Payload(KEY, "file", "mine", "nope", b"x"))


def test_an_error_message_in_place_of_rows_is_refused() -> None:
    with pytest.raises(LayoutError, match="a list of rows was wanted"):
        layouts()["binance_klines_json"].parse(b'{"code":-1}')
    with pytest.raises(LayoutError, match="malformed JSON"):
        layouts()["binance_klines_json"].parse(b"[[1,")
    assert layouts()["binance_klines_json"].parse(b"[]").is_empty()


def test_header_names_are_made_unique() -> None:
    content = b",ts,open,high,low,close,close\n0,1733011200,1,2,0.5,1.5,9\n"
    assert rows(content)["close"].to_list() == [1.5]
