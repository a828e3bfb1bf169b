"""How wide the bar and the window are, and where the close sits in them (R-F1)."""

import polars as pl

from barograph.features.bars import CLOSE
from barograph.features.base import Feature, Part
from barograph.features.windows import ratio, trailing_max, trailing_min

OPEN, HIGH, LOW = pl.col("open"), pl.col("high"), pl.col("low")


def _bar(name: str, expr: pl.Expr, unit: str, formula: str) -> Feature:
    return Feature(name, expr, lookback=1, unit=unit, formula=formula, group="range")


WINDOWS = (24, 168, 720)
_TOPS = {hours: Part(f"_top_{hours}", trailing_max(HIGH, hours)) for hours in WINDOWS}
_BOTTOMS = {hours: Part(f"_bottom_{hours}", trailing_min(LOW, hours)) for hours in WINDOWS}


def window_range(hours: int) -> Feature:
    """Log distance between the highest high and the lowest low of a window."""
    return Feature(
        name=f"range_{hours}h",
        expr=(_TOPS[hours].column / _BOTTOMS[hours].column).log(),
        lookback=hours,
        unit="log price",
        formula=f"ln(max(high) / min(low)) over {hours} h",
        group="range",
    )


def close_position(hours: int) -> Feature:
    """Where the close lies in the window's range, 0 at the low and 1 at the high."""
    top, bottom = _TOPS[hours].column, _BOTTOMS[hours].column
    return Feature(
        name=f"close_position_{hours}h",
        expr=ratio(CLOSE - bottom, top - bottom),
        lookback=hours,
        unit="1",
        formula=f"(close - min(low)) / (max(high) - min(low)) over {hours} h",
        group="range",
    )


PARTS = (*_TOPS.values(), *_BOTTOMS.values())

FEATURES = (
    _bar("hl_range", (HIGH - LOW) / CLOSE, "fraction of price", "(high - low) / close"),
    _bar("oc_range", (CLOSE - OPEN).abs() / OPEN, "fraction of price", "|close - open| / open"),
    _bar("close_position", ratio(CLOSE - LOW, HIGH - LOW), "1", "(close - low) / (high - low)"),
    _bar(
        "upper_shadow",
        ratio(HIGH - pl.max_horizontal(OPEN, CLOSE), HIGH - LOW),
        "1",
        "(high - max(open, close)) / (high - low)",
    ),
    _bar(
        "lower_shadow",
        ratio(pl.min_horizontal(OPEN, CLOSE) - LOW, HIGH - LOW),
        "1",
        "(min(open, close) - low) / (high - low)",
    ),
    *(window_range(hours) for hours in (24, 168)),
    *(close_position(hours) for hours in WINDOWS),
)
