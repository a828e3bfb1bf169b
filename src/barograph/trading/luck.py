"""How much of a result luck could have made: the deflated Sharpe ratio."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Floats
from barograph.trading.rules import HOURS_A_YEAR

NORMAL: Final = NormalDist()
EULER: Final = 0.5772156649015329


@dataclass(frozen=True, slots=True)
class Luck:
    """How much of a Sharpe ratio could be luck; ratios are annualised.

    Attributes
    ----------
    trials : int
        Configurations tried, the one shown among them.
    spread : float
        Standard deviation of their ratios that was held against the result.
    measured : bool
        Whether the spread is that of the trials; else that of the estimate of a ratio of zero.
    best : float
        What the best of so many worthless trials is expected to show.
    deflated : float
        Probability that the true ratio exceeds that; NaN where the returns do not move.
    above_zero : float
        Probability that it exceeds zero: the same had nothing else been tried.
    """

    trials: int
    spread: float
    measured: bool
    best: float
    deflated: float
    above_zero: float


def luck_of(returns: Floats, trials: int, spread: float | None = None) -> Luck:
    """Hold the number of trials against a result.

    Parameters
    ----------
    returns : Floats
        Hourly, of the strategy shown, shape ``(n,)``.
    trials : int
        How many configurations were tried, itself among them.
    spread : float or None
        Standard deviation of their annualised Sharpe ratios, if it is known. It counts where it is
        wider than that of an estimate of zero: trials that are much alike would else make a result
        look better the more of them there are.

    Raises
    ------
    InputError
        If there are no trials.
    """
    year, chance = float(np.sqrt(HOURS_A_YEAR)), (len(returns) - 1) ** -0.5
    hourly = chance if spread is None else max(spread / year, chance)
    return Luck(
        trials=trials,
        spread=hourly * year,
        measured=hourly > chance,
        best=expected_best(trials, hourly) * year,
        deflated=deflated_sharpe(returns, trials, hourly),
        above_zero=deflated_sharpe(returns, 1),
    )


def expected_best(trials: int, spread: float) -> float:
    r"""Sharpe ratio that the best of some worthless trials is expected to show.

    .. math:: \sigma\left[(1 - \gamma)\,\Phi^{-1}\left(1 - \tfrac1N\right)
              + \gamma\,\Phi^{-1}\left(1 - \tfrac1{N e}\right)\right]

    Parameters
    ----------
    trials : int
        How many configurations were tried, :math:`N`.
    spread : float
        Standard deviation of their Sharpe ratios, per observation.

    References
    ----------
    .. [1] Bailey & López de Prado (2014), "The deflated Sharpe ratio", Journal of Portfolio
       Management 40(5), 94-107.
    """
    if trials < 1:
        raise InputError(f"{trials} trials; at least the one that is shown was made")
    if trials == 1:
        return 0.0
    high = NORMAL.inv_cdf(1.0 - 1.0 / trials)
    higher = NORMAL.inv_cdf(1.0 - 1.0 / (trials * np.e))
    return float(spread * ((1.0 - EULER) * high + EULER * higher))


def deflated_sharpe(returns: Floats, trials: int, spread: float | None = None) -> float:
    """Probability that the true Sharpe ratio is above what the best of the trials shows by luck.

    Parameters
    ----------
    returns : Floats
        Of the strategy shown, shape ``(n,)``.
    trials : int
        How many configurations were tried, itself among them.
    spread : float or None
        Standard deviation of the trials' Sharpe ratios per observation; that of an estimate of
        zero, ``1 / sqrt(n - 1)``, where None.

    Returns
    -------
    probability : float
        NaN where the returns do not move.

    References
    ----------
    .. [1] Bailey & López de Prado (2014), as in ``expected_best``.
    """
    count, deviation = len(returns), float(np.std(returns, ddof=1))
    if deviation == 0.0:
        return float("nan")
    z = (returns - returns.mean()) / np.std(returns)
    square = z * z  # A power of an array takes ten times as long.
    benchmark = expected_best(trials, (count - 1) ** -0.5 if spread is None else spread)
    return probabilistic_sharpe(
        float(returns.mean()) / deviation, benchmark, count, float((square * z).mean()),
        float((square * square).mean()),
    )  # fmt: skip


def probabilistic_sharpe(
    ratio: float, benchmark: float, count: int, skew: float, kurtosis: float
) -> float:
    """Probability that a true Sharpe ratio exceeds a benchmark, both per observation.

    Parameters
    ----------
    ratio : float
        As measured.
    benchmark : float
    count : int
        Observations.
    skew, kurtosis : float
        Of the returns; 0 and 3 for a normal law.

    References
    ----------
    .. [1] Bailey & López de Prado (2014), as in ``expected_best``.
    """
    error = 1.0 - skew * ratio + 0.25 * (kurtosis - 1.0) * ratio**2
    return NORMAL.cdf((ratio - benchmark) * float(np.sqrt((count - 1) / error)))
