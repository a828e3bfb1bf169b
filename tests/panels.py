"""Made-up markets as panels, for laws and oracles of models and calibration."""

from dataclasses import replace
from functools import cache

import numpy as np

from barograph.core.panel import Panel
from barograph.core.types import Floats
from barograph.targets.garman_klass import hourly_gk_variance
from barograph.targets.log_return import target_return
from barograph.targets.variance import target_variance

FIRST_HOUR = 455_832
"""2022-01-01 00:00 UTC, a Saturday, in hours since 1970."""


@cache
def make_panel(
    rows: int = 1500,
    seed: int = 7,
    horizons: tuple[int, ...] = (1, 24),
    names: tuple[str, ...] = (),
    price: float = 20_000.0,
    volatility: float = 1.0,
    missing: float = 0.01,
) -> Panel:
    """Stochastic volatility with a daily season; five hours and one hour in a hundred missing.

    Parameters
    ----------
    rows, seed, horizons
        Hours, and the same seed gives the same market.
    names : tuple of str
        Features: noise, but for ``har_log_variance_24h``, which is what it says.
    price, volatility : float
        First price, and a factor on every return.
    missing : float
        Share of bars that are missing.
    """
    rng = np.random.default_rng(seed)
    log_scale = np.zeros(rows)
    for i, shock in enumerate(rng.normal(size=rows - 1), start=1):
        log_scale[i] = 0.97 * log_scale[i - 1] + 0.12 * shock
    season = 1 + 0.4 * np.sin(2 * np.pi * np.arange(rows) / 24)
    scale = volatility * 0.005 * season * np.exp(log_scale)
    steps = rng.standard_t(5, size=(rows, 12)) * (scale / np.sqrt(12 * 5 / 3))[:, None]
    walk = np.concatenate(([0.0], np.cumsum(steps.ravel())))
    path = np.stack([walk[i : i + 13] for i in range(0, 12 * rows, 12)])
    absent = rng.random(rows) < missing
    absent[700:705] = missing > 0
    volume = np.exp(0.5 * log_scale + 0.3 * rng.normal(size=rows)) * season
    noise = rng.normal(size=(rows, len(names)))
    quotes = price * np.exp(np.where(absent[:, None], np.nan, path))
    return assemble(quotes, np.where(absent, np.nan, 100 * volume), noise, horizons, names)


def assemble(
    quotes: Floats, volume: Floats, noise: Floats, horizons: tuple[int, ...], names: tuple[str, ...]
) -> Panel:
    """Panel of hours whose inside is ``quotes`` ``(n, 13)``, the first the open."""
    open_, close = quotes[:, 0], quotes[:, -1]
    variance = hourly_gk_variance(open_, quotes.max(axis=1), quotes.min(axis=1), close)
    features = noise.copy()
    if "har_log_variance_24h" in names:
        day = np.convolve(np.nan_to_num(variance, nan=float(np.nanmean(variance))), np.ones(24))
        features[:, names.index("har_log_variance_24h")] = np.log(day[: len(close)] / 24)
    return Panel(
        symbol="BTCUSDT",
        hours=FIRST_HOUR + 1 + np.arange(len(close)),
        horizons=horizons,
        names=names,
        features=features,
        open=open_,
        close=close,
        volume=volume,
        variance=variance,
        target_return=target_return(close, horizons),
        target_variance=target_variance(variance, horizons),
    )


def with_another_future(panel: Panel, row: int, seed: int = 99) -> Panel:
    """The same panel up to a row, another market from there on, targets accordingly."""
    other = make_panel(len(panel), seed, panel.horizons, panel.names)

    def spliced(past: Floats, future: Floats) -> Floats:
        return np.concatenate((past[: row + 1], future[row + 1 :]))

    close = spliced(panel.close, other.close * 1.1)
    variance = spliced(panel.variance, 3.0 * other.variance)
    return replace(
        panel,
        features=spliced(panel.features, other.features),
        open=spliced(panel.open, other.open * 1.1),
        close=close,
        volume=spliced(panel.volume, other.volume),
        variance=variance,
        target_return=target_return(close, panel.horizons),
        target_variance=target_variance(variance, panel.horizons),
    )
