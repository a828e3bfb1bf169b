"""What explains an hour adds up to what was published, and goes on hour by hour."""

from functools import cache

import numpy as np
import pytest
from tests.panels import make_panel

from barograph.core.errors import SettingsError
from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.core.types import Bools, Floats
from barograph.explain.answer import explanation
from barograph.explain.contributions import Usual
from barograph.explain.facts import LOOKBACK
from barograph.metrics.distribution import moments
from barograph.models.barograph import FLAGSHIP
from barograph.models.live import Answers, Engine
from barograph.pipelines.explain import (
    ODDS,
    TERMS,
    Explained,
    check,
    explain,
    hour_of,
    layout,
)
from barograph.pipelines.prepare import settings_of
from barograph.store.beliefs import Belief, unpack

ROWS, BEGIN = 5400, 2880


@cache
def market() -> tuple[Panel, Answers, Explained, Usual]:
    panel = make_panel(rows=ROWS, horizons=(1, 24))
    answers, _ = Engine.warm(panel, BEGIN)
    made, usual = explain(panel, answers)
    return panel, answers, made, usual


def published() -> tuple[Bools, Floats, Floats]:
    """Which rows have a forecast, with log volatility and log-odds of a rise."""
    quantiles = market()[1].outputs[FLAGSHIP.name].quantiles
    assert quantiles is not None
    law = moments(quantiles.reshape(-1, 13))
    rows, count = quantiles.shape[:2]
    odds: Floats = np.log(law.p_up / (1.0 - law.p_up)).reshape(rows, count)
    log_vol: Floats = np.log(law.vol).reshape(rows, count)
    there: Bools = np.isfinite(quantiles.sum(axis=(1, 2)))
    return there, log_vol, odds


def test_contributions_add_up_at_every_hour() -> None:
    there, log_vol, odds = published()
    _, _, made, _ = market()
    assert there.sum() > 1500
    assert np.abs(made.terms.sum(axis=2) - log_vol)[there].max() < 1e-9
    assert np.abs(made.odds.sum(axis=2) - odds)[there].max() < 1e-9


def test_there_is_an_explanation_where_there_is_a_forecast_and_nowhere_else() -> None:
    there, _, _ = published()
    _, _, made, _ = market()
    assert np.array_equal(np.isfinite(made.terms).all(axis=(1, 2)), there)
    assert np.array_equal(np.isfinite(made.odds).all(axis=(1, 2)), there)
    assert there.sum() < (np.arange(ROWS) >= BEGIN).sum()  # bars are missing


def test_the_next_hours_go_on_where_the_walk_stopped() -> None:
    """To the bit, as the forecasts themselves do: sums, and facts but for rounding."""
    panel, _, made, _ = market()
    stop = ROWS - 40
    answers, engine = Engine.warm(panel.rows(0, stop), BEGIN)
    _, usual = explain(panel.rows(0, stop), answers)
    for row in range(stop, ROWS):
        fields = ("open", "close", "volume", "variance")
        bar = {name: float(getattr(panel, name)[row]) for name in fields}
        answer, engine = engine.step(int(panel.hours[row]), bar if panel.present[row] else None)
        one, usual = explain(panel.rows(row + 1 - LOOKBACK, row + 1), answer, usual)
        assert np.array_equal(one.terms[0], made.terms[row], equal_nan=True)
        assert np.array_equal(one.odds[0], made.odds[row], equal_nan=True)
        assert np.allclose(one.inputs[0], made.inputs[row], rtol=1e-9, equal_nan=True)


def test_what_is_kept_of_an_hour_can_be_read_back_and_said() -> None:
    panel, answers, made, _ = market()
    kept = layout(panel.horizons)
    assert (kept.terms, kept.odds) == (TERMS, ODDS)
    output = answers.outputs[FLAGSHIP.name]
    assert output.quantiles is not None
    there, log_vol, _ = published()
    row = int(np.flatnonzero(there)[-2])
    belief = Belief(
        float(panel.close[row]), 1, np.array([1, 2]), output.variance[row], output.quantiles[row],
        made.terms[row], made.odds[row], made.inputs[row],
    )  # fmt: skip
    read = unpack(belief.pack(), kept)
    assert np.array_equal(read.terms, made.terms[row])
    hour, before = (
        hour_of(made, r, 1, panel.horizons, output.quantiles[r, 1]) for r in (row, row - 1)
    )
    said = explanation(hour, before, 24)
    assert said["log_volatility"]["total"] == pytest.approx(log_vol[row, 1], abs=1e-9)
    assert all("nan" not in reason for reason in said["reasons"])


def test_every_group_of_the_models_has_words_of_its_own() -> None:
    from barograph.explain.wording import TITLES

    assert {*TERMS, *ODDS} <= TITLES.keys()


def test_what_cannot_be_explained_is_refused_by_name() -> None:
    small: Settings = settings_of("small", None, ["BTCUSDT"])
    check(small, 24)
    with pytest.raises(SettingsError, match="horizon 5 h is not forecast; those: 1, 4"):
        check(small, 5)
    with pytest.raises(SettingsError, match=r"got har_x, lightgbm.*use --size small"):
        check(settings_of("medium", None, ["BTCUSDT"]), 24)
