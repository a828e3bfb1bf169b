"""The Python interface: what the README shows works, and says what the commands say."""

import doctest
import json
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import polars as pl
import pytest
from tests.end_to_end.conftest import Place

import barograph
from barograph import BarographError, Project, api

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def project(place: Place, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("BAROGRAPH_OFFLINE", "1")
    monkeypatch.chdir(place.root)
    return Project("lake", config="run.yaml")


def test_the_notebook_of_the_readme(project: Project, place: Place) -> None:
    text = README.read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(from barograph import .*?)^```", text, re.M | re.S)
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(lines) <= 6
    here = code.replace('"market-data"', '"data"').replace("2021-01-01", "2022-07-01")
    here = here.replace("2025-06-30", "2022-07-31").replace(
        'Project("lake")', 'Project("lake", config="run.yaml")'
    )
    names: dict[str, object] = {}
    exec(compile(here, str(README), "exec"), names)
    forecast = names["forecast"]
    assert forecast.frame["horizon_hours"].to_list() == [1, 4]  # type: ignore[attr-defined]


def test_it_says_what_the_command_says(project: Project, place: Place) -> None:
    said = json.loads(place.run("forecast", "--config", "run.yaml", "--json").out)["forecasts"][0]
    made = project.forecast("BTCUSDT")
    assert made.model_hash == said["model_hash"]
    for mine, theirs in zip(made.frame.iter_rows(named=True), said["horizons"], strict=True):
        assert {name: mine[name] for name in ("mean", "q0.010", "price")} == {
            name: theirs[name] for name in ("mean", "q0.010", "price")
        }
    assert project.ledger.height == 1  # the same forecast is published once
    verified, entries = project.audit()
    assert verified.forecasts == len(entries) == 1


def test_results_and_project_are_frozen(project: Project) -> None:
    with pytest.raises(FrozenInstanceError):
        project.lake = "other"  # type: ignore[misc]
    made = project.forecast(publish=False)
    with pytest.raises(FrozenInstanceError):
        made.frame = pl.DataFrame()  # type: ignore[misc]


def test_run_writes_nothing_it_was_not_asked_for(project: Project, place: Place) -> None:
    before = {path for path in place.root.rglob("*") if "lake" not in path.parts}
    found = project.evaluate(start="2022-07-01", end="2022-07-31")
    assert {"pinball", "qlike"} <= set(found.metrics["metric"].unique())
    assert {path for path in place.root.rglob("*") if "lake" not in path.parts} == before
    assert project.bars("BTCUSDT").height == 5395


def test_errors_are_one_tree(project: Project) -> None:
    with pytest.raises(BarographError, match="did you mean BTCUSDT"):
        project.forecast("BTCUSTD")
    with pytest.raises(BarographError, match="name a later --as-of"):
        project.forecast(as_of="2001-01-01")
    with pytest.raises(BarographError, match="neither a file nor a folder"):
        project.ingest("nowhere")


def test_importing_is_quick_and_names_are_public() -> None:
    code = (
        "import sys, barograph; heavy = {'numpy', 'polars', 'deltalake'} & set(sys.modules);"
        "print(sorted(heavy), barograph.Project.__name__, dir(barograph))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] Project ['BarographError', 'Project', '__version__']")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        barograph.nothing  # noqa: B018


def test_the_examples_in_the_docstrings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for module in (barograph, api):
        assert doctest.testmod(module).failed == 0
