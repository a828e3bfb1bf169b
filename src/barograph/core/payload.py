"""What a supplier hands us, which series it belongs to, and what a layout is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

import polars as pl


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """Which series a payload belongs to.

    Attributes
    ----------
    kind : str
        ``bars`` or ``observations``.
    venue : str
        Where it was traded or measured, for instance ``binance_spot``; ``simulated`` for the
        simulated market.
    symbol : str
        The venue's own name, for instance ``BTCUSDT``; for observations the series name, for
        instance ``funding_rate_BTCUSDT``.
    interval : str
        Bar interval (``1h``), or ``event`` for observations.
    """

    kind: str
    venue: str
    symbol: str
    interval: str

    @property
    def name(self) -> str:
        """File and table name: ``binance_spot_BTCUSDT_1h``."""
        return f"{self.venue}_{self.symbol}_{self.interval}"


@dataclass(frozen=True, slots=True)
class Payload:
    """Exactly what a supplier sent, kept byte for byte in bronze.

    Attributes
    ----------
    key : SeriesKey
        The series it belongs to.
    source : str
        Who sent it: ``file``, ``ccxt:binance``, ``binance_archive``, ``simulated``.
    name : str
        File name or request, for people.
    layout : str
        Name of the layout that reads it.
    content : bytes
        The bytes as sent (still compressed where they came so).
    """

    key: SeriesKey
    source: str
    name: str
    layout: str
    content: bytes


FINAL_AT_CLOSE: Final = timedelta(0)
"""Delay of bars: venues stream a bar's last state at its close, and it is final then; who fetches
it a moment later gets the same bar."""

SETTLED: Final = timedelta(minutes=1)
"""Delay of funding rates: settled on the hour, listed within seconds after it. If unsure when a
value was known, it was known later: the hour of the settlement itself does not see it."""

Parse: TypeAlias = Callable[[bytes], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Layout:
    """One way suppliers write rows down; the files of ``sources`` end in ``LAYOUTS``.

    Attributes
    ----------
    name : str
        Unique, for instance ``binance_klines_csv``.
    kind : str
        ``bars`` or ``observations``.
    recognises : Callable[[bytes], bool]
        Whether (uncompressed) content is in this layout; looks at its beginning only.
    parse : Parse
        Pure. Content to rows of ``PARSED_BARS`` or ``PARSED_OBSERVATIONS``: one row out per row
        in, in the order of the payload, nothing dropped; what cannot be read is null with its
        ``fault`` said.
    delay : timedelta
        From the end of what a row describes to the first moment anyone could have used it, taken
        from the supplier's worst habit. Every layout says its own; there is no default.
    """

    name: str
    kind: str
    recognises: Callable[[bytes], bool]
    parse: Parse
    delay: timedelta
