"""PIT values and the reliability curve of honest and of too wide forecasts."""

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.scored import make_scored

from barograph.core.levels import LEVELS
from barograph.metrics.reliability import pit, reliability_curve

SCORED = make_scored(rows=3000, models={"barograph": 1.0, "wide": 3.0}, horizons=(1,))


def test_pit_of_a_normal_law_is_its_distribution_function() -> None:
    theirs = stats.norm.cdf(SCORED["realised_return"], SCORED["mean"], SCORED["vol"])
    ours = pit(SCORED)
    inside = (theirs > 0.01) & (theirs < 0.99)
    assert ours[inside] == pytest.approx(theirs[inside], abs=1e-9)
    assert np.isnan(ours).sum() == 2


def test_the_honest_curve_lies_on_the_diagonal() -> None:
    table = reliability_curve(SCORED)
    honest = table.filter(pl.col("model") == "barograph")
    assert honest["level"].to_list() == list(LEVELS)
    assert honest["observed"].to_numpy() == pytest.approx(np.array(LEVELS), abs=0.03)
    assert set(table["n"]) == {2999}
    wide = table.filter(pl.col("model") == "wide", pl.col("level") == 0.9)["observed"].item()
    assert wide > 0.98
