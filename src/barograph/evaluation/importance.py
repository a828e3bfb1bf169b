"""What a model of volatility leans on, and whether noise looks as good (R-F13).

1. Take the last two years before the end of training; nothing later is read.
2. Add columns of noise: one of normal numbers, one a shuffled copy of a feature, one slow, so that
   it drifts as volatility does.
3. Fit a small LightGBM to the log of the variance over the next day, on the first three quarters.
4. On the last quarter, purged by the horizon, shuffle one column at a time: its importance is the
   R² lost, averaged over a few shuffles. The gain of the splits is kept beside it.

Gain is counted where the trees were fitted, so slow noise looks useful by it; only what is lost on
later rows shows that it is not. Features that say the same share their importance.

Noise ranks low if the best of its columns counts for less than a tenth of the leading feature
(``noise_is_low``); a plain rank would not do, as many features that the trees leave alone tie at
zero with it.

References
----------
.. [1] Breiman (2001), "Random forests", Machine Learning 45(1), 5-32.
.. [2] Stoppiglia, Dreyfus, Dubois & Oussar (2003), "Ranking a random feature for variable and
   feature selection", JMLR 3, 1399-1414 (the probe of noise).
"""

from typing import Any, Final

import numpy as np
import polars as pl

from barograph.calibration.filters import exponential_mean
from barograph.core.errors import NotEnoughDataError
from barograph.core.panel import Panel
from barograph.core.types import Floats, Ints

WINDOW_HOURS: Final = 730 * 24
JUDGED_SHARE: Final = 0.25
HORIZON_HOURS: Final = 24
FIT_EVERY: Final = 2
JUDGE_EVERY: Final = 3
"""Neighbouring targets of a day overlap by 23 hours: every few rows say as much as all."""
SHUFFLES: Final = 3
LEAST_ROWS: Final = 500
LOW_SHARE: Final = 0.1
NOISE_HALF_LIFE: Final = 24.0
TREES: Final = 80
PARAMETERS: Final[dict[str, Any]] = {
    "objective": "l2",
    "learning_rate": 0.08,
    "num_leaves": 15,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.3,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
IMPORTANCE: Final[dict[str, pl.DataType]] = {
    "symbol": pl.String(),
    "feature": pl.String(),
    "importance": pl.Float64(),
    "gain": pl.Float64(),
    "is_noise": pl.Boolean(),
}
"""Schema: ``importance`` is the share of the target's variance lost, ``gain`` adds up to one."""


def importance(panel: Panel, row: int, seed: int) -> pl.DataFrame:
    """Importance of every feature, known at a row.

    Parameters
    ----------
    panel : Panel
        One symbol, features included.
    row : int
        End of training: features up to it and outcomes that had matured by then are read.
    seed : int
        Of the noise, the trees and the shuffles.

    Returns
    -------
    table : DataFrame
        Columns of ``IMPORTANCE``, most important first.

    Raises
    ------
    NotEnoughDataError
        If fewer than 500 rows with a matured outcome are left to fit on.
    """
    nearest = min(panel.horizons, key=lambda hours: abs(hours - HORIZON_HOURS))
    past = panel.rows(max(row + 1 - WINDOW_HOURS, 0), row + 1).at_horizons((nearest,))
    past = past.known_at(len(past) - 1)
    target = np.log(past.target_variance[:, 0])
    random = np.random.default_rng(seed)
    names, table = with_noise(past, random)
    fit, judge = cut(target, nearest)
    if len(fit) < LEAST_ROWS:
        raise NotEnoughDataError(
            f"{len(fit)} rows of {panel.symbol} with a matured outcome before {panel.moment(row)} "
            f"are too few to rank features on; wanted {LEAST_ROWS}"
        )
    trees = fitted(table[fit], target[fit], seed)
    gain = trees.feature_importance("gain")
    lost = np.zeros(len(names))
    used = np.flatnonzero(gain > 0.0)
    lost[used] = shuffled_loss(trees, table[judge], target[judge], used, random)
    frame = pl.DataFrame(
        {
            "symbol": [panel.symbol] * len(names),
            "feature": names,
            "importance": lost,
            "gain": gain / max(float(gain.sum()), 1e-300),
            "is_noise": [name.startswith("noise_") for name in names],
        },
        schema=IMPORTANCE,
    )
    return frame.sort(["importance", "gain", "feature"], descending=[True, True, False])


def with_noise(past: Panel, random: np.random.Generator) -> tuple[list[str], Floats]:
    """Names and values of the features, the planted noise last."""
    rows = len(past)
    copied = int(random.integers(len(past.names)))
    slow = exponential_mean(random.standard_normal(rows), NOISE_HALF_LIFE)
    noise = {
        "noise_normal": random.standard_normal(rows),
        "noise_shuffled": random.permutation(past.features[:, copied]),
        "noise_slow": slow,
    }
    return [*past.names, *noise], np.column_stack([past.features, *noise.values()])


def cut(target: Floats, horizon: int) -> tuple[Ints, Ints]:
    """Rows to fit on and rows to judge on, every few, a horizon between them."""
    known = np.isfinite(target)
    place = np.arange(len(target))
    border = int(len(target) * (1.0 - JUDGED_SHARE))
    fit = np.flatnonzero(known & (place < border - horizon) & (place % FIT_EVERY == 0))
    judge = np.flatnonzero(known & (place >= border) & (place % JUDGE_EVERY == 0))
    return fit, judge


def fitted(table: Floats, target: Floats, seed: int) -> Any:  # noqa: ANN401 - lightgbm has no types
    """A small boosted model, the same for the same seed."""
    import lightgbm

    data = lightgbm.Dataset(table, target, params={"max_bin": 63, "verbosity": -1})
    return lightgbm.train({**PARAMETERS, "seed": seed}, data, num_boost_round=TREES)


def shuffled_loss(
    trees: Any,  # noqa: ANN401 - lightgbm has no types
    table: Floats,
    target: Floats,
    columns: Ints,
    random: np.random.Generator,
) -> Floats:
    """R² lost when each of some columns is shuffled, shape ``(len(columns),)``."""
    held = table.copy()
    orders = [random.permutation(len(target)) for _ in range(SHUFFLES)]
    spread = float(np.var(target))

    def error() -> float:
        return float(np.mean((target - trees.predict(held, num_threads=1)) ** 2))

    base = error()
    lost = np.empty(len(columns))
    for place, column in enumerate(columns):
        errors = []
        for order in orders:
            held[:, column] = table[order, column]
            errors.append(error())
        held[:, column] = table[:, column]
        lost[place] = (np.mean(errors) - base) / spread
    return lost


def noise_is_low(table: pl.DataFrame) -> bool:
    """Whether every noise column counts for less than a tenth of the leading feature."""
    noise = table.filter("is_noise")["importance"].max()
    lead = table.filter(~pl.col("is_noise"))["importance"].max()
    return (
        isinstance(noise, float)
        and isinstance(lead, float)
        and lead > 0.0
        and noise < LOW_SHARE * lead
    )
