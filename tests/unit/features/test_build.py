"""The engine: missing values, parts of long grids, names, refusals."""

import subprocess
import sys

import polars as pl
import pytest
from tests.grids import make_grid

from barograph.core.errors import InputError, LeakError
from barograph.features.availability import INPUTS, availability, require_available, sources
from barograph.features.base import Feature
from barograph.features.build import build, build_parts, feature_set_hash
from barograph.features.catalogue import features, inputs
from barograph.features.windows import memory, needed

NAMES = ("returns_1h", "rsi_14", "garman_klass_24h", "vwap_deviation_24h")
QUICK = {name: features()[name] for name in NAMES}


def made(expr: pl.Expr, name: str = "made", lookback: int = 1) -> Feature:
    return Feature(name, expr, lookback, unit="1", formula="made up", group="made")


def test_same_bits_every_time() -> None:
    grid = make_grid(2000)
    once = build(grid, features())
    assert all(build(grid, features()).equals(once, null_equal=True) for _ in range(3))


def test_columns_in_order_as_float() -> None:
    table = build(make_grid(400), QUICK)
    assert table.columns == ["as_of", *QUICK]
    assert set(table.dtypes[1:]) == {pl.Float64()}
    assert table.height == 400


def test_a_value_that_is_not_finite_is_null() -> None:
    grid = make_grid(50)
    odd = made(pl.when(pl.int_range(pl.len()) % 2 == 0).then(float("inf")).otherwise(float("nan")))
    assert build(grid, {"made": odd})["made"].null_count() == 50


def test_parts_join_to_the_whole() -> None:
    grid = make_grid(1500)
    whole = build(grid, QUICK)
    parts = pl.concat(build_parts(grid.lazy(), QUICK, rows=400))
    assert parts["as_of"].equals(whole["as_of"])
    for name in QUICK:
        assert parts[name].is_null().equals(whole[name].is_null())
        assert (parts[name] - whole[name]).abs().max() < 1e-6  # type: ignore[operator]


def test_parts_of_no_rows_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1 row"):
        next(build_parts(make_grid(50).lazy(), QUICK, rows=0))


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(InputError, match="reads open_interest, which the grid does not have"):
        build(make_grid(50), {"made": made(pl.col("open_interest"))})


def test_uneven_steps_are_refused() -> None:
    grid = make_grid(50)
    with pytest.raises(InputError, match="uneven steps"):
        build(pl.concat([grid.head(10), grid.tail(10)]), QUICK)


def test_inputs_are_traced_through_parts() -> None:
    assert inputs(features()["returns_1h"]) == {"close"}
    assert features()["vwap_deviation_24h"].inputs == {"high", "low", "close", "volume"}
    assert features()["spectral_entropy"].inputs == {"as_of", "close"}


def test_the_hash_names_exactly_these_features() -> None:
    base = feature_set_hash(QUICK)
    assert feature_set_hash(dict(reversed(QUICK.items()))) == base
    assert feature_set_hash({**QUICK, "made": made(pl.col("close"))}) != base
    one, other = (feature_set_hash({"a": made(pl.col("close") * k)}) for k in (1, 2))
    assert one != other
    longer = feature_set_hash({"a": made(pl.col("close"), lookback=2)})
    assert longer != feature_set_hash({"a": made(pl.col("close"))})


def test_the_hash_is_the_same_in_another_process() -> None:
    code = (
        "from barograph.features.build import feature_set_hash as h;"
        "from barograph.features.catalogue import features as f; print(h(f()))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert other.stdout.strip() == feature_set_hash(features())


def test_availability_is_that_of_the_latest_input() -> None:
    assert availability(features()["peer_beta_24h"]) == INPUTS["close"].delay
    assert sources(features()["peer_beta_24h"]) == ("hourly bars", "hourly bars of the peer")
    assert availability(made(pl.lit(1.0))) == INPUTS["close"].delay


def test_an_undeclared_input_is_a_leak() -> None:
    with pytest.raises(LeakError, match="'made' reads 'tomorrow', whose availability"):
        require_available({"made": made(pl.col("tomorrow"))})


def test_a_late_input_is_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from barograph.features import availability as module

    late = {**INPUTS, "funding_rate": module.Input("slow", timedelta(hours=2))}
    monkeypatch.setattr(module, "INPUTS", late)
    with pytest.raises(LeakError, match="'funding_rate' is known 2:00:00 after as_of"):
        require_available({"funding_rate": features()["funding_rate"]})


def test_windows_refuse_nonsense() -> None:
    assert [needed(n) for n in (1, 3, 4, 24)] == [1, 3, 3, 18]
    with pytest.raises(ValueError, match="at least 1 hour"):
        needed(0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        memory(1.0)
