"""What an engine did: fills, breakers that tripped, equity; and the trades they make up."""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from barograph.core.time import MOMENT
from barograph.core.types import Floats, Ints
from barograph.trading.risk.catalogue import breakers
from barograph.trading.round_trips import (
    BEGAN,
    ENDED,
    ENTRY,
    EXIT,
    FEES,
    IS_LONG,
    KIND,
    PROFIT,
    QUANTITY,
    SOURCE,
    SYMBOL,
    round_trips,
)

KINDS: Final = ("market", "limit", "stop", "take", "liquidation")
EVENTS: Final = ("losses", "drawdown", "crash", "liquidation", "exhausted")
"""Breakers and ends, by code."""
ENDS: Final = {
    "liquidation": "equity {:.2%} of the positions at the worst prices of the hour",
    "exhausted": "equity {:.2f}: no capital is left",
}
"""Words for the ends, of their values."""


@dataclass(frozen=True, slots=True)
class Record:
    """One run of an engine.

    Attributes
    ----------
    equity : Floats
        Cash and positions at each close, shape ``(n,)``.
    exposure : Floats
        Positions at each close as a multiple of equity, all sides added up, shape ``(n,)``.
    places : Ints
        Of each fill: bar, symbol, kind (``KINDS``) and number of the forecast, shape ``(k, 4)``.
    amounts : Floats
        Of each fill: quantity (negative where sold), price and fee, shape ``(k, 3)``.
    carried : Floats
        Of each bar: funding and borrow paid (negative where received), shape ``(n,)``.
    events : Ints
        Bar, code (``EVENTS``) and hour of release, shape ``(e, 3)``; an hour of -1 is never.
    values : Floats
        What tripped each, shape ``(e,)``: losing trades in a row, fall and move as fractions; of a
        liquidation the part of the exposure that was left as equity; of an end the equity.
    """

    equity: Floats
    exposure: Floats
    places: Ints
    amounts: Floats
    carried: Floats
    events: Ints
    values: Floats

    @property
    def hash(self) -> str:
        """SHA-256 of every fill and breaker, to the last bit."""
        state = hashlib.sha256()
        for part in (self.places, self.amounts, self.events):
            word = "<i8" if part.dtype.kind == "i" else "<f8"
            state.update(np.ascontiguousarray(part, dtype=word).tobytes())
        return state.hexdigest()


def trips(record: Record, hours: Ints) -> pl.DataFrame:
    """Breakers that tripped, and the ends of an account, in words.

    Parameters
    ----------
    record : Record
    hours : Ints
        Of the market the record is of.

    Returns
    -------
    trips : DataFrame
        A row per event: time (UTC, the close of the bar), breaker, reason with the value seen, and
        until (UTC; null where it is never released).
    """
    known = breakers()
    names = [EVENTS[code] for code in record.events[:, 1].tolist()]
    reasons = [
        known[name].words(value) if name in known else ENDS[name].format(value)
        for name, value in zip(names, record.values.tolist(), strict=True)
    ]
    frame = pl.DataFrame(
        {
            "time": hours[record.events[:, 0]],
            "breaker": names,
            "reason": reasons,
            "until": record.events[:, 2],
        },
        schema={"time": pl.Int64, "breaker": pl.String, "reason": pl.String, "until": pl.Int64},
    )
    released = pl.when(pl.col("until") >= 0).then("until").alias("until")
    return frame.with_columns(_moment("time"), _moment(released))


def _moment(hours: str | pl.Expr) -> pl.Expr:
    """Hours since 1970 as moments."""
    counted = pl.col(hours) if isinstance(hours, str) else hours
    return pl.from_epoch(counted * 3600, time_unit="s").cast(MOMENT)


def trades(record: Record, hours: Ints, symbols: tuple[str, ...]) -> pl.DataFrame:
    """Round trips: from flat to flat, or to the other side.

    Parameters
    ----------
    record : Record
    hours : Ints
        Of the market the record is of.
    symbols : tuple of str

    Returns
    -------
    trades : DataFrame
        A row per trip in order of exit: symbol, side, when it was entered and left (UTC, the close
        of the bar), mean prices, largest quantity, fees, profit net of fees (funding apart), how
        it ended, and the forecast it came from. A position still open at the end is no trip.
    """
    whole, parts = round_trips(record.places, record.amounts, len(symbols))
    frame = pl.DataFrame(
        {
            "symbol": pl.Series(symbols).gather(whole[:, SYMBOL]),
            "side": pl.Series(("short", "long")).gather(whole[:, IS_LONG]),
            "entered": hours[whole[:, BEGAN]],
            "left": hours[whole[:, ENDED]],
            "hours": whole[:, ENDED] - whole[:, BEGAN],
            "entry_price": parts[:, ENTRY],
            "exit_price": parts[:, EXIT],
            "quantity": parts[:, QUANTITY],
            "fees": parts[:, FEES],
            "profit": parts[:, PROFIT],
            "ended": pl.Series(KINDS).gather(whole[:, KIND]),
            "source": whole[:, SOURCE],
        },
        schema=TRADES,
    )
    return frame.with_columns(_moment("entered"), _moment("left"))


TRADES: Final = {
    "symbol": pl.String,
    "side": pl.String,
    "entered": pl.Int64,
    "left": pl.Int64,
    "hours": pl.Int64,
    "entry_price": pl.Float64,
    "exit_price": pl.Float64,
    "quantity": pl.Float64,
    "fees": pl.Float64,
    "profit": pl.Float64,
    "ended": pl.String,
    "source": pl.Int64,
}
