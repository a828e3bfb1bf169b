"""The commands on good input: what they print, what they write."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml
from tests.end_to_end.conftest import CONFIG, SHORT_SIMULATION, Place, Said

from barograph import __version__
from barograph.core.levels import LEVELS, column
from barograph.core.time import now


def test_run_ends_with_the_forecast_and_the_path_of_the_report(
    first_run: tuple[Place, Said],
) -> None:
    place, said = first_run
    lines = said.out.splitlines()
    assert lines[-1] == "report: out/report.html"
    assert any(line.split()[:3] == ["horizon", "median", "P(up)"] for line in lines)
    assert any("ledger entry 1 (BTCUSDT)" in line for line in lines)
    assert "against the strongest other model" in said.out
    assert (place.out / "report.html").stat().st_size > 10_000
    assert "SIMULATED" not in said.out


def test_nothing_is_wider_than_the_terminal(first_run: tuple[Place, Said]) -> None:
    prose = ("ledger entry", "report:", "run ", "STALE ")
    lines = [line for line in first_run[1].out.splitlines() if not line.startswith(prose)]
    assert max(map(len, lines)) <= 80
    assert "…" not in first_run[1].out
    assert "_volatility" not in first_run[1].out


def test_the_files_of_a_run(first_run: tuple[Place, Said]) -> None:
    out = first_run[0].out
    forecasts = pl.read_parquet(out / "forecasts.parquet")
    assert forecasts.columns == [
        *("symbol", "model", "as_of", "horizon_hours", "target_time"),
        *("mean", "vol", "variance", "p_up"),
        *map(column, LEVELS),
    ]
    keys = ["symbol", "model", "as_of", "horizon_hours"]
    assert not forecasts.select(keys).is_duplicated().any()
    asked = yaml.safe_load(CONFIG)["models"]
    assert set(forecasts["model"].unique()) == {"barograph", *asked}
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["simulated"] is False
    assert metrics["scores"]["BTCUSDT"]["1"]["barograph"]["pinball"] > 0
    run = json.loads((out / "run.json").read_text())
    assert run["simulated"] is False
    assert run["configurations_tried"] == 1
    assert {"config", "data_versions", "seed", "versions", "timings_seconds"} <= run.keys()
    assert not list(out.rglob("*.partial"))


def test_evaluate_prints_scores_and_publishes_nothing(place: Place) -> None:
    span = ("--start", "2022-07-01", "--end", "2022-07-31")
    said = place.run("evaluate", "--config", "run.yaml", "--out", "again", *span)
    assert said.code == 0, said.err
    assert "ledger entry" not in said.out
    assert "P(up)" not in said.out
    assert said.out.splitlines()[-1] == "report: again/report.html"
    origins = pl.read_parquet(place.root / "again" / "forecasts.parquet")["as_of"]
    assert str(origins.min()) == "2022-07-01 00:00:00+00:00"
    assert str(origins.max()) == "2022-07-31 23:00:00+00:00"
    assert len((place.lake / "ledger" / "forecasts.jsonl").read_bytes().splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("run", "--config", "run.yaml"),
        ("train", "--config", "run.yaml"),
        ("forecast", "--config", "run.yaml"),
        ("ingest", "data"),
        ("audit", "--last"),
        ("data",),
        ("features",),
        ("features", "--build", "--config", "run.yaml"),
    ],
    ids=" ".join,
)
def test_json_is_one_document_and_nothing_else(place: Place, words: tuple[str, ...]) -> None:
    said = place.run(*words, "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)


def test_forecast_as_json_has_every_horizon(place: Place) -> None:
    answer = json.loads(place.run("forecast", "--config", "run.yaml", "--json").out)
    (one,) = answer["forecasts"]
    assert one["simulated"] is False
    assert [row["horizon_hours"] for row in one["horizons"]] == [1, 4]
    assert one["horizons"][0]["regime"] in {
        *("low_volatility", "normal", "high_volatility"),
        *("trending_up", "trending_down", "panic"),
    }
    assert answer["ledger"][0]["sequence"] == 1  # the same forecast is not published twice


def test_an_old_last_bar_is_said_on_standard_error(place: Place) -> None:
    said = place.run("forecast", "--config", "run.yaml")
    assert "note: the last bar of BTCUSDT in the lake is" in said.err
    assert "days old" in said.err


def test_an_error_as_json_is_one_line_of_json(place: Place) -> None:
    said = place.run("forecast", "--config", "run.yaml", "--as-of", "1999-01-01", "--json")
    assert said.code == 2
    assert said.out == ""
    error = json.loads(said.err.splitlines()[-1])["error"]
    assert error["code"] == "NotEnoughDataError"


def test_without_data_and_network_everything_says_simulated(bare: Place) -> None:
    config = bare.config.read_text().replace("[random_walk, ewma, har_x]", "[ewma, har_x]")
    bare.config.write_text(config.replace("[1, 4]", "[1]"))
    start = f"{now() - timedelta(days=10):%Y-%m-%d}"
    said = bare.run("run", "--config", "run.yaml", "--start", start, program=SHORT_SIMULATION)
    assert said.code == 0, said.err
    assert "note: no data and no network: using a SIMULATED market" in said.err
    tables = [line for line in said.out.splitlines() if "BTCUSDT:" in line]
    assert tables
    assert all(line.startswith("SIMULATED BTCUSDT:") for line in tables)
    assert said.out.count(" SIMULATED ") >= 3  # table, fan chart twice
    assert json.loads((bare.out / "run.json").read_text())["simulated"] is True
    assert json.loads((bare.out / "metrics.json").read_text())["simulated"] is True
    assert pl.read_parquet_metadata(bare.out / "forecasts.parquet")["simulated"] == "true"
    assert "SIMULATED" in (bare.out / "report.html").read_text()
    assert b'"simulated":true' in (bare.lake / "ledger" / "forecasts.jsonl").read_bytes()
    audit = bare.run("audit", "--last")
    assert audit.code == 0, audit.err
    assert "rebuilt bit for bit: SIMULATED forecasts.jsonl entry 1" in audit.out
    again = bare.run("forecast", "--config", "run.yaml", "--json")
    assert json.loads(again.out)["forecasts"][0]["simulated"] is True
    assert "SIMULATED" in again.err


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    said = Place(tmp_path).run("--version")
    assert said.code == 0
    assert said.out.strip() == f"barograph {__version__}"


@pytest.mark.parametrize(
    "name", ["run", "evaluate", "train", "forecast", "audit", "ingest", "data", "features"]
)
def test_help_has_examples(name: str, tmp_path: Path) -> None:
    said = Place(tmp_path).run(name, "--help")
    assert said.code == 0
    assert "Examples" in said.out
    assert f"barograph {name}" in said.out
