"""A warm forecast is the walk-forward's own, whatever experts were run."""

from collections.abc import Mapping

import numpy as np
import pytest
from tests.panels import make_panel

from barograph.core.panel import Panel
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Output
from barograph.models.har import Har, HarX
from barograph.models.live import Row, Warm, warm

ROWS = 4000


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make_panel(ROWS, missing=0.0)


def experts(panel: Panel, *, trees: bool) -> Mapping[str, Output]:
    """Answers of the experts; the trees' are stood in for by the textbook's model."""
    har_x, har = HarX().forecast(panel, 0, len(panel)), Har().forecast(panel, 0, len(panel))
    if not trees:
        return {"har_x": har_x}
    p_up = np.random.default_rng(1).uniform(0.4, 0.6, size=har.variance.shape)
    return {
        "har_x": har_x,
        "lightgbm": har,
        "lightgbm_size": har,
        "lightgbm_direction": Output(har.variance, p_up=p_up),
    }


@pytest.mark.parametrize("trees", [False, True], ids=["small", "with trees"])
@pytest.mark.parametrize("rows", [ROWS, ROWS - 137])
def test_the_warm_answer_is_the_walk_forwards(panel: Panel, rows: int, trees: bool) -> None:
    outputs = experts(panel.known_at(rows - 1), trees=trees)
    seen = panel.known_at(rows - 1)
    output, made, row = warm(FLAGSHIP, seen, outputs)
    answer = made.answer(row)
    assert output.quantiles is not None
    assert answer.quantiles is not None
    assert np.isfinite(answer.quantiles).all()
    np.testing.assert_allclose(answer.quantiles[0], output.quantiles[-1], rtol=1e-9)
    np.testing.assert_allclose(answer.variance[0], output.variance[-1], rtol=1e-9)


@pytest.fixture(scope="module")
def last(panel: Panel) -> tuple[Warm, Row]:
    _, made, row = warm(FLAGSHIP, panel, experts(panel, trees=False))
    return made, row


def test_answering_changes_nothing(last: tuple[Warm, Row]) -> None:
    made, row = last
    first, again = made.answer(row), made.answer(row)
    np.testing.assert_array_equal(first.quantiles, again.quantiles)


def test_more_volatility_widens_every_band(last: tuple[Warm, Row]) -> None:
    made, row = last
    louder = Row(row.hour, {"har_x": 2 * row.variances["har_x"]}, row.slow, row.common, row.ahead)
    calm, loud = made.answer(row).quantiles, made.answer(louder).quantiles
    assert calm is not None
    assert loud is not None
    assert (loud[0, :, -2] - loud[0, :, 1] > calm[0, :, -2] - calm[0, :, 1]).all()


def test_without_an_expert_there_is_no_answer(last: tuple[Warm, Row]) -> None:
    made, row = last
    unknown = np.full(len(row.slow), np.nan)
    answer = made.answer(Row(row.hour, {"har_x": unknown}, row.slow, row.common, row.ahead))
    assert np.isnan(answer.variance).all()
    assert answer.quantiles is not None
    assert np.isnan(answer.quantiles).all()


def test_a_young_history_gives_no_shape() -> None:
    young = make_panel(900, missing=0.0)
    output, made, row = warm(FLAGSHIP, young, experts(young, trees=False))
    answer = made.answer(row)
    np.testing.assert_array_equal(answer.quantiles[0], output.quantiles[-1])  # type: ignore[index]
