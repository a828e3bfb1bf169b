"""The live engine of a run file, and bars as it takes them."""

from collections.abc import Mapping

import numpy as np

from barograph.core.errors import SettingsError
from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.evaluation.splits import folds
from barograph.models.live import RUN, Answers, Engine
from barograph.targets.garman_klass import hourly_gk_variance


def warm(panel: Panel, settings: Settings) -> tuple[Answers, Engine]:
    """Walk a panel with the live models of a run file.

    Returns
    -------
    answers : Answers
        Of every row: to the bit what ``pipelines.experts.answers`` gives, but for quantiles of
        ``har`` and ``har_x``, which are not made.
    engine : Engine
        At the last row.

    Raises
    ------
    SettingsError
        If the run file asks for other models, or for a walk that does not begin with the first
        bar and go on to the last.
    NotEnoughDataError
        If the panel is shorter than the first training window.
    """
    if set(settings.models) != set(RUN):
        raise SettingsError(
            f"models are {', '.join(settings.models)}; the live engine runs {' and '.join(RUN)}"
        )
    plan = settings.walk_forward
    if plan.scheme != "anchored" or plan.folds is not None:
        raise SettingsError(
            f"scheme is {plan.scheme} and folds {plan.folds}; the live engine learns from the "
            "first bar on without a break: take anchored, and folds null"
        )
    return Engine.warm(panel, folds(len(panel), plan)[0].start)


def bar(
    open_: float, high: float, low: float, close: float, volume: float | None
) -> Mapping[str, float]:
    """One hour as ``Engine.step`` takes it, its variance to the bit what a panel holds."""
    # Two copies: numpy takes another routine for a single number; see ``calibration.carry.log``.
    prices = (np.full(2, price) for price in (open_, high, low, close))
    return {
        "open": open_,
        "close": close,
        "volume": np.nan if volume is None else volume,
        "variance": float(hourly_gk_variance(*prices)[0]),
    }
