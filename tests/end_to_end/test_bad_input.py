"""Bad input through the real command: one clear line, an exit code, nothing half-written."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from tests.end_to_end.conftest import Place, supplied

from barograph.core.errors import SettingsError
from barograph.features.catalogue import features
from barograph.lake.lake import Lake
from barograph.pipelines.prepare import check_windows, settings_of

NAME = "binance_spot_BTCUSDT_1h"
TABLE = f"silver/bars/{NAME}"


def rows_of(place: Place, table: str = TABLE) -> int:
    lake = Lake(place.lake)
    return lake.read(table).height if lake.exists(table) else 0


def klines(rows: int = 100, unit: int = 1000, start: int = 1_640_995_200) -> str:
    """Binance klines without a header, epochs in seconds times ``unit``."""
    lines = []
    for hour in range(rows):
        opened = (start + 3600 * hour) * unit
        closed = opened + 3600 * unit - 1
        lines.append(f"{opened},100,101,99,100.5,12,{closed},1200,40,6,600,0")
    return "\n".join(lines) + "\n"


def test_an_empty_file(place: Place) -> None:
    (place.root / f"{NAME}.csv").touch()
    said = place.run("ingest", f"{NAME}.csv")
    assert said.code == 2
    assert f"{NAME}.csv" in said.error
    assert "empty" in said.error
    assert rows_of(place) == 5395


def test_an_empty_folder(place: Place) -> None:
    (place.root / "nothing").mkdir()
    said = place.run("run", "--data", "nothing", "--config", "run.yaml")
    assert said.code == 2
    assert "nothing holds no bars of BTCUSDT" in said.error


def test_a_file_of_another_symbol(place: Place) -> None:
    frame = supplied(50).with_columns(symbol=pl.lit("ETHUSDT"))
    frame.write_parquet(place.root / f"{NAME}.parquet")
    said = place.run("ingest", f"{NAME}.parquet")
    assert said.code == 2
    assert "holds ETHUSDT where BTCUSDT was asked for" in said.error
    other = place.run("forecast", "--data", f"{NAME}.parquet", "--symbol", "SOLUSDT")
    assert other.code == 2
    assert "asked for SOLUSDT" in other.error
    assert rows_of(place) == 5395


def test_mixed_epochs_are_read_row_by_row(bare: Place) -> None:
    later = 1_640_995_200 + 100 * 3600
    text = klines(100, 1000) + klines(100, 1_000_000, later)
    (bare.root / "BTCUSDT-1h-2022-01.csv").write_text(text)
    said = bare.run("ingest", "BTCUSDT-1h-2022-01.csv")
    assert said.code == 0, said.err
    assert "200 rows read = 200 silver + 0 duplicates + 0 quarantined" in said.out
    times = Lake(bare.lake).read(TABLE)["open_time"].sort()
    assert times.diff().drop_nulls().n_unique() == 1
    assert times[0] == datetime(2022, 1, 1, tzinfo=UTC)


def test_a_truncated_zip(place: Place) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BTCUSDT-1h-2022-01.csv", klines())
    whole = buffer.getvalue()
    (place.root / "BTCUSDT-1h-2022-01.zip").write_bytes(whole[: len(whole) // 2])
    said = place.run("ingest", "BTCUSDT-1h-2022-01.zip")
    assert said.code == 2
    assert "BTCUSDT-1h-2022-01.zip" in said.error
    assert rows_of(place) == 5395


def test_a_row_from_the_future_is_set_aside_and_said(bare: Place) -> None:
    text = klines(10) + klines(1, 1000, start=4_102_444_800)
    (bare.root / "BTCUSDT-1h-2022-01.csv").write_text(text)
    said = bare.run("ingest", "BTCUSDT-1h-2022-01.csv")
    assert said.code == 2
    assert f"BTCUSDT-1h-2022-01.csv: 1 of 11 rows of {NAME} refused, 1 from the fut" in said.error
    assert "run again to go on with them" in said.error
    assert "11 rows read = 10 silver + 0 duplicates + 1 quarantined" in said.out
    assert "quarantined 1: not ended when it came in" in said.out
    assert rows_of(bare) == 10
    assert rows_of(bare, f"quarantine/bars/{NAME}") == 1
    assert bare.run("ingest", "BTCUSDT-1h-2022-01.csv").code == 0


@pytest.mark.parametrize("command", ["ingest", "run"])
def test_a_tenth_of_the_rows_corrupt(bare: Place, command: str) -> None:
    frame = supplied()
    bad = pl.int_range(pl.len()) % 10 == 3
    spoilt = frame.with_columns(pl.when(bad).then(-1.0).otherwise(pl.col("close")).alias("close"))
    spoilt.write_parquet(bare.data / "bars" / f"{NAME}.parquet")
    refused = frame.select(bad.sum()).item()
    words = ("data",) if command == "ingest" else ("--data", "data", "--config", "run.yaml")
    said = bare.run(command, *words)
    assert said.code == 2
    assert f"{refused} of {frame.height:,} rows of {NAME} refused, mostly: close not" in said.error
    account = said.out if command == "ingest" else said.err
    assert f"{frame.height:,} rows read = {frame.height - refused:,} silver" in account
    assert f"quarantined {refused}: close not positive" in account
    assert rows_of(bare) == frame.height - refused
    assert not list(bare.out.glob("*"))
    again = bare.run("ingest", "data")
    assert again.code == 0, again.err
    assert "nothing new" in again.out


def test_a_lake_of_a_newer_version(place: Place) -> None:
    (place.lake / "lake.json").write_text('{"format": 2}\n')
    for words in (("ingest", "data"), ("forecast",), ("audit",), ("data",)):
        said = place.run(*words)
        assert said.code == 4
        assert "upgrade barograph" in said.error


def test_a_full_disk(bare: Place) -> None:
    """A limit on the size of a file fails a write just as a full disk does."""
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000)); "
        "from barograph.cli.app import main; sys.argv[0] = 'barograph'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "ingest", "data"],
        cwd=bare.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    (line,) = [text for text in done.stderr.splitlines() if text.startswith("error: ")]
    assert "File too large" in line
    assert "Traceback" not in done.stderr
    assert rows_of(bare) == 0
    again = bare.run("ingest", "data")
    assert again.code == 0, again.err
    assert rows_of(bare) == 5395


@pytest.mark.parametrize(
    ("words", "heard"),
    [
        (("ingest", "data"), "ingest BTCUSDT"),
        (("run", "--data", "data", "--config", "run.yaml"), "walk-forward"),
    ],
    ids=["ingest", "run"],
)
def test_ctrl_c_in_the_middle(bare: Place, words: tuple[str, ...], heard: str) -> None:
    frame = supplied()
    for year in range(2, 10):  # enough files to be in the middle of
        frame.write_parquet(bare.data / "bars" / f"binance_spot_A{year}USDT_1h.parquet")
    started = subprocess.Popen(
        [sys.executable, "-m", "barograph", *words],
        cwd=bare.root,
        env={**os.environ, "BAROGRAPH_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert started.stderr is not None
    first = started.stderr.readline()
    while heard not in first:
        assert first, "the command ended before it could be interrupted"
        first = started.stderr.readline()
    os.killpg(started.pid, signal.SIGINT)  # as a terminal does: to the workers too
    _, err = started.communicate(timeout=60)
    assert started.returncode == 130, err
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("error: interrupted")
    for table in Lake(bare.lake).tables():
        Lake(bare.lake).read(table)
    again = bare.run("ingest", "data")
    assert again.code == 0, again.err
    assert rows_of(bare) == 5395
    assert not (bare.lake / "ledger" / "forecasts.jsonl").exists()


CONFIGS = {
    "walk_forwad: {}": "unknown key 'walk_forwad'; did you mean 'walk_forward'?",
    "horizonz: [1]": "did you mean 'horizons'?",
}


@pytest.mark.parametrize("extra", CONFIGS)
def test_a_run_file_with_an_unknown_key(place: Place, extra: str) -> None:
    place.config.write_text(place.config.read_text() + extra + "\n")
    said = place.run("run", "--data", "data", "--config", "run.yaml", "--out", "new")
    assert said.code == 2
    assert CONFIGS[extra] in said.error
    assert not (place.root / "new").exists()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("train_days: 120", "train_days: 10", "the nearest valid choice is"),
        ("train_days: 120", "train_days: 0", "walk_forward.train_days"),
        ("train_days: 120", "train_days: 999", "give more history or a train_days below"),
        ("test_days: 60", "test_dayz: 60", "did you mean 'test_days'?"),
        ("ewma", "ewm", "unknown model 'ewm'"),
        ("[random_walk, ewma, har_x]", "[random_walk]", "add har_x"),
        ("size: small", "size: tiny", "size"),
        ("[1, 4]", "[0]", "horizons"),
        ("symbols:", "symbols: [", "cannot read"),
    ],
)
def test_a_run_file_that_makes_no_sense(place: Place, old: str, new: str, expected: str) -> None:
    place.config.write_text(place.config.read_text().replace(old, new))
    said = place.run("train", "--config", "run.yaml")
    assert said.code == 2
    assert expected in said.error


def test_the_windows_of_a_preset_are_a_presets_by_name_only() -> None:
    named = settings_of("small", preset="short")
    check_windows(named, features(), "short")
    with pytest.raises(SettingsError, match="train_days is 30, shorter than the largest lookback"):
        check_windows(named, features())


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("run", "--size", "smal"), 2, "did you mean 'small'?"),
        (("evaluate", "--preset", "shrt"), 2, "did you mean 'short'?"),
        (("run", "--data", "nowhere"), 2, "nowhere is neither a file nor a folder"),
        (("run", "--data", "data", "--symbol", "SOLUSDT"), 2, "holds no bars of SOLUSDT"),
        (("forecast", "--symbol", "BTCUSTD"), 2, "did you mean BTCUSDT?"),
        (("forecast", "--as-of", "tomorrow"), 2, "'tomorrow' is not a date"),
        (("forecast", "--as-of", "2999-01-01"), 2, "is still to come"),
        (("forecast", "--as-of", "2001-01-01"), 2, "name a later --as-of"),
        (("evaluate", "--start", "2022-08-01", "--end", "2022-07-01"), 2, "is not before --end"),
        (("evaluate", "--start", "2031-01-01"), 2, "no origin of BTCUSDT"),
        (("evaluate", "--end", "2012-01-01"), 2, "no origin of BTCUSDT"),
        (("evaluate", "--features", "none.py"), 2, "no feature module at none.py"),
        (("evaluate", "--out", "run.yaml"), 4, "run.yaml"),
        (("audit", "--lake", "nolake"), 4, "no lake at nolake"),
        (("data", "--lake", "run.yaml"), 4, "run.yaml"),
        (("ingest", "data", "--venue", "x"), 2, "give all three"),
        (("run", "--nonsense"), 2, "No such option: --nonsense"),
        (("nonsense",), 2, "No such command 'nonsense'"),
        (("run", "--workers", "0"), 2, "--workers"),
        (("ingest",), 2, "Missing argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_requests_that_cannot_be_met(
    place: Place, words: tuple[str, ...], code: int, expected: str
) -> None:
    if words[0] in {"run", "evaluate", "forecast"} and "--size" not in words:
        words = (*words, "--config", "run.yaml")
    said = place.run(*words)
    assert said.code == code, said.err
    assert expected in said.error
    assert said.out == ""
    assert rows_of(place) == 5395


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_folder_that_is_read_only(place: Place) -> None:
    (place.root / "kept").mkdir(mode=0o555)
    said = place.run("evaluate", "--config", "run.yaml", "--out", "kept/out")
    assert said.code == 4
    assert "Permission denied" in said.error


def test_what_nobody_thought_of_is_one_line_and_a_file(place: Place) -> None:
    (place.root / "mine.py").write_text("FEATURES = (1 / 0,)\n")
    said = place.run("evaluate", "--config", "run.yaml", "--features", "mine.py")
    assert said.code == 2
    assert "ZeroDivisionError" in said.error
    broken = "from barograph.cli import commands, app; commands.data = None; app.main()"
    done = subprocess.run(
        [sys.executable, "-c", broken, "data"],
        cwd=place.root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    details = Path(line.rpartition(" ")[2])
    assert "Traceback" in details.read_text()
    details.unlink()
    shown = place.run("data", "--lake", "nolake", BAROGRAPH_DEBUG="1")
    assert shown.code == 4


def test_a_reader_that_leaves_early(place: Place) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "barograph", "features", "--json"],
        cwd=place.root,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 1


def test_json_errors_carry_their_kind(place: Place) -> None:
    said = place.run("run", "--size", "huge", "--json")
    assert said.code == 2
    assert json.loads(said.err)["error"]["code"] == "SettingsError"
