"""What suppliers call the columns of a bar."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from barograph.sources.cells import FAULT

TIMES: Final = (
    "open_time",
    "opentime",
    "ts",
    "unix",
    "unix_timestamp",
    "timestamp",
    "time",
    "datetime",
    "date",
)
"""Names of the opening time, the surest first; a second one found is checked against the first."""

PRICES: Final = ("open", "high", "low", "close")
BASE_VOLUMES: Final = ("volume", "vol", "base_volume", "base_asset_volume")
QUOTE_VOLUMES: Final = ("quote_volume", "quote_asset_volume", "volume_quote", "volume_currency")
QUOTES: Final = ("usd", "usdt", "usdc", "busd", "eur", "gbp", "jpy", "try", "quote", "currency")
OTHERS: Final = {
    "trades": ("trades", "count", "number_of_trades", "tradecount", "trade_count"),
    "taker_buy_base": (
        "taker_buy_base",
        "taker_buy_volume",
        "taker_buy_base_volume",
        "taker_buy_base_asset_volume",
    ),
    "taker_buy_quote": (
        "taker_buy_quote",
        "taker_buy_quote_volume",
        "taker_buy_quote_asset_volume",
    ),
}


def is_bars(names: Sequence[str]) -> bool:
    """Whether columns name a moment and the four prices."""
    return set(PRICES) <= set(names) and any(name in TIMES for name in names)


def bar_columns(names: Sequence[str]) -> dict[str, str]:
    """Our name of each column that describes a bar.

    Parameters
    ----------
    names : sequence of str
        The supplier's names, plain (``csv_text.plain_name``).

    Returns
    -------
    ours : dict of str to str
        Our name to the supplier's; ``open_time`` is the surest name of a moment, ``date`` the
        next one. Columns of no meaning here are left out.
    """
    ours = {name: name for name in PRICES if name in names}
    moments = [name for name in TIMES if name in names]
    ours.update(zip(("open_time", "date"), moments, strict=False))
    for mine, theirs in OTHERS.items():
        held = [name for name in theirs if name in names]
        ours |= {mine: held[0]} if held else {}
    return ours | _volumes(names)


def _volumes(names: Sequence[str]) -> dict[str, str]:
    """Base and quote volume; of ``Volume BTC`` and ``Volume USD`` the latter is the quote's."""
    base = [name for name in BASE_VOLUMES if name in names]
    quote = [name for name in QUOTE_VOLUMES if name in names]
    for name in names:
        if name.startswith("volume_") and name not in QUOTE_VOLUMES:
            (quote if name.removeprefix("volume_") in QUOTES else base).append(name)
    quote = quote or base[1:]
    found = {"volume": base[:1], "quote_volume": quote[:1]}
    return {mine: theirs[0] for mine, theirs in found.items() if theirs}


def ours(table: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Columns under our names, and ``fault`` where the table has it."""
    kept = [pl.col(theirs).alias(mine) for mine, theirs in bar_columns(names).items()]
    return table.select(*kept, *(name for name in (FAULT,) if name in table.columns))
