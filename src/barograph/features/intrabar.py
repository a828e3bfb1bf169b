"""What finer bars add: variance inside the hour, its sign and its jumps (R-F2).

Null where the hour has no finer bars.
"""

import polars as pl

from barograph.features.bars import VARIANCE_FLOOR
from barograph.features.base import Feature
from barograph.features.windows import NO_VARIANCE, ratio, trailing_mean

VARIANCE, BIPOWER = pl.col("intrabar_variance"), pl.col("intrabar_bipower")
UPSIDE, DOWNSIDE = pl.col("intrabar_upside_variance"), pl.col("intrabar_downside_variance")
COUNT = pl.col("intrabar_count")


def _feature(name: str, expr: pl.Expr, lookback: int, unit: str, formula: str) -> Feature:
    return Feature(name, expr, lookback, unit=unit, formula=formula, group="intrabar")


def log_realized_variance(hours: int) -> Feature:
    """Log of the mean hourly realised variance from finer bars."""
    expr = trailing_mean(VARIANCE.clip(lower_bound=VARIANCE_FLOOR), hours).log()
    return _feature(
        f"intrabar_log_variance_{hours}h",
        expr,
        hours,
        "ln(log price² / hour)",
        f"ln(mean(max(sum of squared intrabar returns, 1e-9)) over {hours} h)",
    )


def semivariance_balance(hours: int) -> Feature:
    """Upside less downside variance, as a share of both.

    References
    ----------
    .. [1] Barndorff-Nielsen, Kinnebrock & Shephard (2010), "Measuring downside risk: realised
       semivariance", in Volatility and Time Series Econometrics.
    """
    up, down = trailing_mean(UPSIDE, hours), trailing_mean(DOWNSIDE, hours)
    return _feature(
        f"intrabar_semivariance_balance_{hours}h",
        ratio(up - down, up + down, NO_VARIANCE),
        hours,
        "1",
        f"(RV⁺ - RV⁻) / (RV⁺ + RV⁻) over {hours} h",
    )


def jump_share(hours: int) -> Feature:
    """Share of the variance that came in jumps: what bipower variation does not see.

    References
    ----------
    .. [1] Barndorff-Nielsen & Shephard (2004), "Power and bipower variation with stochastic
       volatility and jumps", Journal of Financial Econometrics 2(1), 1-37.
    """
    whole, smooth = trailing_mean(VARIANCE, hours), trailing_mean(BIPOWER, hours)
    return _feature(
        f"intrabar_jump_share_{hours}h",
        ratio((whole - smooth).clip(lower_bound=0.0), whole, NO_VARIANCE),
        hours,
        "1",
        f"max(RV - BV, 0) / RV over {hours} h",
    )


FIVE_MINUTE_VOLATILITY = _feature(
    "volatility_1h",
    # Twelve five-minute bars an hour; coarser bars would be another quantity.
    pl.when(COUNT == 12).then((VARIANCE / COUNT).sqrt()),
    1,
    "log price / sqrt(5 min)",
    "sqrt(mean squared 5-minute log return of the hour)",
)

FEATURES = (
    FIVE_MINUTE_VOLATILITY,
    *(log_realized_variance(hours) for hours in (1, 6, 24, 168)),
    *(semivariance_balance(hours) for hours in (1, 24)),
    *(jump_share(hours) for hours in (1, 24)),
)
