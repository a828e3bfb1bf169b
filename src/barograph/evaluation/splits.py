"""How history is cut: every test window, and what may be learnt before it.

1. Origins before ``train_days`` of history are never forecast.
2. From there on, test windows of ``test_days`` follow one another without a gap.
3. A model for a test window is fitted on rows whose target had matured, less the embargo,
   before the window's first origin: the purge is the horizon, or more where asked.
4. ``anchored`` training begins with the first bar, ``rolling`` training ``train_days`` before.
5. What learns from the models' answers (debiasing, pools, conformal tracking) chooses on the
   windows before the one it is tested on; the first ``validation_days`` of answers are for that
   alone, and only what comes after is reported. Where ``folds`` limits what is reported,
   ``warmup_days`` of answers before it are made for the same reason.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from barograph.core.errors import NotEnoughDataError, SettingsError
from barograph.core.panel import Panel
from barograph.core.settings import WalkForward

PRESETS: Final[dict[str, WalkForward]] = {
    "short": WalkForward(train_days=30, test_days=7, purge_hours=24, folds=5, warmup_days=180),
    "optimisation": WalkForward(scheme="rolling", train_days=90, validation_days=30, test_days=30),
    "long": WalkForward(train_days=730, test_days=30),
}
"""``short``: 30 days to learn, 7 to test, a day's purge, five expanding folds. ``optimisation``:
90 days to learn, 30 to choose on, 30 to test. ``long``: years of training, monthly refit."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One test window; rows ``start ... stop`` of the panel, learnt from row ``begin`` on."""

    begin: int
    start: int
    stop: int


def folds(rows: int, plan: WalkForward) -> tuple[Fold, ...]:
    """Cut ``rows`` hours into test windows, those for warming up among them.

    Raises
    ------
    NotEnoughDataError
        If there is no hour left after the training window and the days for choosing.
    """
    days = plan.train_days + plan.validation_days
    if rows <= days * 24:
        kept = f" and validation_days {plan.validation_days}" if plan.validation_days else ""
        raise NotEnoughDataError(
            f"{rows / 24:.0f} days of bars, but train_days is {plan.train_days}{kept}; "
            f"give more history or a train_days below "
            f"{max(rows // 24 - plan.validation_days, 1)}"
        )
    least = plan.train_days * 24
    starts = range(least, rows, plan.test_days * 24)
    cut = tuple(
        Fold(
            begin=start - least if plan.scheme == "rolling" else 0,
            start=start,
            stop=min(start + plan.test_days * 24, rows),
        )
        for start in starts
    )
    if plan.folds is None or plan.warmup_days is None:
        return cut
    needed = cut[-plan.folds :][0].start - plan.warmup_days * 24
    return tuple(fold for fold in cut if fold.stop > needed)


def first_reported(rows: int, plan: WalkForward) -> int:
    """Row of the first origin that is reported.

    Raises
    ------
    NotEnoughDataError
        If there is none; see ``folds``.
    """
    cut = folds(rows, plan)
    tested = cut if plan.folds is None else cut[-plan.folds :]
    return max(tested[0].start, (plan.train_days + plan.validation_days) * 24)


def training(panel: Panel, fold: Fold, plan: WalkForward) -> Panel:
    """What a model for this fold may be fitted on.

    Returns
    -------
    past : Panel
        Rows ``fold.begin ... fold.start``, targets NaN unless they matured, purge and embargo
        taken off, by the first origin of the test window.
    """
    cutoff = fold.start - plan.embargo_hours
    past = panel.known_at(max(cutoff, 0))
    span = np.maximum(np.array(panel.horizons), plan.purge_hours)
    usable = np.arange(len(past))[:, None] + span[None, :] <= cutoff
    seen = replace(
        past,
        target_return=np.where(usable, past.target_return, np.nan),
        target_variance=np.where(usable, past.target_variance, np.nan),
    )
    return seen.rows(min(fold.begin, len(past) - 1), len(past))


def check_window(plan: WalkForward, lookback_hours: int) -> None:
    """Refuse a training window shorter than the longest lookback.

    Raises
    ------
    SettingsError
        Naming the smallest ``train_days`` that would do.
    """
    least = -(-lookback_hours // 24)
    if plan.train_days < least:
        raise SettingsError(
            f"train_days is {plan.train_days}, shorter than the largest lookback of "
            f"{lookback_hours} hours; the nearest valid choice is {least}"
        )
