"""A whole run of the pair on SIMULATED bars: what it leaves, what it counts, how it goes on."""

import shutil
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError
from tests.pair_market import make_pair, tiny, write_bars

from barograph.core.errors import AuditError, InputError, LakeError, NotEnoughDataError
from barograph.pair.heartbeat import Heartbeat
from barograph.pair.rules import PairSettings
from barograph.pair.summary import Summary
from barograph.pair.workspace import Workspace
from barograph.pipelines import pair_report
from barograph.pipelines.pair_download import from_files
from barograph.pipelines.pair_prepare import prepare
from barograph.pipelines.pair_run import run
from barograph.pipelines.pair_trials import trials_of
from barograph.pipelines.prepare import settings_of
from barograph.trading.performance import NOTICE

ROWS = 13_100
KILL = """
import os, signal, sys
from pathlib import Path
from barograph.pair.heartbeat import Heartbeat
from barograph.pair.workspace import Workspace
from barograph.pipelines.pair_run import run
from tests.pair_market import tiny

def say(line):
    if line.startswith("[pair] " + sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

run(Workspace(Path(sys.argv[1])), tiny(), Heartbeat(say))
"""


def quiet() -> Heartbeat:
    return Heartbeat(lambda _: None)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared workspace, to copy."""
    folder = tmp_path_factory.mktemp("clean")
    return prepared(folder, ROWS).root


def prepared(
    folder: Path, rows: int, seed: int = 7, pull: float = 0.01, noise: float = 0.005
) -> Workspace:
    write_bars(make_pair(rows, seed, pull=pull, noise=noise), folder / "given")
    place = Workspace(folder / "pair")
    from_files(place, quiet(), folder / "given", settings_of())
    prepare(place, quiet())
    return place


def copied(clean: Path, folder: Path) -> Workspace:
    return Workspace(shutil.copytree(clean, folder / "pair"))


@pytest.fixture(scope="module")
def done(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[str]]:
    """A workspace in which a run has ended, and what was said."""
    place = copied(clean, tmp_path_factory.mktemp("whole"))
    said: list[str] = []
    run(place, tiny(), Heartbeat(said.append))
    return place, said


def document(place: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(pair_report.path_of(place).read_bytes())
    return found


def test_the_final_output_is_four_files_and_no_temporary_folder(
    done: tuple[Workspace, list[str]],
) -> None:
    place, _ = done
    left = {str(one.relative_to(place.final)) for one in place.final.rglob("*") if one.is_file()}
    assert left == {
        "README.txt",
        "charts/01_step2_ml_simulation_btc_eth.png",
        "charts/02_step3_real_ml_btc_eth.png",
        "reports/final_output_summary.json",
    }
    assert not place.out.exists()
    for chart in (place.final / "charts").iterdir():
        assert chart.read_bytes().startswith(b"\x89PNG")
        assert chart.stat().st_size > 50_000
    assert NOTICE in (place.final / "README.txt").read_text()


def test_every_stage_is_named_in_the_log_with_its_end(done: tuple[Workspace, list[str]]) -> None:
    _, said = done
    names = (
        "step2_build_events_dataset", "step2_5_analyze_events", "step2_compare_and_select",
        "step2_capital_curve", "step2_dual_symbol_portfolio_test", "step3_build_training_dataset",
        "step3_optimize_model", "robustness", "quality_gate", "held_out", "final_output",
    )  # fmt: skip
    for name in names:
        assert f"[pair] {name}: start" in said
        assert any(line.startswith(f"[pair] {name}: end, ") for line in said)
    assert any("fallback attempt 1 of 2" in line for line in said)
    assert any("run: " in line and "left" in line for line in said)
    assert any("SIMULATED: the filter knows the outcomes" in line for line in said)


def test_the_summary_counts_what_was_tried(done: tuple[Workspace, list[str]]) -> None:
    place, _ = done
    told = document(place)
    kept = orjson.loads((place.root / "trials.json").read_bytes())["configurations"]
    assert told["trials"] == len(set(kept)) == told["held_out"]["best"]["result"][
        "robustness"
    ]["trials"]  # fmt: skip
    assert told["trials"] > told["search"]["configurations"]
    trials = [one["result"]["robustness"]["trials"] for one in told["gate"]["rounds"]]
    assert trials == sorted(trials)
    assert trials[0] == told["search"]["configurations"] + 1


def test_the_spans_follow_one_another(done: tuple[Workspace, list[str]]) -> None:
    told = document(done[0])
    spans = told["spans"]
    assert sum(one["hours"] for one in spans.values()) == ROWS
    assert spans["selection"]["end"] < spans["tuning"]["start"] <= spans["tuning"]["end"]
    assert spans["tuning"]["end"] < spans["held_out"]["start"]
    assert all(one["result"]["span"] == spans["tuning"] for one in told["gate"]["rounds"])
    assert told["held_out"]["best"]["result"]["span"] == spans["held_out"]
    assert told["gate"]["endpoint"] in {"A", "B"}


@pytest.mark.parametrize(
    ("stage", "damaged"),
    [("step3_optimize_model", True), pytest.param("final_output", False, marks=pytest.mark.long)],
)
def test_a_run_that_was_killed_goes_on_to_the_same_summary(
    done: tuple[Workspace, list[str]], clean: Path, tmp_path: Path, stage: str, *, damaged: bool
) -> None:
    """Also where the disk has eaten the end of what was whole."""
    place = copied(clean, tmp_path)
    killed = subprocess.run(
        [sys.executable, "-c", KILL, str(place.root), stage], check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    for table in place.out.glob("step2_b*/*.parquet") if damaged else ():
        table.write_bytes(table.read_bytes()[:-9])
    said: list[str] = []
    run(place, tiny(), Heartbeat(said.append))
    assert sum("found whole from a run before" in line for line in said) >= 4
    wanted = pair_report.path_of(done[0]).read_bytes()
    assert pair_report.path_of(place).read_bytes() == wanted


def test_a_run_after_one_of_other_settings_counts_on(
    done: tuple[Workspace, list[str]], clean: Path, tmp_path: Path
) -> None:
    place = copied(clean, tmp_path)
    dearer = tiny().execution.model_copy(update={"slippage_bps": 7.0})
    before = trials_of(place, tiny(execution=dearer), ()).record()
    run(place, tiny(), quiet())
    assert document(place)["trials"] == document(done[0])["trials"] + before


def test_a_planted_edge_is_found(tmp_path: Path) -> None:
    """A spread that comes back within a day pays for its costs many times over."""
    place = prepared(tmp_path, ROWS, pull=0.03, noise=0.012)
    run(place, tiny(), quiet())
    summary = pair_report.read(place)
    assert summary.search.chosen[0]["kind"] == "reversion"
    assert summary.held_out.answer.startswith(("Yes", "Perhaps"))
    assert not summary.held_out.best.result.robustness.failed


@pytest.mark.long
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_where_no_edge_is_none_is_claimed(tmp_path: Path, seed: int) -> None:
    """A spread that never comes back."""
    place = prepared(tmp_path, ROWS, seed, pull=0.0, noise=0.012)
    run(place, tiny(), quiet())
    assert not pair_report.read(place).held_out.answer.startswith(("Yes", "Perhaps"))


def told(mean: float, *failed: str, deflated: float | None = 0.5, trades: float = 9.0) -> str:
    return pair_report.answer(
        {
            "figures": {"mean_monthly_pnl": mean, "trades": trades},
            "robustness": {"deflated": deflated, "trials": 40, "failed": failed},
        }
    )


def test_the_answer_says_no_more_than_the_figures() -> None:
    assert told(-3.0, "x") == "No: after costs it lost 3.00 a month on the span held out."
    assert told(0.0, trades=0.0).startswith("It did not trade")
    assert told(5.0, "drawdown 40.0%, allowed 30%").startswith(
        "Not reliably: after costs it earned"
    )
    assert told(5.0, deflated=0.6).startswith("Perhaps: ")
    assert "luck may be all (better than the luckiest of 40 trials: 60%)" in told(5.0, deflated=0.6)
    assert told(5.0, deflated=0.97).startswith("Yes, on this history: ")


def test_simulated_bars_are_called_so(done: tuple[Workspace, list[str]]) -> None:
    real = pair_report.read(done[0])
    made_up = real.model_copy(update={"simulated_bars": True})
    assert "SIMULATED BARS" not in pair_report.readme(real)
    assert "SIMULATED BARS: nothing here is of a real market." in pair_report.readme(made_up)
    assert pair_report.lines(made_up)[0].startswith("SIMULATED BARS. ")


def test_something_must_be_held_out() -> None:
    with pytest.raises(ValidationError, match="leave nothing held out"):
        PairSettings(selection=0.6, tuning=0.4)


def changed(place: Workspace, *keys: str | int, to: object) -> bytes:
    told: Any = document(place)
    at = told
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = to
    return orjson.dumps(told)


@pytest.mark.parametrize(
    ("keys", "to"),
    [
        (("moon",), 1),
        (("notice",), "Buy now."),
        (("gate", "endpoint"), "C"),
        (("held_out", "answer"), "better than SPY"),
        (("trials",), "many"),
        (("held_out", "best", "result", "monthly_pnl"), [1.0]),
        (("gate", "rounds", 0, "result", "figures", "end_equity"), None),
        (("search", "chosen", 0, "hold"), 0),
        (("simulated_filter", 0, "label"), "real"),
    ],
)
def test_the_schema_refuses_what_is_not_a_summary(
    done: tuple[Workspace, list[str]], keys: tuple[str | int, ...], to: object
) -> None:
    Summary.model_validate_json(orjson.dumps(document(done[0])))
    with pytest.raises(ValidationError):
        Summary.model_validate_json(changed(done[0], *keys, to=to))


def test_what_is_missing_or_damaged_is_said(
    done: tuple[Workspace, list[str]], clean: Path, tmp_path: Path
) -> None:
    empty = Workspace(tmp_path / "none")
    with pytest.raises(InputError, match="run `barograph pair run` first"):
        pair_report.read(empty)
    with pytest.raises(InputError, match="is not prepared"):
        run(Workspace(tmp_path / "new"), tiny(), quiet())
    place = copied(clean, tmp_path / "damaged")
    late = tiny(start=date(2021, 4, 1))
    with pytest.raises(NotEnoughDataError, match="90 days of BTC and ETH, wanted at least 540"):
        run(place, late, quiet())
    place.write(place.root / "trials.json", b"{")
    with pytest.raises(LakeError, match="number of trials is not known"):
        run(place, tiny(), quiet())
    place.write(pair_report.path_of(place), changed(done[0], "trials", to=0))
    with pytest.raises(AuditError, match="does not pass its schema: trials"):
        pair_report.read(place)
