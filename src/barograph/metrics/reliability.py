"""Where outcomes fall within their forecasts: PIT values, reliability curve."""

import polars as pl

from barograph.core.levels import LEVELS, column
from barograph.core.types import Floats
from barograph.metrics.base import RETURN
from barograph.metrics.distribution import cdf

KEYS = ("symbol", "model", "horizon_hours")


def pit(scored: pl.DataFrame) -> Floats:
    """Probability integral transform of each outcome.

    Parameters
    ----------
    scored : DataFrame
        The quantile columns and ``realised_return``.

    Returns
    -------
    pit : ndarray of shape (n,)
        The forecast's distribution function at the outcome, uniform on [0, 1] if the odds are
        honest; NaN where the outcome or a quantile is unknown. Overlapping targets make
        neighbouring values dependent, never non-uniform.

    Raises
    ------
    InputError
        If quantiles cross.

    References
    ----------
    .. [1] Diebold, Gunther & Tay (1998), "Evaluating density forecasts", International
       Economic Review 39(4), 863-883.
    """
    quantiles = scored.select(column(level) for level in LEVELS).to_numpy()
    return cdf(quantiles, scored["realised_return"].to_numpy())


def reliability_curve(scored: pl.DataFrame) -> pl.DataFrame:
    """Share of outcomes at or below each quantile, beside the level it was issued for.

    Returns
    -------
    table : DataFrame
        ``symbol, model, horizon_hours, level, observed, n``, sorted; honest odds lie on the
        diagonal.

    References
    ----------
    .. [1] Gneiting, Balabdaoui & Raftery (2007), "Probabilistic forecasts, calibration and
       sharpness", JRSS B 69(2), 243-268.
    """
    names = [column(level) for level in LEVELS]
    levels = pl.DataFrame({"name": names, "level": LEVELS})
    shares = [(pl.col(name) >= RETURN).mean().alias(name) for name in names]
    return (
        scored.filter(RETURN.is_not_null() & RETURN.is_not_nan())
        .group_by(KEYS)
        .agg(*shares, n=pl.len().cast(pl.Int64))
        .unpivot(names, index=[*KEYS, "n"], variable_name="name", value_name="observed")
        .join(levels, on="name")
        .sort(*KEYS, "level")
        .select(*KEYS, "level", "observed", "n")
    )
