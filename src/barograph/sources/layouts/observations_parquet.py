"""Our own observation series as Parquet: ``ts`` is the moment the value was settled."""

from typing import Final

import polars as pl

from barograph.core.payload import SETTLED, Layout
from barograph.sources import cells, parquet

VALUES: Final = ("funding_rate", "value")


def recognises(content: bytes) -> bool:
    """Whether there is a moment, one value we know, and no second key such as a venue."""
    names = set(parquet.columns(content))
    return "ts" in names and len(names) == 2 and bool(names & set(VALUES))


def parse(content: bytes) -> pl.DataFrame:
    """Read the rows, in the order of the file."""
    table = parquet.table(content)
    value = next(name for name in VALUES if name in table.columns)
    return cells.observations(table.rename({"ts": "event_time", value: "value"}))


LAYOUTS = (Layout("observations_parquet", "observations", recognises, parse, SETTLED),)
