"""How far the price stands from what was paid on average (R-F3)."""

import polars as pl

from barograph.core.time import HOUR
from barograph.features.bars import CLOSE
from barograph.features.base import Feature, Part
from barograph.features.windows import ratio, trailing_sum

TYPICAL = (pl.col("high") + pl.col("low") + CLOSE) / 3
VOLUME = pl.col("volume")

_PAID = Part("_paid", TYPICAL * VOLUME)
PAID = _PAID.column


def vwap_deviation(hours: int) -> Feature:
    """Distance of the close from the volume-weighted price of a window."""
    mean_price = ratio(trailing_sum(PAID, hours), trailing_sum(VOLUME, hours))
    return Feature(
        name=f"vwap_deviation_{hours}h",
        expr=CLOSE / mean_price - 1,
        lookback=hours,
        unit="fraction of price",
        formula=f"close / (sum(P volume) / sum(volume) over {hours} h) - 1, P = (H+L+C)/3",
        group="technical",
    )


def session_vwap_deviation() -> Feature:
    """Distance of the close from the volume-weighted price since 00:00 UTC."""
    # The bar that ends at midnight belongs to the day it closes.
    day = (pl.col("as_of") - HOUR).dt.date()
    paid = PAID.cum_sum().over(day)
    return Feature(
        name="vwap_deviation_session",
        expr=CLOSE / ratio(paid, VOLUME.cum_sum().over(day)) - 1,
        lookback=24,
        unit="fraction of price",
        formula="close / (sum(P volume) / sum(volume) since 00:00 UTC) - 1, P = (H+L+C)/3",
        group="technical",
    )


PARTS = (_PAID,)

FEATURES = (vwap_deviation(24), vwap_deviation(168), session_vwap_deviation())
