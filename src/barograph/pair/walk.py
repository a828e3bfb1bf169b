"""The filter in use: fitted before each window on what had ended by then, and asked inside it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from barograph.core.settings import WalkForward
from barograph.core.types import Bools, Floats, Ints
from barograph.evaluation.splits import folds
from barograph.pair.barriers import Outcomes
from barograph.pair.events import Events
from barograph.pair.meta import Labelled, Trees, fit, learnable, predict, threshold_of
from barograph.pair.rules import Learning
from barograph.pair.training import Design
from barograph.pair.tune import out_of_fold
from barograph.trading.market import Market

DAY = 24


@dataclass(frozen=True, slots=True)
class Scene:
    """Events of a rule over a history, as a filter sees them."""

    market: Market
    events: Events
    outcomes: Outcomes
    design: Design


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the walk.

    Attributes
    ----------
    start, stop : int
        Rows of the test.
    learnt_from, tested, kept : int
        Events.
    threshold : float or None
        None where the filter lets nothing through, or there was none.
    how : str
        ``filter``, ``stands aside``, or why the events were traded without one.
    """

    start: int
    stop: int
    learnt_from: int
    tested: int
    kept: int
    threshold: float | None
    how: str

    def document(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Walk:
    """What the filter said.

    Attributes
    ----------
    keep : Bools
        Which events are traded, shape ``(k,)``; none before the first window.
    probability : Floats
        NaN where no filter was asked, ``(k,)``.
    windows : tuple of Window
    """

    keep: Bools
    probability: Floats
    windows: tuple[Window, ...]


def labelled(design: Design, outcomes: Outcomes, which: Ints) -> Labelled:
    """Some finished events, to learn from."""
    return Labelled(
        design.values[which], design.weight[which], outcomes.net[which], outcomes.entry[which],
        outcomes.exit[which],
    )  # fmt: skip


def ended_before(outcomes: Outcomes, row: int, embargo: int) -> Ints:
    """Places of the events whose outcome was known an embargo before a row."""
    return np.flatnonzero(outcomes.finished & (outcomes.exit <= row - embargo))


def walk(
    scene: Scene,
    span: tuple[int, int],
    trees: Trees,
    learning: Learning,
    seed: int,
    beat: Callable[[float], None] = lambda _: None,
) -> Walk:
    """Go through a span window by window.

    Parameters
    ----------
    scene : Scene
    span : tuple of int
        First row, a whole number of days from the first, and the row after the last.
    trees : Trees
    learning : Learning
    seed : int
    beat : Callable
        Told the share that is done.
    """
    design, events, outcomes = scene.design, scene.events, scene.outcomes
    keep = np.zeros(len(events), dtype=bool)
    probability = np.full(len(events), np.nan)
    plan = WalkForward(train_days=span[0] // DAY, test_days=learning.test_days)
    windows = []
    for fold in folds(span[1], plan):
        inside = np.flatnonzero((events.row >= fold.start) & (events.row < fold.stop))
        before = ended_before(outcomes, fold.start, learning.embargo_hours)
        past = labelled(design, outcomes, before)
        why = too_few(past, learning)
        threshold = -np.inf
        if why is None:
            said = out_of_fold(past, trees, learning, seed)
            threshold = threshold_of(said, past.net, learning.least_kept)
            why = _how(threshold, len(inside), learning)
            probability[inside] = predict(fit(past, trees, seed), design.values[inside])
        keep[inside] = np.where(np.isnan(probability[inside]), True,
                                probability[inside] >= threshold)  # fmt: skip
        windows.append(
            Window(fold.start, fold.stop, len(past), len(inside), int(keep[inside].sum()),
                   float(threshold) if np.isfinite(threshold) else None, why)
        )  # fmt: skip
        beat((fold.stop - span[0]) / (span[1] - span[0]))
    return Walk(keep, probability, tuple(windows))


def _how(threshold: float, tested: int, learning: Learning) -> str:
    """How a window was traded; that it has few events is known afterwards and changes nothing."""
    few = tested < learning.test_events
    judged = f"; {tested} events are too few to judge it by" if few else ""
    return f"{'filter' if np.isfinite(threshold) else 'stands aside'}{judged}"


def too_few(past: Labelled, learning: Learning) -> str | None:
    """Why a window is traded without the filter; None where it need not be."""
    if len(past) < learning.train_events:
        return f"no filter: {len(past)} finished events, wanted {learning.train_events}"
    smallest = len(past) // learning.folds
    if smallest < learning.validation_events:
        return f"no filter: {smallest} events a fold, wanted {learning.validation_events}"
    return None if learnable(past) else "no filter: every event before ended the same way"
