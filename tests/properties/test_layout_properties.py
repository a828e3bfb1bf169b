"""However a file is damaged, every line comes out once, in its place, and nothing is made up."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from barograph.core.errors import InputError
from barograph.sources.catalogue import detect
from barograph.sources.csv_text import lines
from barograph.sources.layouts.binance_klines_csv import parse

GOOD = "1733011200000,1.5,2.5,0.5,2.0,3.5,1733014799999,7.5,8,1.25,2.25,0"
LINE = st.text(alphabet=st.characters(blacklist_characters="\r\n"), min_size=1).filter(str.strip)


@given(st.lists(st.one_of(st.just(GOOD), LINE), min_size=1, max_size=30))
def test_one_row_out_per_line_in(written: list[str]) -> None:
    content = "\n".join([GOOD, *written]).encode("utf-8", errors="replace")
    rows = parse(content)
    held = lines(content)
    assert rows.height == len(held)
    assert rows["row"].to_list() == list(range(rows.height))
    good = [line == GOOD for line in held]
    faultless = rows.filter(pl.col("fault").is_null())["row"].to_list()
    assert {place for place, fine in enumerate(good) if fine} <= set(faultless)
    prices = rows.filter(pl.Series(good)).select("open", "high", "low", "close", "trades")
    assert prices.unique().rows() == [(1.5, 2.5, 0.5, 2.0, 8)]


MAGIC = st.sampled_from([b"", b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"[[", b"[{", GOOD.encode()])


@given(MAGIC, st.binary(max_size=400))
def test_any_content_is_known_or_refused_in_one_line(magic: bytes, content: bytes) -> None:
    said = ""
    try:
        detect(magic + content).parse(magic + content)
    except InputError as error:
        said = str(error)
    assert len(said.splitlines()) <= 1


@given(
    st.sampled_from([1, 1_000, 1_000_000, 1_000_000_000]),
    st.integers(min_value=1_230_768_000, max_value=4_102_444_800),
)
def test_an_epoch_is_the_same_moment_in_every_unit(factor: int, seconds: int) -> None:
    rows = parse(GOOD.replace("1733011200000", str(seconds * factor), 1).encode())
    assert rows["open_time"].dt.epoch("s").to_list() == [seconds]
