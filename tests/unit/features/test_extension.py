"""Features of the user's own, and the generated page."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.grids import make_grid

from barograph.core.errors import InputError, LeakError
from barograph.features.build import build
from barograph.features.catalogue import features
from barograph.features.extension import extended, own, refuse_leaks
from barograph.features.table import feature_rows, feature_table

GOOD = """
import polars as pl
from barograph.features.bars import log_return
from barograph.features.base import Feature

FEATURES = (
    Feature("returns_3h", log_return(3), 4, unit="log price", formula="ln P/P[-3]", group="own"),
)
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "own.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_module_adds_its_features(tmp_path: Path) -> None:
    catalogue = extended(features(), written(tmp_path, GOOD))
    assert len(catalogue) == len(features()) + 1
    table = build(make_grid(100), {"returns_3h": catalogue["returns_3h"]})
    assert table["returns_3h"].drop_nulls().len() > 80


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "exports no FEATURES"),
        ("FEATURES = (1,)", "holds 1, not a Feature"),
        ("1 / 0", "failed: ZeroDivisionError"),
        (GOOD.replace("returns_3h", "returns_4h"), "'returns_4h' is taken"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        extended(features(), written(tmp_path, text))


def test_a_missing_file_or_another_kind_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no feature module at"):
        extended(features(), tmp_path / "none.py")
    other = tmp_path / "notes.txt"
    other.write_text("FEATURES = ()", encoding="utf-8")
    with pytest.raises(InputError, match="is no Python module"):
        extended(features(), other)


def test_the_page_is_what_the_declarations_say() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "features.md"
    assert page.read_text(encoding="utf-8") == feature_table(features()), (
        "run: python -m barograph.features.table > docs/reference/features.md"
    )


def test_the_module_prints_the_page() -> None:
    command = [sys.executable, "-m", "barograph.features.table"]
    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    assert printed.stdout == feature_table(features())


def test_rows_name_every_feature() -> None:
    assert {row["feature"] for row in feature_rows(features())} == set(features())


LEAK = GOOD.replace("log_return(3), 4", 'pl.col("close").shift(-1) / pl.col("close"), 1')


def test_one_that_reads_the_future_is_refused_by_name_and_time(tmp_path: Path) -> None:
    grid = make_grid(300)
    catalogue = extended(features(), written(tmp_path, LEAK))
    with pytest.raises(LeakError, match=r"'returns_3h' reads the future: at \d{4}-\d\d-\d\dT"):
        refuse_leaks(grid, catalogue)
    assert LeakError.exit_code == 6
    refuse_leaks(grid, extended(features(), written(tmp_path, GOOD)))
    refuse_leaks(grid, features())
    assert list(own(catalogue)) == ["returns_3h"]
    assert not own(features())
