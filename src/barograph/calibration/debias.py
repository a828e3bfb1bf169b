"""Online debiasing of variance forecasts; feedback is delayed by the horizon.

A forecast of squared returns is biased for Garman-Klass variance, one of log variance for
variance. The factor that minimises the discounted QLIKE of a rescaled forecast is the discounted
mean of realised over forecast variance.
"""

import numpy as np
from numba import njit

from barograph.calibration.carry import Carry
from barograph.core.types import Floats, Ints

TOP_ERROR = 3.0
"""Log of the most that one ratio of realised to forecast variance may count for."""
PRIOR_ROWS = 500.0
PRIOR_WINDOWS = 50.0
"""Weight of the prior: so many rows, and so many windows of the horizon's length."""
SPREAD_ROWS = 1000.0
"""Rows of zero error the variance of log errors starts from."""
YEAR = 8760.0
QUARTER = 90 * 24.0


def matured_ratio(
    forecast: Floats,
    realised: Floats,
    horizons: tuple[int, ...],
    half_life: float = QUARTER,
    carry: Carry | None = None,
) -> Floats:
    """Discounted mean of realised over forecast among matured outcomes.

    Parameters
    ----------
    forecast, realised : Floats
        Variances, shape ``(n, H)``; a pair with a NaN is left out, and nothing decays over it.
    horizons : tuple of int
        Hours ahead, ``H`` of them.
    half_life : float
        Known outcomes in which a weight halves.
    carry : Carry or None
        Go on where the rows before ``carry.start`` stopped; None starts anew.

    Returns
    -------
    ratio : Floats
        Shape ``(n, H)``; one before the first outcome matures.
    """
    carry = Carry() if carry is None else carry
    decay = 0.5 ** (1.0 / half_life)
    sums = carry.state("sums", lambda: np.zeros((len(horizons), 2)))
    columns = [
        _ratio(
            np.ascontiguousarray(realised[:, k] / forecast[:, k]), h, decay, carry.start, sums[k]
        )
        for k, h in enumerate(horizons)
    ]
    return carry.with_past("ratio", np.stack(columns, axis=1)[carry.start :])


@njit(cache=True)
def _ratio(ratio: Floats, horizon: int, decay: float, start: int, sums: Floats) -> Floats:
    found = np.ones(len(ratio))
    total, weight = sums[0], sums[1]
    for i in range(start, len(ratio)):
        if i >= horizon and np.isfinite(ratio[i - horizon]):
            total = decay * total + ratio[i - horizon]
            weight = decay * weight + 1.0
        if weight > 0.0:
            found[i] = total / weight
    sums[0], sums[1] = total, weight
    return found


def debias(
    forecast: Floats,
    outcome: Floats,
    horizons: Ints,
    lognormal: bool,
    half_life: float = YEAR,
    windows: float = PRIOR_WINDOWS,
    carry: Carry | None = None,
) -> Floats:
    r"""Add the log of the discounted mean of realised over forecast variance.

    The prior of the factor, worth ``500 + windows * h`` rows, is one, or for a forecast
    of :math:`\mathrm E \log V` the log-normal :math:`e^{s^2/2}`, :math:`s^2` the mean squared
    log error.

    Parameters
    ----------
    forecast, outcome : Floats
        Logs of variance per hour, shape ``(n, H)``; ``outcome[j, k]`` is read from row
        ``j + horizons[k]`` on. A pair with a NaN teaches nothing, and nothing decays over it.
    horizons : Ints
        Hours ahead, shape ``(H,)``.
    lognormal : bool
        Whether the forecast is one of the log.
    half_life : float
        Known outcomes in which a weight halves.
    windows : float
        Independent windows of the horizon's length the prior is worth.
    carry : Carry or None
        Go on where the rows before ``carry.start`` stopped; None starts anew.

    Returns
    -------
    debiased : Floats
        Logs, shape ``(n, H)``; NaN where the forecast is.
    """
    carry = Carry() if carry is None else carry
    sums = carry.state("sums", lambda: np.zeros((len(horizons), 4)))
    keep = 0.5 ** (1.0 / half_life)
    debiased = np.full(forecast.shape, np.nan)
    _debias(forecast, outcome, horizons, lognormal, keep, windows, carry.start, sums, debiased)
    return carry.with_past("debiased", debiased[carry.start :])


@njit(cache=True)
def _debias(  # noqa: PLR0913, PLR0917 - numba knows no dataclasses
    forecast: Floats,
    outcome: Floats,
    horizons: Ints,
    lognormal: bool,
    keep: float,
    windows: float,
    start: int,
    sums: Floats,
    debiased: Floats,
) -> None:
    """Rows from ``start`` on; the last two arrays are written."""
    rows, count = forecast.shape
    for k in range(count):
        horizon = horizons[k]
        pseudo = PRIOR_ROWS + windows * horizon
        ratio, weight, square, known = sums[k, 0], sums[k, 1], sums[k, 2], sums[k, 3]
        for i in range(start, rows):
            j = i - horizon
            if j >= 0 and np.isfinite(forecast[j, k]) and np.isfinite(outcome[j, k]):
                error = outcome[j, k] - forecast[j, k]
                ratio = keep * ratio + np.exp(min(error, TOP_ERROR))
                weight = keep * weight + 1.0
                square += error * error
                known += 1.0
            prior = 1.0
            if lognormal and known > 0.0:
                prior = np.exp(0.5 * square / (known + SPREAD_ROWS))
            factor = (ratio + pseudo * prior) / (weight + pseudo)
            debiased[i, k] = forecast[i, k] + np.log(factor)
        sums[k, 0], sums[k, 1], sums[k, 2], sums[k, 3] = ratio, weight, square, known
