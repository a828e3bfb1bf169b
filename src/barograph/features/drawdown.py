"""How far below its recent high, and above its recent low, the price stands (R-F1)."""

from barograph.features.bars import CLOSE
from barograph.features.base import Feature
from barograph.features.windows import trailing_max, trailing_min


def drawdown(hours: int) -> Feature:
    """Fall from the highest close of a window; zero at a new high, negative below."""
    return Feature(
        name=f"drawdown_{hours}h",
        expr=CLOSE / trailing_max(CLOSE, hours) - 1,
        lookback=hours,
        unit="fraction of price",
        formula=f"close / max(close over {hours} h) - 1",
        group="price",
    )


def drawup(hours: int) -> Feature:
    """Rise from the lowest close of a window; zero at a new low, positive above."""
    return Feature(
        name=f"drawup_{hours}h",
        expr=CLOSE / trailing_min(CLOSE, hours) - 1,
        lookback=hours,
        unit="fraction of price",
        formula=f"close / min(close over {hours} h) - 1",
        group="price",
    )


FEATURES = tuple(make(hours) for make in (drawdown, drawup) for hours in (24, 168, 720))
