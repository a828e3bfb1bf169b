"""What holders of perpetual futures pay each other (R-F8's funding part).

The grid carries the last rate settled at or before ``as_of``; a rate is known at its settlement.
"""

import polars as pl

from barograph.features.base import Feature
from barograph.features.windows import ratio, trailing_mean, trailing_std

RATE = pl.col("funding_rate")
MONTH = 720


def _feature(name: str, expr: pl.Expr, lookback: int, unit: str, formula: str) -> Feature:
    return Feature(name, expr, lookback, unit=unit, formula=formula, group="funding")


FEATURES = (
    _feature("funding_rate", RATE, 1, "fraction per 8 h", "last settled funding rate"),
    _feature(
        "funding_zscore",
        ratio(RATE - trailing_mean(RATE, MONTH), trailing_std(RATE, MONTH), 1e-9),
        MONTH,
        "standard deviations",
        f"(rate - mean) / std over {MONTH} h",
    ),
    _feature(
        "funding_change_24h",
        RATE - RATE.shift(24),
        25,
        "fraction per 8 h",
        "rate[t] - rate[t-24]",
    ),
    *(
        _feature(
            f"funding_mean_{hours}h",
            trailing_mean(RATE, hours),
            hours,
            "fraction per 8 h",
            f"mean(rate over {hours} h)",
        )
        for hours in (72, 168)
    ),
)
