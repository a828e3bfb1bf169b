"""The pair's later stages as a user types them, on SIMULATED bars."""

from pathlib import Path

import orjson
import pytest
from tests.end_to_end.conftest import barograph
from tests.pair_market import make_pair, write_bars

PLACE = Path("workspace", "pair", "btc_eth")
FINAL = PLACE / "final output"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("run",), "workspace/pair/btc_eth is not prepared; run `barograph pair prepare` first"),
        (("report",), "final_output_summary.json; run `barograph pair run` first"),
        (("run", "--start", "soon"), "'soon' is not a date; write YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_run_is_one_line(tmp_path: Path, words: tuple[str, ...], line: str) -> None:
    said = barograph("pair", *words, cwd=tmp_path)
    assert said.code == 2
    assert line in said.error


@pytest.mark.long
def test_from_a_folder_of_bars_to_the_final_output(tmp_path: Path) -> None:
    write_bars(make_pair(15_000), tmp_path / "data")
    for words in (("download", "--data", "data"), ("prepare",)):
        assert barograph("pair", *words, cwd=tmp_path).code == 0
    made = barograph("pair", "run", "--start-capital", "5000", "--workers", "1", cwd=tmp_path)
    assert made.code == 0, made.err
    assert "Does it make money after costs?" in made.out
    assert "not financial advice" in made.out
    assert "[pair] quality_gate: start" in made.err
    told = barograph("pair", "report", "--json", cwd=tmp_path)
    assert told.err == "", "a machine is told the result alone"
    summary = orjson.loads(told.out)
    assert summary == orjson.loads(
        (tmp_path / FINAL / "reports/final_output_summary.json").read_bytes()
    )
    assert summary["start_capital"] == 5000.0
    assert summary["search"]["configurations"] == 1152
    assert not (tmp_path / PLACE / "out").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "workspace"]
