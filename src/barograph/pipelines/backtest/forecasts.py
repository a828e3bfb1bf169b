"""Forecasts to trade, each from the hour in which it was known: of a file, or of the ledger.

A forecast of a file is the walk-forward's: made of what was known at its origin, and traded from
that hour. A forecast of the ledger was published at a moment, and the law is stricter: a decision
at a close sees it only if it was published by then. One that is published some seconds after its
hour is traded an hour later; one that is published after its target time is never seen.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from barograph.core.errors import InputError
from barograph.core.levels import LEVELS, column
from barograph.core.time import HOUR, MOMENT, parse_moment
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Entry, Ledger
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.backtest.plan import Plan
from barograph.trading.odds import odds

TOLD: Final = {
    "symbol": pl.String(),
    "as_of": MOMENT,
    "decided": MOMENT,
    "mean": pl.Float64(),
    "vol": pl.Float64(),
    "p_up": pl.Float64(),
    "source": pl.Int64(),
    "simulated": pl.Boolean(),
}
"""A forecast, the close from which on it is known, and its number in the ledger (0: none)."""
QUANTILES: Final = tuple(column(level) for level in LEVELS)
ODDS: Final = ("gain", "loss")
"""Columns beside ``TOLD`` where positions are sized by them; see ``trading.odds``."""


def told_of(lake: Lake, path: Path | None, plan: Plan) -> pl.DataFrame:
    """Forecasts of a plan's symbols and horizon.

    Parameters
    ----------
    lake : Lake
        Whose ledger is read where no file is named.
    path : Path or None
        ``forecasts.parquet`` of ``barograph evaluate`` or ``run``.
    plan : Plan

    Returns
    -------
    told : DataFrame
        Schema ``TOLD``, and ``ODDS`` where the plan sizes by them, by symbol and ``decided``; at
        most one of a symbol in an hour.

    Raises
    ------
    InputError
        If a symbol has none, with what there is and the command that makes some.
    """
    found = of_ledger(lake, plan) if path is None else of_file(path, plan)
    found = with_odds(found) if plan.sizing is not None else found.select(*TOLD)
    decided = pl.col("decided")
    if plan.start is not None:
        found = found.filter(decided >= plan.start)
    if plan.end is not None:
        found = found.filter(decided <= plan.end)
    for symbol in plan.symbols:
        if found.filter(pl.col("symbol") == symbol).is_empty():
            there = of_the_ledger(lake) if path is None else of_the_file(path)
            raise InputError(
                f"no forecasts of {symbol} by {plan.model!r} at {plan.horizon} h{then(plan)}; "
                f"{there}; {remedy(plan, symbol, path)}"
            )
    return found.sort("symbol", "decided")


def of_file(path: Path, plan: Plan) -> pl.DataFrame:
    """Forecasts of a file, each known at its origin: ``TOLD``, and quantiles where it sizes.

    Raises
    ------
    InputError
        If there is no such file, or it holds no forecasts.
    """
    if not path.is_file():
        raise InputError(f"no forecasts in {path}; {remedy(plan, plan.symbols[0], path)}")
    asked = (
        pl.col("symbol").is_in(plan.symbols)
        & (pl.col("model") == plan.model)
        & (pl.col("horizon_hours") == plan.horizon)
    )
    try:
        rows = pl.scan_parquet(path).filter(asked)
        simulated = pl.read_parquet_metadata(path).get("simulated") == "true"
        return rows.select(
            "symbol", "as_of", pl.col("as_of").alias("decided"), "mean", "vol", "p_up",
            *(QUANTILES if plan.sizing is not None else ()),
            source=pl.lit(0, pl.Int64), simulated=pl.lit(simulated),
        ).collect()  # fmt: skip
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0]
        raise InputError(f"{path} holds no forecasts: {first}; {remedy(plan, '', path)}") from error


def of_ledger(lake: Lake, plan: Plan) -> pl.DataFrame:
    """Forecasts of the ledger, each known from the first close at which it was published.

    Of several that are known from the same close the one of the latest origin counts, and of one
    origin the last published. A forecast whose origin is older than one already known is passed
    over, and so is one whose target time had come.
    """
    rows = [
        row
        for entry in Ledger(ledger_folder(lake)).entries()
        if entry.published.symbol in plan.symbols
        for row in _rows(entry, plan.horizon)
    ]
    schema = TOLD | dict.fromkeys(QUANTILES, pl.Float64())
    found = pl.DataFrame(rows, schema=schema, orient="row").sort(
        "symbol", "decided", "as_of", "source"
    )
    newest = pl.col("as_of").cum_max().over("symbol")
    return found.filter(pl.col("as_of") == newest).unique(
        ["symbol", "decided"], keep="last", maintain_order=True
    )


def _rows(entry: Entry, horizon: int) -> Iterator[tuple[object, ...]]:
    said = entry.published
    decided = next_close(said.issued_at)
    for row in said.forecast:
        if row["horizon_hours"] == horizon and parse_moment(str(row["target_time"])) > decided:
            yield (
                said.symbol, said.as_of, decided, row["mean"], row["vol"], row["p_up"],
                entry.sequence, said.simulated, *(row[name] for name in QUANTILES),
            )  # fmt: skip


def with_odds(found: pl.DataFrame) -> pl.DataFrame:
    """What each forecast says of a long bet, in place of its quantiles."""
    made = odds(found.select(QUANTILES).to_numpy())
    return found.select(*TOLD, gain=pl.Series(made.gain), loss=pl.Series(made.loss))


def next_close(moment: datetime) -> datetime:
    """First full hour that is not before a moment."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour if hour == moment else hour + HOUR


