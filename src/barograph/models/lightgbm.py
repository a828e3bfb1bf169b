"""Boosted trees on what log-HAR leaves: of the range, of the size of returns, and of their sign.

Each is fitted anew for every test window and horizon on a gamma (or logistic) loss, shallow and
strongly regularised: with horizon ``h`` the independent outcomes fall as ``1 / h``, so leaves grow
and rounds fall with it. Where there is too little to learn from, or the horizon is one at which
trees never beat their base, they give no answer.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from barograph.core.errors import NotEnoughDataError
from barograph.core.panel import Panel
from barograph.core.types import Floats
from barograph.models.base import Output, Refit
from barograph.models.lightgbm_inputs import FIRST_ROW, INPUTS, tree_inputs

BASE: Final = "har_x"
LEAST_ROWS: Final = 80 * 24
"""Outcomes without which no tree is grown."""
CAP: Final = 3.0
"""Log ratio beyond which an outcome counts no further."""

COMMON: Final[dict[str, Any]] = {
    "num_threads": 1,
    "verbose": -1,
    "deterministic": True,
    "force_row_wise": True,
    "boost_from_average": False,
    "bagging_freq": 1,
}


@dataclass(frozen=True, slots=True)
class Booster:
    """A fitted booster as text; empty where there is no answer."""

    text: str

    def raw(self, inputs: "np.ndarray[Any, np.dtype[np.float32]]") -> Floats:
        """Sum of the trees, shape ``(n,)``; NaN for an empty booster."""
        if not self.text:
            return np.full(len(inputs), np.nan)
        import lightgbm

        model = lightgbm.Booster(model_str=self.text)
        scores = model.predict(inputs, raw_score=True, num_threads=1)
        return np.asarray(scores, dtype=np.float64)


def boost(
    inputs: "np.ndarray[Any, np.dtype[np.float32]]",
    label: Floats,
    start: float,
    params: dict[str, Any],
    rounds: int,
    seed: int,
    settling: int,
) -> Booster:
    """Fit on the rows whose label is finite, none of the first ``settling`` among them.

    Parameters
    ----------
    inputs, label
        Shapes ``(n, k)`` and ``(n,)``.
    start : float
        Raw score every row begins from.
    params : dict
        LightGBM's, over ``COMMON``.
    rounds : int
        Trees.
    seed : int
        Of the draws of rows and inputs.
    settling : int
        First rows left out.

    Returns
    -------
    booster : Booster
        Empty where fewer than ``LEAST_ROWS`` rows are left.
    """
    known = np.flatnonzero(np.isfinite(label))
    rows = known[known >= settling]
    if len(rows) < LEAST_ROWS:
        return Booster("")
    import lightgbm

    data = lightgbm.Dataset(
        inputs[rows], label[rows], init_score=np.full(len(rows), start), free_raw_data=True
    )
    return Booster(
        lightgbm.train({**COMMON, **params, "seed": seed}, data, rounds).model_to_string()
    )


@dataclass(frozen=True, slots=True)
class LightGbm:
    """Gamma regression of realised variance over the log-HAR forecast: QLIKE's own loss.

    Attributes
    ----------
    longest : int
        Hours beyond which there is no answer: there trees lost to their base in every trial,
        there being too few independent outcomes.
    rounds : int
        Trees at one hour; falls with the square root of the horizon.
    seed : int
        Of the draws of rows and inputs; the run's own in a run.
    extra : tuple of str
        Features of the user's own that are read besides.
    """

    longest: int = 8
    rounds: int = 200
    name: str = "lightgbm"
    inputs: tuple[str, ...] = (*INPUTS, "har_log_variance_24h")
    refit: Refit = "window_and_horizon"
    after: tuple[str, ...] = (BASE,)
    every: int = 2
    seed: int = 7
    extra: tuple[str, ...] = ()

    def fit(self, past: Panel) -> "FittedScale":
        """Fit one horizon."""
        horizon = one_horizon(past)
        if horizon > self.longest:
            return FittedScale(Booster(""), 1.0, self.extra, debiased=True)
        base = past.forecasts[BASE][:, 0]
        ratio = np.log(past.target_variance[:, 0] / base)
        params = {
            "objective": "gamma",
            "learning_rate": 0.03,
            "num_leaves": 8,
            "min_data_in_leaf": 500 + 125 * horizon,
            "feature_fraction": 0.3,
            "bagging_fraction": 0.5,
            "lambda_l2": 10.0,
        }
        label = np.exp(np.minimum(ratio, CAP))
        rounds = round(self.rounds / horizon**0.5)
        inputs = tree_inputs(past, base, self.extra)
        booster = boost(inputs, label, 0.0, params, rounds, self.seed, settling(past))
        return FittedScale(booster, 1.0, self.extra, debiased=True)


@dataclass(frozen=True, slots=True)
class LightGbmSize:
    """Gamma regression of the size of returns over the log-HAR scale.

    What moves prices most is not all in the range: this learns the scale of returns themselves.
    Its variance is in units of squared returns and is debiased like any other's.

    Attributes
    ----------
    longest, seed, extra
        As for ``LightGbm``.
    """

    longest: int = 24
    name: str = "lightgbm_size"
    inputs: tuple[str, ...] = (*INPUTS, "har_log_variance_24h")
    refit: Refit = "window_and_horizon"
    after: tuple[str, ...] = (BASE,)
    every: int = 2
    seed: int = 7
    extra: tuple[str, ...] = ()

    def fit(self, past: Panel) -> "FittedScale":
        """Fit one horizon."""
        horizon = one_horizon(past)
        if horizon > self.longest:
            return FittedScale(Booster(""), 2.0, self.extra)
        base = past.forecasts[BASE][:, 0]
        size = np.maximum(np.abs(past.target_return[:, 0]) / np.sqrt(base), 1e-6)
        start = float(np.log(np.nanmean(size))) if np.isfinite(size).any() else 0.0
        params = {
            "objective": "gamma",
            "learning_rate": 0.03,
            "num_leaves": 12,
            "min_data_in_leaf": 400 * max(1, horizon // 4),
            "feature_fraction": 0.4,
            "bagging_fraction": 0.6,
            "lambda_l2": 20.0,
            "max_bin": 63,
        }
        rounds = 200 if horizon <= 4 else 120
        inputs = tree_inputs(past, base, self.extra)
        booster = boost(inputs, size, start, params, rounds, self.seed, settling(past))
        return FittedScale(booster, 2.0, self.extra)


@dataclass(frozen=True, slots=True)
class FittedScale:
    """A log correction of the base variance: ``power`` times the booster's score.

    On the gamma loss of variance itself it stays unbiased, as the base is. NaN without a booster.
    """

    booster: Booster
    power: float
    extra: tuple[str, ...] = ()
    debiased: bool = False

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Correct the base forecast of the rows asked for."""
        base = panel.forecasts[BASE][:, 0]
        inputs = tree_inputs(panel, base, self.extra)[start:stop]
        variance = base[start:stop] * np.exp(self.power * self.booster.raw(inputs))
        return Output(variance[:, None], debiased=self.debiased)


