"""Any symbol whose bars lie in a folder: nothing is tuned to a price, a date or a column."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.end_to_end.conftest import CONFIG, Place, supplied

from barograph import Project
from barograph.core.levels import LEVELS, column

SPAN = {"start": "2022-07-01", "end": "2022-07-31"}
RELATIVE = ("mean", "vol", "variance", "p_up", *map(column, LEVELS))


def evaluated(root: Path, data: Path, symbol: str = "SOLUSDT") -> pl.DataFrame:
    """Forecasts of the flagship, beside what happened, from a lake of nothing but this."""
    config = root / "run.yaml"
    config.write_text(CONFIG.replace("[random_walk, ewma, har_x]", "[har_x]"))
    project = Project(root / "lake", config=config)
    project.ingest(data)
    found = project.evaluate(symbol, **SPAN)
    assert set(found.metrics["symbol"].unique()) == {symbol}
    scored = found.scored.filter(pl.col("model") == "barograph")
    assert scored.select(RELATIVE).null_count().sum_horizontal().item() == 0
    assert scored.height == 2 * 31 * 24
    inside = scored["realised_return"].is_between(scored["q0.159"], scored["q0.841"]).mean()
    assert isinstance(inside, float)
    assert 0.55 < inside < 0.80
    return scored


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    root = tmp_path_factory.mktemp("usual")
    data = root / "data" / "bars"
    data.mkdir(parents=True)
    supplied().write_parquet(data / "binance_spot_SOLUSDT_1h.parquet")
    return evaluated(root, root / "data")


@pytest.mark.parametrize("price", [1e-6, 1e4])
def test_the_price_level_does_not_matter(usual: pl.DataFrame, tmp_path: Path, price: float) -> None:
    (tmp_path / "flat").mkdir()
    file = tmp_path / "flat" / "binance_spot_SOLUSDT_1h.parquet"
    supplied(price=price).with_columns(pl.col("quote_volume") * price).write_parquet(file)
    found = evaluated(tmp_path, tmp_path / "flat")
    for name in RELATIVE:
        np.testing.assert_allclose(found[name], usual[name], rtol=1e-4, atol=1e-8, err_msg=name)


def test_a_history_that_begins_at_another_time(tmp_path: Path) -> None:
    late = timedelta(days=3 * 364)
    frame = supplied().with_columns(pl.col("ts") - late)
    frame.write_parquet(tmp_path / "binance_spot_SOLUSDT_1h.parquet")
    config = tmp_path / "run.yaml"
    config.write_text(CONFIG.replace("[random_walk, ewma, har_x]", "[har_x]"))
    project = Project(tmp_path / "lake", config=config)
    project.ingest(tmp_path / "binance_spot_SOLUSDT_1h.parquet")
    found = project.evaluate("SOLUSDT").scored
    assert found.filter(pl.col("as_of") < frame["ts"][0] + timedelta(days=120)).is_empty()
    assert found["as_of"][0].year == 2019


@pytest.mark.parametrize("how", ["absent", "null", "klines"])
def test_without_flows(tmp_path: Path, how: str) -> None:
    frame = supplied()
    data = tmp_path / "data"
    data.mkdir()
    if how == "absent":
        frame.drop("quote_volume", "trades").write_parquet(data / "SOLUSDT_1h.parquet")
    elif how == "null":
        nothing = [pl.lit(None).cast(frame.schema[n]).alias(n) for n in ("quote_volume", "trades")]
        frame.with_columns(nothing).write_parquet(data / "binance_spot_SOLUSDT_1h.parquet")
    else:
        opened = pl.col("ts").dt.epoch("ms")
        klines = frame.select(
            opened, "open", "high", "low", "close", "volume", opened.alias("end") + 3_599_999,
            "quote_volume", "trades", tb=pl.col("volume") / 2, tq=pl.col("quote_volume") / 2, x=0,
        )  # fmt: skip
        klines.write_csv(data / "SOLUSDT-1h.csv", include_header=False)
    evaluated(tmp_path, data)


def test_the_command_as_it_will_be_run(bare: Place) -> None:
    file = bare.data / "bars" / "binance_spot_BTCUSDT_1h.parquet"
    file.rename(file.with_name("binance_spot_SOLUSDT_1h.parquet"))
    options = ("--config", "run.yaml", "--data", "data", "--symbol", "sol/usdt", "--out", "out/")
    said = bare.run("evaluate", *options, "--start", "2022-07-01", "--end", "2022-07-31")
    assert said.code == 0, said.err
    assert "SOLUSDT: pinball" in said.out
    assert pl.read_parquet(bare.out / "forecasts.parquet")["symbol"].unique().to_list() == [
        "SOLUSDT"
    ]
