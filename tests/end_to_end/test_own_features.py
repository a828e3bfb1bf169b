"""Features of the user's own: read by the trees, refused where they leak, audited like ours."""

import pytest
from tests.end_to_end.conftest import CONFIG, Place

from barograph import Project
from barograph.core.errors import AuditError

HONEST = """
import polars as pl
from barograph.features.base import Feature

FEATURES = (
    Feature(
        name="mine", expr=(pl.col("high") / pl.col("low")).log(), lookback=1,
        unit="log price", formula="ln(high / low)", group="own",
    ),
)
"""
LEAK = HONEST.replace('(pl.col("high") / pl.col("low"))', 'pl.col("close").shift(-1)')
TREES = CONFIG.replace("har_x]", "har_x, lightgbm]")


@pytest.fixture
def furnished(place: Place) -> Place:
    (place.root / "mine.py").write_text(HONEST)
    (place.root / "leak.py").write_text(LEAK)
    (place.root / "trees.yaml").write_text(TREES)
    return place


@pytest.mark.parametrize("command", ["run", "evaluate", "forecast", "train"])
def test_features_that_nothing_reads_are_refused(furnished: Place, command: str) -> None:
    said = furnished.run(command, "--config", "run.yaml", "--features", "mine.py")
    assert said.code == 2
    assert "no model of the run reads mine; take --size medium" in said.error


@pytest.mark.parametrize("command", ["evaluate", "forecast"])
def test_one_that_reads_the_future_is_refused(furnished: Place, command: str) -> None:
    said = furnished.run(command, "--config", "trees.yaml", "--features", "leak.py")
    assert said.code == 6
    assert "feature 'mine' reads the future: at 202" in said.error


def test_a_forecast_made_with_them_is_audited_with_them(
    furnished: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = furnished.run("forecast", "--config", "trees.yaml", "--features", "mine.py")
    assert made.code == 0, made.err
    said = furnished.run("audit", "--last")
    assert said.code == 5
    assert "features of your own that it had: --features" in said.error
    both = furnished.run("audit", "--all", "--features", "mine.py")
    assert both.code == 0, both.err
    assert "entry 1" in both.out
    assert "entry 2" in both.out
    monkeypatch.chdir(furnished.root)
    _, entries = Project("lake", features="mine.py").audit(2)
    assert len(entries) == 1
    with pytest.raises(AuditError, match="entry 2"):
        Project("lake").audit(2)
