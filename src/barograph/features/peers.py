"""What the other large asset did in the same hours; null where there is no peer."""

import polars as pl

from barograph.features.bars import (
    CLOSE,
    LOG_RETURN,
    VARIANCE_FLOOR,
    garman_klass_variance,
    log_return,
    log_variance,
)
from barograph.features.base import Feature, Part
from barograph.features.windows import NO_VARIANCE, ratio, trailing_mean

_LOG_CLOSE = Part("_peer_log_close", pl.col("peer_close").log())
PEER_LOG_CLOSE = _LOG_CLOSE.column
_RETURN = Part("_peer_log_return", PEER_LOG_CLOSE.diff())
_VARIANCE = Part(
    "_peer_floored_variance", garman_klass_variance("peer_").clip(lower_bound=VARIANCE_FLOOR)
)
_RATIO = Part("_peer_log_ratio", (pl.col("peer_close") / CLOSE).log())

# Own and peer returns of the hours that have both, so that moments share one sample.
_OWN = Part("_paired_return", pl.when(_RETURN.column.is_not_null()).then(LOG_RETURN))
_PEER = Part("_paired_peer_return", pl.when(LOG_RETURN.is_not_null()).then(_RETURN.column))


def _feature(name: str, expr: pl.Expr, lookback: int, unit: str, formula: str) -> Feature:
    return Feature(name, expr, lookback, unit=unit, formula=formula, group="peer")


def _peer_log_variance(hours: int) -> pl.Expr:
    return trailing_mean(_VARIANCE.column, hours).log()


def peer_returns(hours: int) -> Feature:
    """Log return of the peer."""
    expr = PEER_LOG_CLOSE.diff(hours)
    formula = f"ln(peer_close[t] / peer_close[t-{hours}])"
    return _feature(f"peer_returns_{hours}h", expr, hours + 1, "log price", formula)


def peer_har(hours: int) -> Feature:
    """Log variance of the peer."""
    formula = f"ln(mean(max(GK variance of the peer, 1e-9)) over {hours} h)"
    return _feature(
        f"peer_log_variance_{hours}h",
        _peer_log_variance(hours),
        hours,
        "ln(log price² / hour)",
        formula,
    )


def variance_gap(hours: int) -> Feature:
    """Log variance of the peer less our own."""
    expr = _peer_log_variance(hours) - log_variance(hours)
    formula = f"peer_log_variance_{hours}h - har_log_variance_{hours}h"
    return _feature(f"peer_variance_gap_{hours}h", expr, hours, "ln(1)", formula)


def _moments(hours: int) -> tuple[Part, Part, Part]:
    """Covariance, own and peer variance over the hours both have a return."""
    own, peer = _OWN.column, _PEER.column
    own_mean, peer_mean = trailing_mean(own, hours), trailing_mean(peer, hours)
    return (
        Part(f"_covariance_{hours}", trailing_mean(own * peer, hours) - own_mean * peer_mean),
        Part(f"_own_variance_{hours}", trailing_mean(own * own, hours) - own_mean * own_mean),
        Part(f"_peer_variance_{hours}", trailing_mean(peer * peer, hours) - peer_mean * peer_mean),
    )


_MOMENTS = {hours: _moments(hours) for hours in (24, 168)}


def correlation(hours: int) -> Feature:
    """Correlation of our hourly returns with the peer's."""
    shared, own, peer = (part.column for part in _MOMENTS[hours])
    sound = (own > NO_VARIANCE) & (peer > NO_VARIANCE)
    expr = pl.when(sound).then(shared / (own * peer).sqrt())
    formula = f"corr(r, peer r) over {hours} h"
    return _feature(f"peer_correlation_{hours}h", expr, hours + 1, "1", formula)


def beta(hours: int) -> Feature:
    """Move of our price for a move of the peer's."""
    shared, _, peer = (part.column for part in _MOMENTS[hours])
    formula = f"cov(r, peer r) / var(peer r) over {hours} h"
    return _feature(
        f"peer_beta_{hours}h", ratio(shared, peer, NO_VARIANCE), hours + 1, "1", formula
    )


def ratio_change(hours: int) -> Feature:
    """Change of the price ratio of the two assets (ETH/BTC and its like)."""
    formula = f"peer_returns_{hours}h - returns_{hours}h"
    expr = PEER_LOG_CLOSE.diff(hours) - log_return(hours)
    return _feature(f"peer_ratio_change_{hours}h", expr, hours + 1, "log price", formula)


def ratio_deviation(hours: int) -> Feature:
    """Distance of the price ratio of the two assets from its mean."""
    log_ratio = _RATIO.column
    formula = f"ln(peer_close / close) - its mean over {hours} h"
    expr = log_ratio - trailing_mean(log_ratio, hours)
    return _feature(f"peer_ratio_deviation_{hours}h", expr, hours, "log price", formula)


def volume_ratio(hours: int) -> Feature:
    """Peer's volume of the hour over its mean."""
    volume = pl.col("peer_volume")
    expr = ratio(volume, trailing_mean(volume, hours))
    formula = f"peer_volume / mean(peer_volume over {hours} h)"
    return _feature(f"peer_volume_ratio_{hours}h", expr, hours, "1", formula)


PARTS = (
    *(_LOG_CLOSE, _RETURN, _VARIANCE, _RATIO, _OWN, _PEER),
    *(part for parts in _MOMENTS.values() for part in parts),
)

FEATURES = (
    *(peer_returns(hours) for hours in (1, 4, 24)),
    *(peer_har(hours) for hours in (1, 6, 24, 168)),
    variance_gap(24),
    *(correlation(hours) for hours in _MOMENTS),
    *(beta(hours) for hours in _MOMENTS),
    *(ratio_change(hours) for hours in (1, 24, 168)),
    ratio_deviation(720),
    volume_ratio(24),
)