@dataclass(frozen=True, slots=True)
class LightGbmDirection:
    """Logistic regression trees on the sign of the return; the scale is the base's.

    Attributes
    ----------
    rounds : int
        Trees: few, since the sign is close to noise.
    seed, extra
        As for ``LightGbm``.
    """

    rounds: int = 60
    name: str = "lightgbm_direction"
    inputs: tuple[str, ...] = (*INPUTS, "har_log_variance_24h")
    refit: Refit = "window_and_horizon"
    after: tuple[str, ...] = (BASE,)
    every: int = 2
    seed: int = 7
    extra: tuple[str, ...] = ()

    def fit(self, past: Panel) -> "FittedDirection":
        """Fit one horizon; returns of exactly zero have no sign and are left out."""
        horizon = one_horizon(past)
        returns = past.target_return[:, 0]
        label = np.where(np.isfinite(returns) & (returns != 0.0), (returns > 0.0) * 1.0, np.nan)
        params = {
            "objective": "binary",
            "learning_rate": 0.02,
            "num_leaves": 6,
            "min_data_in_leaf": 1000 + 50 * horizon,
            "feature_fraction": 0.3,
            "bagging_fraction": 0.5,
            "lambda_l2": 50.0,
            "max_bin": 63,
        }
        inputs = tree_inputs(past, past.forecasts[BASE][:, 0], self.extra)
        booster = boost(inputs, label, 0.0, params, self.rounds, self.seed, settling(past))
        return FittedDirection(booster, self.extra)


@dataclass(frozen=True, slots=True)
class FittedDirection:
    """Log odds of a rise; no probability without a booster."""

    booster: Booster
    extra: tuple[str, ...] = ()

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Base variance, and the probability of a rise."""
        base = panel.forecasts[BASE][:, 0]
        odds = self.booster.raw(tree_inputs(panel, base, self.extra)[start:stop])
        p_up = 1.0 / (1.0 + np.exp(-odds))
        return Output(base[start:stop, None], p_up=p_up[:, None], debiased=True)


def settling(past: Panel) -> int:
    """Rows of a panel in which features still settle: counted from the start of history."""
    return max(FIRST_ROW - past.before, 0)


def one_horizon(panel: Panel) -> int:
    """Horizon of a panel that was cut to one.

    Raises
    ------
    NotEnoughDataError
        If the panel has none or several.
    """
    if len(panel.horizons) != 1:
        raise NotEnoughDataError(f"trees are fitted a horizon at a time, got {panel.horizons}")
    return panel.horizons[0]


MODELS = (LightGbm(), LightGbmSize(), LightGbmDirection())
