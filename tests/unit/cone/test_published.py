"""What the runner publishes of a cone."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.unit.cone.cones import HOURS, forecast, season

from barograph.cone.bands import BANDS
from barograph.cone.published import NAMES, published_cone, stretched
from barograph.core.errors import InputError
from barograph.core.levels import LEVELS
from barograph.core.time import HORIZONS

AS_OF = datetime(2024, 3, 1, 14, tzinfo=UTC)
PRICE = 62_000.0


def test_at_the_models_horizons_the_cone_is_the_forecast() -> None:
    quantiles = forecast(drift=1e-5)
    curves = published_cone(PRICE, AS_OF, quantiles, HORIZONS, season())["cone"]
    for place, horizon in enumerate(HORIZONS):
        for name, level in zip(NAMES, BANDS, strict=True):
            wanted = PRICE * np.exp(quantiles[place, LEVELS.index(level)])
            assert curves[name][horizon - 1] == pytest.approx(wanted, rel=1e-12)


def test_both_engines_give_one_price_for_each_hour_ahead_as_json() -> None:
    told = json.loads(json.dumps(published_cone(PRICE, AS_OF, forecast(), HORIZONS, season())))
    assert told.keys() == {"cone", "gbm"}
    for curves in told.values():
        assert curves.keys() == {"t", *NAMES}
        assert all(len(curve) == HOURS for curve in curves.values())
        assert curves["t"][0] == (AS_OF + timedelta(hours=1)).timestamp()
        assert np.all(np.diff(curves["t"]) == 3600)
        assert np.all(np.diff([curves[name] for name in NAMES], axis=0) > 0.0), "never crossing"


def test_the_brownian_engine_hears_of_the_regime_and_the_calibrated_one_does_not() -> None:
    calm, rising = (
        published_cone(PRICE, AS_OF, forecast(), HORIZONS, season(), regime=regime)
        for regime in ("unknown", "trending_up")
    )
    assert calm["cone"] == rising["cone"]
    assert calm["gbm"] != rising["gbm"]


def test_factors_widen_the_bands_about_the_middle_and_keep_them_ordered() -> None:
    bands = np.array([[-3.0, -1.0, 0.5, 2.0, 5.0]])
    np.testing.assert_allclose(
        stretched(bands, np.array([[2.0, 1.0]])), [[-3.0, -2.5, 0.5, 3.5, 5.0]]
    )
    squeezed = stretched(bands, np.array([[1.0, 0.1]]))
    assert np.all(np.diff(squeezed) >= 0.0)
    assert stretched(bands, None) is bands


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": float("nan")}, "not a price"),
        ({"price": 0.0}, "not a price"),
        ({"as_of": AS_OF.replace(tzinfo=None)}, "time zone"),
        ({"as_of": AS_OF.replace(minute=30)}, "full hour"),
        ({"quantiles": np.full((6, 13), np.nan)}, "unknown"),
        ({"quantiles": forecast()[:, ::-1]}, "cross"),
        ({"quantiles": forecast()[:5]}, "shape"),
        ({"season": np.zeros(24)}, "shape"),
    ],
)
def test_what_makes_no_cone_is_refused(change: dict[str, object], words: str) -> None:
    asked: dict[str, object] = {
        "price": PRICE,
        "as_of": AS_OF,
        "quantiles": forecast(),
        "horizons": HORIZONS,
        "season": season(),
    }
    with pytest.raises(InputError, match=words):
        published_cone(**{**asked, **change})  # type: ignore[arg-type]
