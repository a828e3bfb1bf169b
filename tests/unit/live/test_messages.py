"""Frames of the stream: read exactly, refused when malformed, never fatal."""

import orjson
import pytest
from tests.unit.live.klines import HOUR_MS, frame, kline

from barograph.core.errors import LayoutError
from barograph.sources.catalogue import read as rows_of
from barograph.sources.streams.messages import Mark, read, streams_of

START = 1_733_011_200_000


def test_a_kline_is_read_with_or_without_its_envelope() -> None:
    content = frame(START)
    bare = orjson.dumps(orjson.loads(content)["data"])
    one, other = read(content), read(bare)
    assert one is not None
    assert other is not None
    assert one.values == other.values  # type: ignore[union-attr]
    assert one.content == content  # type: ignore[union-attr]


def test_bronze_keeps_the_message_and_silver_reads_the_same_bar() -> None:
    bar = kline(START)
    payload = bar.payload("binance_spot")
    assert payload.content == frame(START)
    row = rows_of(payload).row(0, named=True)
    assert (row["open"], row["close"], row["volume"], row["trades"]) == (100.0, 100.5, 12.5, 9)
    assert row["fault"] is None


def test_a_mark_price_tells_the_funding_rate() -> None:
    content = (
        b'{"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1562305380000,'
        b'"s":"BTCUSDT","p":"11794.15000000","i":"11784.62659091","P":"11784.25641265",'
        b'"r":"0.00038167","T":1562306400000}}'
    )
    assert read(content) == Mark("BTCUSDT", 1562305380000, 11794.15, 0.00038167)


def test_answers_to_subscriptions_say_nothing() -> None:
    assert read(b'{"result":null,"id":1}') is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[1,2]",
        b'{"e":"kline"}',
        b'{"e":"kline","E":1,"k":{"t":1,"i":"1h"}}',
        b'{"code":2,"msg":"Invalid request"}',
        frame(START).replace(b'"99.0"', b'"nan"'),
        frame(START).replace(b'"99.0"', b'"-1"'),
        frame(START).replace(b'"102.0"', b'"50"'),
        frame(START).replace(str(START).encode(), str(START + 1).encode()),
        frame(START)[: len(frame(START)) // 2],
    ],
)
def test_malformed_frames_are_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(LayoutError) as refusal:
        read(content)
    assert "\n" not in str(refusal.value)


def test_streams_are_named_as_binance_names_them() -> None:
    assert streams_of(["BTCUSDT"], ["1h", "5m"]) == ["btcusdt@kline_1h", "btcusdt@kline_5m"]
    assert kline(START).close_time == START + HOUR_MS
