"""Laws every declared feature obeys: no future, the lookback it says, a unit, finite values."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from tests.grids import ROWS, make_grid, stand_still

from barograph.features.availability import INPUTS, availability, require_available
from barograph.features.base import Feature
from barograph.features.build import build, evaluate
from barograph.features.catalogue import features, inputs
from barograph.features.causality import leaks
from barograph.lake.grid import GRID

CATALOGUE = features()
MOMENTS = (2900, 3333, ROWS - 1)
CODES = {"volatility_regime", "volume_regime", "trend_regime", "regime"}
"""Classes: one hour in thousands need not change them."""

every_feature = pytest.mark.parametrize("feature", CATALOGUE.values(), ids=list(CATALOGUE))


@cache
def market() -> pl.DataFrame:
    return make_grid()


@cache
def table() -> pl.DataFrame:
    return build(market(), CATALOGUE)


@cache
def leaking() -> frozenset[str]:
    return frozenset(leak.feature for leak in leaks(market(), CATALOGUE, MOMENTS))


@cache
def with_another_future(now: int) -> pl.DataFrame:
    """The table when everything after a row is another market."""
    other = make_grid(seed=99).with_columns(market()["as_of"])
    mixed = pl.concat([market().head(now + 1), other.tail(ROWS - now - 1)])
    return build(mixed, CATALOGUE).head(now + 1)


def on_window(feature: Feature, grid: pl.DataFrame) -> float | None:
    """Value at the last row of a window, whatever the lookback says."""
    value = evaluate(grid, [feature])[feature.name][-1]
    return None if value is None else float(value)


def recall_error(feature: Feature, now: int) -> float:
    """How far the value on its own lookback is from that on all history, in its own spread."""
    full = table()[feature.name][now]
    window = market().slice(now + 1 - feature.lookback, feature.lookback)
    alone = on_window(feature, window)
    if full is None or alone is None:
        return 0.0 if full is alone else np.inf
    spread = float(np.nanstd(table()[feature.name].to_numpy()))
    return abs(alone - float(full)) / max(abs(float(full)), spread)


def moves_with_its_oldest_row(feature: Feature, now: int) -> bool:
    """Whether changing the oldest row of the window changes the value."""
    window = market().slice(now + 1 - feature.lookback, feature.lookback)
    before = on_window(feature, window)
    numbers = [name for name in GRID if name != "as_of"]
    changes = [pl.col(numbers) * 3, pl.col(numbers) / 3, pl.lit(None).alias(numbers[0])]
    changes += [pl.col("high", "peer_high", "volume") * 5, pl.col("close") / 2]
    for change in changes:
        oldest = window.head(1).with_columns(change).cast(GRID)  # type: ignore[arg-type]
        after = on_window(feature, pl.concat([oldest, window.slice(1)]))
        if before is None or after is None:
            if before is not after:
                return True
        elif abs(after - before) > 1e-9 * abs(before):
            return True
    return False


@every_feature
def test_the_future_does_not_move_the_past(feature: Feature) -> None:
    assert feature.name not in leaking()


@every_feature
@pytest.mark.parametrize("now", MOMENTS[:2])
def test_another_future_leaves_the_whole_past_alone(feature: Feature, now: int) -> None:
    past = table()[feature.name].head(now + 1)
    assert past.equals(with_another_future(now)[feature.name], null_equal=True)


@every_feature
def test_lookback_is_enough(feature: Feature) -> None:
    # A recursive feature keeps a billionth of its weight beyond; ratios can magnify it a little.
    allowed = 1e-9 if feature.tolerance == 0 else 1e3 * feature.tolerance
    assert max(recall_error(feature, now) for now in MOMENTS) <= allowed


@pytest.mark.parametrize(
    "feature",
    [f for f in CATALOGUE.values() if f.tolerance == 0 and f.lookback > 1 and f.name not in CODES],
    ids=lambda feature: feature.name,
)
def test_lookback_is_no_more_than_needed(feature: Feature) -> None:
    # Some windows depend on the hour of day or are flat after a rise: look at many moments,
    # of every hour of day, before giving up.
    assert any(moves_with_its_oldest_row(feature, now) for now in range(2900, ROWS - 1, 29))


@every_feature
def test_values_are_finite_and_vary(feature: Feature) -> None:
    values = table()[feature.name]
    assert values.dtype == pl.Float64
    assert values.is_finite().fill_null(value=True).all()
    assert values.n_unique() > 1 + (values.null_count() > 0)
    assert values.slice(feature.lookback).null_count() < 0.15 * (ROWS - feature.lookback)


@every_feature
def test_nothing_is_known_before_the_lookback(feature: Feature) -> None:
    assert table()[feature.name].head(feature.lookback - 1).null_count() == feature.lookback - 1


@every_feature
def test_a_market_that_stands_still_divides_nothing_by_zero(feature: Feature) -> None:
    values = evaluate(stand_still(market()), [feature])[feature.name].drop_nulls()
    assert values.is_finite().all()


@every_feature
def test_the_price_level_does_not_matter(feature: Feature) -> None:
    assert feature.name not in moved_by_scale()


@cache
def moved_by_scale() -> frozenset[str]:
    """Features that change when every price is a thousandth and every volume a hundredfold."""
    prices = [f"{owner}{p}" for owner in ("", "peer_") for p in ("open", "high", "low", "close")]
    volumes = ["volume", "taker_buy_base", "peer_volume"]
    scaled = market().with_columns(pl.col(prices) / 1000, pl.col(volumes) * 100)
    other = build(scaled, CATALOGUE)
    close = {
        name: np.allclose(
            table()[name].to_numpy(), other[name].to_numpy(), 1e-5, 1e-7, equal_nan=True
        )
        for name in CATALOGUE
    }
    return frozenset(name for name, agrees in close.items() if not agrees)


@every_feature
def test_it_says_what_it_is(feature: Feature) -> None:
    assert feature.name.isidentifier()
    assert feature.name == feature.name.lower()
    assert feature.unit
    assert feature.formula
    assert feature.group
    assert feature.lookback >= 1
    assert 0 <= feature.tolerance < 1e-6
    assert inputs(feature) <= GRID.keys()


def test_every_grid_column_has_a_declared_availability() -> None:
    assert INPUTS.keys() == GRID.keys()
    require_available(CATALOGUE)
    assert all(availability(f).total_seconds() == 0 for f in CATALOGUE.values())


def test_there_are_enough_of_them() -> None:
    assert len(CATALOGUE) >= 110


CLOSE = pl.col("close")


def planted(name: str, expr: pl.Expr, lookback: int = 24) -> Feature:
    return Feature(name, expr, lookback, unit="1", formula="planted", group="planted")


@pytest.mark.parametrize(
    "fault",
    [
        planted("centred_window", CLOSE.rolling_mean(25, min_samples=13, center=True)),
        planted("future_shift", (CLOSE.shift(-1) / CLOSE).log()),
        planted("whole_sample_scaling", (CLOSE - CLOSE.mean()) / CLOSE.std()),
        planted("backward_fill", CLOSE.fill_null(strategy="backward").rolling_mean(24)),
        planted("whole_sample_rank", CLOSE.rank()),
    ],
    ids=lambda fault: fault.name,
)
def test_a_planted_leak_is_named_with_its_time(fault: Feature) -> None:
    grid = market()
    missing = grid["close"].is_null().arg_true().to_list()
    now = [row for row in missing if row >= 1000][:1]
    found = leaks(grid, {fault.name: fault}, [*MOMENTS[:2], *now])
    assert found
    assert {leak.feature for leak in found} == {fault.name}
    assert found[0].as_of == grid["as_of"][[*MOMENTS[:2], *now][0]] or fault.name == "backward_fill"


def test_a_lookback_that_is_too_short_is_caught() -> None:
    honest = CATALOGUE["realized_volatility_24h"]
    fault = planted("realized_volatility_24h", honest.expr, lookback=20)
    assert recall_error(fault, MOMENTS[0]) > 1e-3


def test_a_lookback_that_is_too_long_is_caught() -> None:
    honest = CATALOGUE["realized_volatility_24h"]
    fault = planted("realized_volatility_24h", honest.expr, lookback=30)
    assert not moves_with_its_oldest_row(fault, MOMENTS[0])
