"""When a strategy earns: its hours by the kind of market they began in.

An hour belongs to the regime that was known when it began, at the close before: what the hour
itself did cannot move it to another row.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.trading.performance import sharpe

UNKNOWN: Final = "unknown"
COLUMNS: Final = {
    "regime": pl.String,
    "hours": pl.Int64,
    "exposure": pl.Float64,
    "log_return": pl.Float64,
    "total_return": pl.Float64,
    "sharpe": pl.Float64,
    "buy_hold": pl.Float64,
}


def by_regime(
    returns: Floats, held: Floats, exposure: Floats, code: Floats, names: Sequence[str]
) -> pl.DataFrame:
    """Performance in each regime.

    Parameters
    ----------
    returns : Floats
        Simple return of each hour of the run, shape ``(n,)``.
    held : Floats
        The same of holding the market, shape ``(n,)``.
    exposure : Floats
        At each close, shape ``(n,)``.
    code : Floats
        Regime as of each close, a place in ``names``; NaN where unknown, shape ``(n,)``.
    names : Sequence of str
        Of the regimes.

    Returns
    -------
    table : DataFrame
        A row per regime that occurs, in the order of ``names``, unknown last: hours; share of them
        that began with a position; sum of log returns, which adds up over the rows to that of the
        run; the return it compounds to; annualised Sharpe ratio of these hours; return of holding.

    Raises
    ------
    InputError
        If lengths differ.
    """
    lengths = {len(returns), len(held), len(exposure), len(code)}
    if len(lengths) > 1:
        raise InputError(f"returns, holding, exposure and regimes of lengths {sorted(lengths)}")
    # Known at the close before; the first hour began before anything was seen.
    known = np.concatenate(([np.nan], code[:-1]))
    began = np.concatenate(([0.0], exposure[:-1])) > 0.0
    place = np.where(np.isfinite(known), known, len(names)).astype(np.int64)
    rows = []
    for k, name in enumerate((*names, UNKNOWN)):
        inside = place == k
        if not inside.any():
            continue
        gained, moved = _log(returns[inside]), _log(held[inside])
        rows.append({
            "regime": name,
            "hours": int(inside.sum()),
            "exposure": float(began[inside].mean()),
            "log_return": gained,
            "total_return": float(np.expm1(gained)),
            "sharpe": sharpe(returns[inside]) if inside.sum() > 1 else np.nan,
            "buy_hold": float(np.expm1(moved)),
        })  # fmt: skip
    return pl.DataFrame(rows, schema=COLUMNS)


def _log(returns: Floats) -> float:
    """Sum of log returns; minus infinity where everything was lost."""
    with np.errstate(divide="ignore"):
        return float(np.log1p(np.maximum(returns, -1.0)).sum())
