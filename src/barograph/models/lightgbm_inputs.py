"""What the trees see: features without a level from which a tree could learn the date."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from barograph.core.panel import Panel
from barograph.core.types import Floats

FIRST_ROW: Final = 3000
"""First hours of history that are not learnt from: slow features are still settling."""

INPUTS: Final = (
    "close_position",
    "close_position_24h",
    "downside_share_24h",
    "drawdown_24h",
    "drawdown_168h",
    "drawdown_720h",
    "drawup_168h",
    "ema_deviation_12h",
    "ema_deviation_48h",
    "ema_deviation_168h",
    "funding_rate",
    "funding_zscore",
    "hour_cosine",
    "hour_of_week_cosine",
    "hour_of_week_sine",
    "hour_sine",
    "hours_to_funding",
    "illiquidity_log_ratio_24h_720h",
    "intrabar_jump_share_24h",
    "is_us_holiday",
    "jump_share_24h",
    "leverage_24h",
    "log_variance_deseasonalized_1h",
    "log_variance_std_24h",
    "lower_shadow",
    "obv_momentum_24",
    "peer_correlation_24h",
    "peer_returns_1h",
    "peer_returns_4h",
    "peer_variance_gap_24h",
    "peer_volume_ratio_24h",
    "peer_ratio_change_1h",
    "range_efficiency_24h",
    "rsi_6",
    "rsi_14",
    "sma_deviation_720h",
    "spectral_day_share",
    "spectral_fast_share",
    "standardized_return_1h",
    "standardized_return_24h",
    "standardized_return_168h",
    "taker_buy_ratio",
    "taker_buy_ratio_24h",
    "trade_count_ratio_24h",
    "trade_size_ratio_24h",
    "upper_shadow",
    "variance_log_ratio_1h_24h",
    "variance_log_ratio_6h_24h",
    "variance_log_ratio_24h_168h",
    "variance_log_ratio_24h_720h",
    "variance_ratio_6h_168h",
    "variance_season_next_1h",
    "variance_season_next_4h",
    "variance_season_next_8h",
    "variance_season_next_24h",
    "variance_season_now",
    "volatility_of_volatility_24h",
    "volume_change",
    "volume_log_ratio_24h_168h",
    "volume_log_ratio_24h_720h",
    "volume_ratio_24h",
    "volume_zscore_168h",
    "vwap_deviation_24h",
    "weekday_cosine",
    "weekday_sine",
)
"""Features of the catalogue, by name; null where a supplier is missing, which a tree bears."""

LAGS: Final = (0, 1, 2, 3, 5, 11, 22, 23, 24)
"""Hours back at which the log variance of a single hour is shown, relative to the last day's."""


def tree_inputs(panel: Panel, base: Floats, extra: tuple[str, ...] = ()) -> NDArray[np.float32]:
    """Features, single hours of the last day, and the base forecast relative to the last day.

    Parameters
    ----------
    panel : Panel
        With the features of ``INPUTS``.
    base : Floats
        Forecast variance of the panel's first horizon, shape ``(n,)``.
    extra : tuple of str
        Features of the user's own, by name; they come last.

    Returns
    -------
    inputs : ndarray of float32, shape ``(n, k)``
        NaN where unknown.
    """
    day = panel.columns(("har_log_variance_24h",))[:, 0]
    log_hour = np.log(panel.variance) - day
    relative = np.log(base / panel.horizons[0]) - day
    lags = [shifted(log_hour, lag) for lag in LAGS]
    columns = np.column_stack([panel.columns(INPUTS), relative, *lags, panel.columns(extra)])
    return columns.astype(np.float32)


def shifted(values: Floats, rows: int) -> Floats:
    """Values of some rows before, shape ``(n,)``; NaN where there is no such row."""
    moved = np.full(len(values), np.nan)
    moved[rows:] = values[: len(values) - rows]
    return moved
