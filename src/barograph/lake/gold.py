"""Gold: the features and targets of a symbol, as they were for one state of the lake."""

from typing import Final

import polars as pl

from barograph.core.errors import LakeError
from barograph.lake.lake import Lake
from barograph.lake.tables import Note

IDENTITY: Final = "barograph.identity"


def gold_table(symbol: str) -> str:
    """Name of the gold table of a symbol."""
    return f"gold/{symbol}"


def write(lake: Lake, symbol: str, table: pl.DataFrame, identity: str) -> int:
    """Keep features and targets; what is there already is not written twice.

    Parameters
    ----------
    lake : Lake
        Where to.
    symbol : str
        Whose features.
    table : DataFrame
        With ``as_of``; columns may differ from earlier versions.
    identity : str
        What the table was made from (data versions, feature set), as a hash: the same identity
        means the same table.

    Returns
    -------
    version : int
        Version that holds it.

    Raises
    ------
    LakeError
        If the table has no ``as_of``, or could not be written.
    """
    if "as_of" not in table.columns:
        raise LakeError(f"gold of {symbol} needs a column as_of, got {', '.join(table.columns)}")
    name = gold_table(symbol)
    if lake.exists(name):
        newest = lake.history(name, 1)[0]
        if newest.words.get(IDENTITY) == identity:
            return newest.version
    return lake.overwrite(name, table, Note(words={IDENTITY: identity}))


def read(lake: Lake, symbol: str, version: int | None = None) -> pl.DataFrame:
    """Features and targets of a symbol, sorted by ``as_of``; at a version if one is named.

    Raises
    ------
    LakeError
        If there is no such table or version.
    """
    return lake.read(gold_table(symbol), version).sort("as_of")
