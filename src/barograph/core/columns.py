"""Schemas of the tables (R-D2): bars and observation series."""

from typing import Final

import polars as pl

from barograph.core.time import MOMENT

PRICES: Final = ("open", "high", "low", "close")
FLOWS: Final = ("volume", "quote_volume", "trades", "taker_buy_base", "taker_buy_quote")

BAR_VALUES: Final[dict[str, pl.DataType]] = {
    "open_time": MOMENT,
    "open": pl.Float64(),
    "high": pl.Float64(),
    "low": pl.Float64(),
    "close": pl.Float64(),
    "volume": pl.Float64(),
    "quote_volume": pl.Float64(),
    "trades": pl.Int64(),
    "taker_buy_base": pl.Float64(),
    "taker_buy_quote": pl.Float64(),
}
"""What a supplier says of a bar; ``volume`` in base units, the flows null where unknown."""

PARSED_BARS: Final[dict[str, pl.DataType]] = {
    **BAR_VALUES,
    "row": pl.Int64(),
    "fault": pl.String(),
}
"""What every bar parser returns: ``row`` is the position in the payload, ``fault`` says what
could not be read (the cell is null then) and is null for a readable row."""

BARS: Final[dict[str, pl.DataType]] = {
    "open_time": MOMENT,
    "close_time": MOMENT,
    **{name: kind for name, kind in BAR_VALUES.items() if name != "open_time"},
    "venue": pl.String(),
    "symbol": pl.String(),
    "interval": pl.String(),
    "flag": pl.String(),
    "available_at": MOMENT,
    "ingested_at": MOMENT,
    "batch": pl.String(),
}
"""Silver bars. ``close_time`` is the event time: the end of what the row describes. ``flag``
marks a row that is kept but suspicious (``jump``), null otherwise."""

PARSED_OBSERVATIONS: Final[dict[str, pl.DataType]] = {
    "event_time": MOMENT,
    "value": pl.Float64(),
    "row": pl.Int64(),
    "fault": pl.String(),
}

OBSERVATIONS: Final[dict[str, pl.DataType]] = {
    "series": pl.String(),
    "event_time": MOMENT,
    "available_at": MOMENT,
    "value": pl.Float64(),
    "revision": pl.Int64(),
    "ingested_at": MOMENT,
    "batch": pl.String(),
}
"""Silver observation series; every vintage of a revised value is a row of its own."""
