"""How much was traded, and who was the taker (R-F6, R-F3's volume indicators)."""

import polars as pl

from barograph.features.bars import ABSOLUTE_RETURN, CLOSE, LOG_RETURN
from barograph.features.base import Feature, Part
from barograph.features.windows import ratio, trailing_mean, trailing_std, trailing_sum

VOLUME, QUOTE_VOLUME, TRADES = pl.col("volume"), pl.col("quote_volume"), pl.col("trades")
TAKER_BUY = pl.col("taker_buy_base")

# Natural log; null where nothing was traded.
_LOG_VOLUME = Part("_log_volume", pl.when(VOLUME > 0).then(VOLUME).log())
_COST = Part("_cost_of_trading", ratio(ABSOLUTE_RETURN, VOLUME * CLOSE))


def _feature(name: str, expr: pl.Expr, lookback: int, formula: str, unit: str = "1") -> Feature:
    return Feature(name, expr, lookback, unit=unit, formula=formula, group="volume")


def _positive_log(values: pl.Expr) -> pl.Expr:
    """Natural log; null where nothing was traded."""
    return pl.when(values > 0).then(values).log()


def to_mean(name: str, column: str, hours: int) -> Feature:
    """Flow of the hour over its mean."""
    flow = pl.col(column)
    expr = ratio(flow, trailing_mean(flow, hours))
    return _feature(name, expr, hours, f"{column} / mean({column} over {hours} h)")


def log_mean_ratio(short: int, long: int) -> Feature:
    """Log ratio of recent to longer mean volume."""
    expr = _positive_log(trailing_mean(VOLUME, short)) - _positive_log(trailing_mean(VOLUME, long))
    formula = f"ln(mean(volume over {short} h) / mean(volume over {long} h))"
    return _feature(f"volume_log_ratio_{short}h_{long}h", expr, long, formula, "ln(1)")


def volume_zscore(hours: int) -> Feature:
    """Log volume of the hour, standardised by the window."""
    log = _LOG_VOLUME.column
    expr = ratio(log - trailing_mean(log, hours), trailing_std(log, hours), 1e-6)
    formula = f"(ln volume - mean) / std over {hours} h"
    return _feature(f"volume_zscore_{hours}h", expr, hours, formula, "standard deviations")


def taker_buy_ratio(hours: int) -> Feature:
    """Share of the volume bought by takers."""
    name = "taker_buy_ratio" if hours == 1 else f"taker_buy_ratio_{hours}h"
    # An hour without its taker flow must not count in the volume either.
    known = pl.when(TAKER_BUY.is_not_null()).then(VOLUME)
    expr = ratio(trailing_sum(TAKER_BUY, hours), trailing_sum(known, hours))
    return _feature(name, expr, hours, f"sum(taker_buy_base) / sum(volume) over {hours} h")


def obv_momentum(hours: int) -> Feature:
    """Change of on-balance volume, as a share of the volume traded meanwhile.

    The plain percentage change of OBV has no meaning: OBV has no natural zero.
    """
    signed = LOG_RETURN.sign() * VOLUME
    known = pl.when(LOG_RETURN.is_not_null()).then(VOLUME)
    expr = ratio(trailing_sum(signed, hours), trailing_sum(known, hours))
    formula = f"sum(sign(r) volume) / sum(volume) over {hours} h"
    return _feature(f"obv_momentum_{hours}", expr, hours + 1, formula)


def trade_size_ratio(hours: int) -> Feature:
    """Mean size of a trade of the hour, over that of the window."""
    known = pl.when(TRADES.is_not_null()).then(VOLUME)
    usual = ratio(trailing_sum(known, hours), trailing_sum(TRADES, hours))
    formula = f"(volume / trades) / (sum(volume) / sum(trades) over {hours} h)"
    return _feature(
        f"trade_size_ratio_{hours}h", ratio(ratio(VOLUME, TRADES), usual), hours, formula
    )


def illiquidity(short: int, long: int) -> Feature:
    """Log of the price move per unit traded, recent over longer.

    References
    ----------
    .. [1] Amihud (2002), "Illiquidity and stock returns", Journal of Financial Markets 5, 31-56.
    """
    recent, usual = (_positive_log(trailing_mean(_COST.column, hours)) for hours in (short, long))
    formula = f"ln of mean(|r| / (volume close)) over {short} h over the same over {long} h"
    name = f"illiquidity_log_ratio_{short}h_{long}h"
    return _feature(name, recent - usual, long + 1, formula, "ln(1)")


def volume_variation(hours: int) -> Feature:
    """Coefficient of variation of the hourly volume."""
    expr = ratio(trailing_std(VOLUME, hours), trailing_mean(VOLUME, hours))
    return _feature(
        f"volume_variation_{hours}h", expr, hours, f"std(volume) / mean(volume) over {hours} h"
    )


VOLUME_CHANGE = _feature(
    "volume_change", _LOG_VOLUME.column.diff(), 2, "ln(volume[t] / volume[t-1])", "ln(1)"
)

PARTS = (_LOG_VOLUME, _COST)

FEATURES = (
    to_mean("volume_ratio_24h", "volume", 24),
    to_mean("volume_ratio_168h", "volume", 168),
    to_mean("quote_volume_ratio_24h", "quote_volume", 24),
    to_mean("trade_count_ratio_24h", "trades", 24),
    to_mean("trade_count_ratio_168h", "trades", 168),
    VOLUME_CHANGE,
    log_mean_ratio(24, 168),
    log_mean_ratio(24, 720),
    volume_zscore(168),
    *(taker_buy_ratio(hours) for hours in (1, 24)),
    obv_momentum(24),
    trade_size_ratio(24),
    illiquidity(24, 720),
    volume_variation(24),
)
