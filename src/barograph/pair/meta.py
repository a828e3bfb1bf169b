"""The filter: gradient-boosted trees for the probability that an event earns something.

Which side is taken is the rule's business; the trees say whether to take it (meta-labelling).
Folds are in order of time, each purged of outcomes that overlap it and with an embargo beside it;
the threshold is chosen on what such folds say of each other, never on a later event.

References
----------
.. [1] López de Prado (2018), "Advances in Financial Machine Learning", ch. 3.6 and 7.4.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import Field

from barograph.core.settings import Strict
from barograph.core.types import Bools, Floats, Ints

if TYPE_CHECKING:
    import lightgbm

NEVER: Final = np.inf
"""Threshold of a filter that lets nothing through."""


class Trees(Strict):
    """Settings of the trees; those here are the plain ones, tried before any optimisation."""

    leaves: int = Field(default=7, ge=2, le=256)
    rounds: int = Field(default=120, ge=1, le=5000)
    rate: float = Field(default=0.03, gt=0.0, le=1.0)
    least: int = Field(default=30, ge=1)
    columns: float = Field(default=0.6, gt=0.0, le=1.0)
    rows: float = Field(default=0.8, gt=0.0, le=1.0)
    ridge: float = Field(default=5.0, ge=0.0)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Finished events to learn from, in order of time.

    Attributes
    ----------
    values : Floats
        Columns, shape ``(k, c)``.
    weight, net : Floats
        Uniqueness and result after costs, ``(k,)``.
    entry, exit : Ints
        Hours in which each outcome was made, ``(k,)``.
    """

    values: Floats
    weight: Floats
    net: Floats
    entry: Ints
    exit: Ints

    def __len__(self) -> int:
        return len(self.net)

    @property
    def won(self) -> Bools:
        """Whether each earned something."""
        found: Bools = self.net > 0.0
        return found

    def pick(self, which: Bools | Ints) -> "Labelled":
        """Some of the events."""
        return Labelled(
            self.values[which], self.weight[which], self.net[which], self.entry[which],
            self.exit[which],
        )  # fmt: skip


def purged_folds(entry: Ints, left: Ints, count: int, embargo: int) -> list[tuple[Ints, Ints]]:
    """Cut events into folds of neighbours; what is learnt from is purged of what overlaps.

    Parameters
    ----------
    entry, left : Ints
        Hours between which each outcome was made, in order of entry, shape ``(k,)``.
    count : int
        Folds.
    embargo : int
        Hours left out on both sides of a fold, beyond the overlap.

    Returns
    -------
    folds : list of (train, test)
        Places of events; an event is in one test fold.
    """
    found = []
    for test in np.array_split(np.arange(len(entry)), count):
        if not len(test):
            continue
        begins, ends = entry[test].min() - embargo, left[test].max() + embargo
        apart = (left < begins) | (entry > ends)
        found.append((np.flatnonzero(apart), test))
    return found


def fit(data: Labelled, trees: Trees, seed: int) -> "lightgbm.Booster":
    """Fit the trees, on one thread and the same way every time."""
    import lightgbm

    parameters = {
        "objective": "binary", "num_leaves": trees.leaves, "learning_rate": trees.rate,
        "min_data_in_leaf": trees.least, "feature_fraction": trees.columns,
        "bagging_fraction": trees.rows, "bagging_freq": 1, "lambda_l2": trees.ridge,
        "seed": seed, "deterministic": True, "force_row_wise": True, "num_threads": 1,
        "verbosity": -1,
    }  # fmt: skip
    table = lightgbm.Dataset(
        data.values, label=data.won.astype(float), weight=data.weight,
        params={"verbosity": -1}, free_raw_data=True,
    )  # fmt: skip
    return lightgbm.train(parameters, table, num_boost_round=trees.rounds)


def predict(booster: "lightgbm.Booster", values: Floats) -> Floats:
    """Probability that each event earns something, shape ``(k,)``."""
    found: Floats = np.asarray(booster.predict(values, num_threads=1), dtype=float)
    return found


def learnable(data: Labelled) -> bool:
    """Whether there is anything to tell apart."""
    return 0 < int(data.won.sum()) < len(data)


def fold_probability(data: Labelled, train: Ints, test: Ints, trees: Trees, seed: int) -> Floats:
    """What trees fitted on one set say of another; the part that wins where they learn nothing."""
    past = data.pick(train)
    if not learnable(past):
        return np.full(len(test), float(past.won.mean()) if len(past) else 0.5)
    return predict(fit(past, trees, seed), data.values[test])


def threshold_of(probability: Floats, net: Floats, least: float) -> float:
    """Probability from which on events are taken: the one under which those kept earned most.

    Parameters
    ----------
    probability, net : Floats
        Of events that were not learnt from, shape ``(k,)``.
    least : float
        Part of the events that must be kept.

    Returns
    -------
    threshold : float
        ``NEVER`` where no threshold that keeps enough earned anything.
    """
    order = np.argsort(-probability, kind="stable")
    earned = np.cumsum(net[order])
    counts = np.arange(1, len(order) + 1)
    # A threshold lies between two different probabilities.
    sorted_p = probability[order]
    between = np.append(sorted_p[1:] < sorted_p[:-1], True)
    allowed = between & (counts >= max(1, int(np.ceil(least * len(order)))))
    if not allowed.any():
        return NEVER
    best = int(np.argmax(np.where(allowed, earned, -np.inf)))
    return float(sorted_p[best]) if earned[best] > 0.0 else NEVER
