"""A layout of one bar a line, so that the lake is tested without any supplier's habits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from barograph.core.columns import BAR_VALUES, PARSED_BARS, PARSED_OBSERVATIONS
from barograph.core.errors import LayoutError
from barograph.core.payload import Layout, Payload, SeriesKey
from barograph.core.time import HOUR

KEY = SeriesKey("bars", "binance_spot", "BTCUSDT", "1h")
RATE = SeriesKey("observations", "binance_perp", "funding_rate_BTCUSDT", "event")
START = datetime(2024, 1, 1, tzinfo=UTC)
LATER = datetime(2024, 6, 1, tzinfo=UTC)

Row = tuple[datetime, float, float, float, float, float]


def bar(hour: int, price: float = 100.0, volume: float = 1.0) -> Row:
    """A plain good bar, ``hour`` hours after ``START``."""
    return (START + hour * HOUR, price, price + 1, price - 1, price, volume)


def content(rows: list[Row]) -> bytes:
    """Rows as the tiny layout writes them: epoch in microseconds, prices, volume."""
    lines = [",".join([str(int(t.timestamp() * 1e6)), *map(repr, rest)]) for t, *rest in rows]
    return "\n".join(lines).encode()


def parse_bars(text: bytes) -> pl.DataFrame:
    """Read the tiny layout; a line that is no six numbers is a fault."""
    if text.startswith(b"DAMAGED"):
        raise LayoutError("the payload is damaged")
    rows = []
    for number, line in enumerate(text.decode().splitlines()):
        row: dict[str, object] = {"row": number, "fault": None}
        try:
            epoch, *values = line.split(",")
            row["open_time"] = int(epoch)
            names = ("open", "high", "low", "close", "volume")
            row |= dict(zip(names, map(float, values), strict=True))
        except ValueError as error:
            row = {"row": number, "fault": f"line {line[:30]!r}: {error}"}
        rows.append({name: row.get(name) for name in PARSED_BARS})
    loose = {**PARSED_BARS, "open_time": pl.Int64()}
    return pl.DataFrame(rows, schema=loose).cast(PARSED_BARS)  # type: ignore[arg-type]


def parse_values(text: bytes) -> pl.DataFrame:
    """Read ``epoch,value`` lines."""
    pairs = [line.split(",") for line in text.decode().splitlines()]
    rows = [
        {"event_time": int(epoch), "value": float(value), "row": number, "fault": None}
        for number, (epoch, value) in enumerate(pairs)
    ]
    loose = {**PARSED_OBSERVATIONS, "event_time": pl.Int64()}
    return pl.DataFrame(rows, schema=loose).cast(PARSED_OBSERVATIONS)  # type: ignore[arg-type]


LAYOUTS = {
    "tiny": Layout("tiny", "bars", lambda _: True, parse_bars, timedelta(0)),
    "tiny_values": Layout(
        "tiny_values", "observations", lambda _: True, parse_values, timedelta(minutes=5)
    ),
}


def payload(rows: list[Row], name: str = "test") -> Payload:
    """Bars as a payload of ``KEY``."""
    return Payload(KEY, "file", name, "tiny", content(rows))


def values(pairs: list[tuple[int, float]]) -> Payload:
    """Values by hours after ``START`` as a payload of ``RATE``."""
    lines = [f"{int((START + h * HOUR).timestamp() * 1e6)},{value!r}" for h, value in pairs]
    return Payload(RATE, "file", "rates", "tiny_values", "\n".join(lines).encode())


def at(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: moment


def parsed(
    rows: list[Row],
    batch: str = "b",
    ingested_at: datetime = LATER,
    delay: timedelta = timedelta(0),
) -> pl.DataFrame:
    """Rows as cleaning takes them."""
    return parse_bars(content(rows)).with_columns(
        batch=pl.lit(batch),
        ingested_at=pl.lit(ingested_at, pl.Datetime("us", "UTC")),
        delay=pl.lit(delay, pl.Duration("us")),
    )


def held(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    """Values of silver bars, to compare."""
    return rows.select(*BAR_VALUES).rows()


def files_below(root: Path) -> int:
    """How many files a folder holds."""
    return sum(1 for path in root.rglob("*") if path.is_file())