def of_the_file(path: Path) -> str:
    """What a file holds, in words."""
    there = (
        pl.scan_parquet(path)
        .select(
            pl.col("symbol").unique().sort().implode(),
            pl.col("model").unique().sort().implode(),
            pl.col("horizon_hours").unique().sort().implode(),
            first=pl.col("as_of").min(),
            last=pl.col("as_of").max(),
        )
        .collect()
    )
    if there["first"][0] is None:
        return f"{path} is empty"
    symbols, models, hours = (", ".join(map(str, there[name][0])) for name in there.columns[:3])
    first, last = there["first"][0], there["last"][0]
    return (
        f"{path} has {symbols} by {models} at {hours} h, {first:%Y-%m-%d %H:%M} to "
        f"{last:%Y-%m-%d %H:%M}"
    )


def of_the_ledger(lake: Lake) -> str:
    """What the ledger holds, in words."""
    entries = [entry.published for entry in Ledger(ledger_folder(lake)).entries()]
    if not entries:
        return "the ledger is empty"
    first, last = (pick(one.issued_at for one in entries) for pick in (min, max))
    symbols = ", ".join(sorted({one.symbol for one in entries}))
    return (
        f"the ledger has {len(entries)} of {symbols}, published {first:%Y-%m-%d %H:%M} to "
        f"{last:%Y-%m-%d %H:%M}; one published after its target time is not seen"
    )


def then(plan: Plan) -> str:
    """The span asked for, in words."""
    first = "" if plan.start is None else f" from {plan.start:%Y-%m-%d %H:%M}"
    return first + ("" if plan.end is None else f" to {plan.end:%Y-%m-%d %H:%M}")


def remedy(plan: Plan, symbol: str, path: Path | None) -> str:
    """The command that makes what is missing."""
    if path is None:
        return f"publish some with `barograph serve` or `barograph forecast --symbol {symbol}`"
    words = ["barograph evaluate", *(f"--symbol {one}" for one in plan.symbols)]
    if plan.start is not None:
        words.append(f"--start {plan.start:%Y-%m-%d}")
    if plan.end is not None:
        words.append(f"--end {plan.end:%Y-%m-%d}")
    return f"make them with `{' '.join(words)} --out {path.parent}`"
