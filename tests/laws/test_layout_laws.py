"""What holds for every layout: its sample is known, alone, and read row for row."""

import gzip
from datetime import timedelta

import pytest
from tests.unit.sources.samples import CLOSES, FIRST, SAMPLES, SECOND

from barograph.core.columns import PARSED_BARS, PARSED_OBSERVATIONS
from barograph.core.payload import Payload, SeriesKey
from barograph.simulator.archive import zipped
from barograph.sources.catalogue import detect, layouts, read

KEY = SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")


def test_every_layout_has_a_sample() -> None:
    assert set(SAMPLES) == set(layouts())


@pytest.mark.parametrize("name", SAMPLES)
def test_exactly_one_layout_recognises_a_sample(name: str) -> None:
    content = SAMPLES[name]
    assert [kind for kind, layout in layouts().items() if layout.recognises(content)] == [name]
    assert detect(content).name == name


@pytest.mark.parametrize("name", SAMPLES)
def test_rows_come_out_as_they_went_in(name: str) -> None:
    layout = layouts()[name]
    rows = read(Payload(KEY, "file", "sample", name, SAMPLES[name]))
    schema = PARSED_BARS if layout.kind == "bars" else PARSED_OBSERVATIONS
    assert dict(rows.schema) == schema
    assert rows["fault"].null_count() == rows.height == 2
    assert rows["row"].to_list() == [0, 1]
    if layout.kind == "bars":
        assert rows["open_time"].to_list() == [FIRST, SECOND]
        assert rows["close"].to_list() == CLOSES
    else:
        assert rows["event_time"].to_list() == [FIRST, SECOND]
        assert rows["value"].to_list() == [0.0001, -0.0002]


@pytest.mark.parametrize("name", SAMPLES)
def test_wrapping_changes_nothing(name: str) -> None:
    content = SAMPLES[name]
    plain = read(Payload(KEY, "file", "sample", name, content))
    squeezed = gzip.compress(content)
    assert detect(squeezed).name == name
    assert read(Payload(KEY, "file", "sample.gz", name, squeezed)).equals(plain)
    if not content.startswith(b"PAR1"):
        boxed = zipped("sample.csv", content.decode())
        assert read(Payload(KEY, "file", "sample.zip", name, boxed)).equals(plain)


def test_only_bars_are_known_at_once() -> None:
    """A bar is final at its close; a settled rate is listed after it, so later, if unsure."""
    for layout in layouts().values():
        assert (layout.delay > timedelta(0)) == (layout.kind == "observations"), layout.name
