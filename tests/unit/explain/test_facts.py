"""Facts are plain statistics of bars, of the past alone."""

import numpy as np
from tests.panels import make_panel

from barograph.explain.facts import LOOKBACK, facts, lagged, names

PANEL = make_panel(rows=5200)
AHEAD = np.zeros((len(PANEL), len(PANEL.horizons)))
FACTS = facts(PANEL, AHEAD)
NAMES = names(PANEL.horizons)


def column(name: str) -> np.ndarray:
    return FACTS[:, NAMES.index(name)]


def test_facts_are_what_a_reader_would_compute() -> None:
    row = 4900
    assert FACTS.shape == (len(PANEL), len(NAMES))
    move = np.log(PANEL.close[row] / PANEL.close[row - 24])
    assert np.isclose(column("move_24h")[row], move)
    day = np.nanmean(PANEL.variance[row - 23 : row + 1])
    assert np.isclose(column("volatility_24h")[row], np.sqrt(day))
    assert np.isclose(column("volatility_1h")[row], np.sqrt(PANEL.variance[row]))
    volume = np.nanmean(PANEL.volume[row - 23 : row + 1]) / np.nanmean(
        PANEL.volume[row - 719 : row + 1]
    )
    assert np.isclose(column("volume_24h")[row], volume)
    assert (column("season_24h") == 1.0).all()


def test_a_bounded_tail_is_enough() -> None:
    row = 4900
    tail = facts(PANEL.rows(row + 1 - LOOKBACK, row + 1), AHEAD[:LOOKBACK])
    assert np.allclose(tail[-1], FACTS[row], rtol=1e-12, equal_nan=True)


def test_the_future_does_not_move_the_past() -> None:
    cut = facts(PANEL.rows(0, 2000), AHEAD[:2000])
    assert np.array_equal(cut, FACTS[:2000], equal_nan=True)


def test_a_short_history_has_no_lag() -> None:
    assert np.isnan(lagged(np.ones(3), 72)).all()
    assert len(lagged(np.ones(3), 72)) == 3
