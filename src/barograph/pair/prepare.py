"""Bars of both legs made fit for use: judged row by row, counted, and put side by side.

1. A row is refused where it is unreadable, off the hour, not finite, not positive, or where its
   prices contradict each other, by the rules of the lake (:mod:`barograph.lake.cleaning`); a
   missing hour stays missing.
2. The legs are put side by side by the hour they opened in: ``inner`` keeps the hours that both
   legs have, ``outer`` has every hour from the first bar of either leg to the last, with nulls
   where a leg has no bar. Nothing is carried forward.
"""

from typing import Final, Literal, TypeAlias

import polars as pl

from barograph.core.columns import BAR_VALUES, BARS
from barograph.core.errors import NotEnoughDataError
from barograph.core.payload import FINAL_AT_CLOSE, SeriesKey
from barograph.core.time import HOUR, MOMENT
from barograph.lake.cleaning import ORIGIN, Cleaned, clean
from barograph.pair.workspace import SYMBOLS

How: TypeAlias = Literal["inner", "outer"]

RAW: Final[dict[str, pl.DataType]] = {
    ("ts" if name == "open_time" else name): kind for name, kind in BAR_VALUES.items()
} | {"arrived_at": MOMENT, "unreadable": pl.String()}
"""Bars as they came: ``ts`` is the OPEN time, ``arrived_at`` when the row came in, and
``unreadable`` says what could not be read (the cell is null then)."""

CLEAN: Final[dict[str, pl.DataType]] = {
    name: BARS[name]
    for name in ("open_time", "close_time", "available_at", *list(BAR_VALUES)[1:], "flag")
}
"""Bars that may be used, sorted by ``open_time``, one an hour; ``flag`` marks a jump."""

LEG: Final = ("open", "high", "low", "close", "volume", "flag")
"""What is put side by side, as ``btc_open`` and so on."""


def cleaned(raw: pl.DataFrame, symbol: str, venue: str, batch: str) -> Cleaned:
    """Judge the rows of one leg.

    Parameters
    ----------
    raw : DataFrame
        Schema ``RAW``, in any order.
    symbol, venue : str
        ``BTC`` or ``ETH``, and whose bars they are.
    batch : str
        Hash of the file they came in.

    Returns
    -------
    cleaned : Cleaned
        Its ``silver`` has the schema ``BARS``; read = silver + duplicates + quarantined.
    """
    delay = pl.lit(FINAL_AT_CLOSE, ORIGIN["delay"])
    rows = raw.rename({"ts": "open_time", "unreadable": "fault"}).with_columns(
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        batch=pl.lit(batch),
        ingested_at=pl.col("arrived_at"),
        delay=delay,
    )
    return clean(rows.drop("arrived_at"), SeriesKey("bars", venue, symbol, "1h"))


def paired(legs: dict[str, pl.DataFrame], how: How = "inner") -> pl.DataFrame:
    """Both legs side by side.

    Parameters
    ----------
    legs : dict of str to DataFrame
        ``BTC`` and ``ETH``, schema ``CLEAN``.
    how : str
        ``inner`` or ``outer``.

    Returns
    -------
    pair : DataFrame
        ``open_time``, ``close_time``, then ``btc_open`` ... ``eth_flag``; sorted, one row an hour.

    Raises
    ------
    NotEnoughDataError
        If the legs have no hour in common.
    """
    keys = ["open_time", "close_time"]
    told = [
        legs[symbol].select(
            *keys, *(pl.col(name).alias(f"{symbol.lower()}_{name}") for name in LEG)
        )
        for symbol in SYMBOLS
    ]
    both = told[0].join(told[1], on=keys, how="inner").sort("open_time")
    if both.is_empty():
        spans = "; ".join(f"{symbol} {_span(legs[symbol])}" for symbol in SYMBOLS)
        raise NotEnoughDataError(f"no hour has bars of both legs: {spans}; download both anew")
    if how == "inner":
        return both
    opened = pl.concat([one["open_time"] for one in told])
    hours = pl.datetime_range(opened.min(), opened.max(), HOUR, eager=True)  # type: ignore[arg-type]
    grid = pl.DataFrame({"open_time": hours}, schema={"open_time": MOMENT})
    grid = grid.with_columns(close_time=pl.col("open_time") + HOUR)
    for leg in told:
        grid = grid.join(leg, on=keys, how="left")
    return grid.sort("open_time")


def calendar(legs: dict[str, pl.DataFrame]) -> dict[str, object]:
    """Hours that both legs have, and hours that one of them lacks, as JSON values."""
    inner, outer = paired(legs, "inner"), paired(legs, "outer")
    btc, eth = (outer[f"{symbol.lower()}_close"].is_not_null() for symbol in SYMBOLS)
    return {
        "inner": "hours that both legs have",
        "outer": "every hour from the first bar of either leg to the last",
        "first_common": inner["open_time"].min(),
        "last_common": inner["open_time"].max(),
        "hours_both": int((btc & eth).sum()),
        "hours_btc_only": int((btc & ~eth).sum()),
        "hours_eth_only": int((eth & ~btc).sum()),
        "hours_neither": int((~btc & ~eth).sum()),
        "hours_outer": outer.height,
    }


def _span(leg: pl.DataFrame) -> str:
    if leg.is_empty():
        return "has no bar"
    first, last = leg["open_time"].dt.strftime("%Y-%m-%d %H:%M").sort().gather([0, -1])
    return f"{first} to {last}"
