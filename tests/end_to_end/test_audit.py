"""The audit: sound records pass, later data changes nothing, one byte anywhere is found."""

import math
import shutil
from pathlib import Path

import polars as pl
import pytest
from tests.conftest import make_hourly_bars
from tests.end_to_end.conftest import HOURS, Place

from barograph.core.errors import AuditError
from barograph.evaluation.walk_forward import Runner
from barograph.features.catalogue import features
from barograph.lake.lake import Lake
from barograph.ledger.forecasts import Ledger
from barograph.ledger.outcomes import Outcomes
from barograph.pipelines.audit import audit, choose, ledger_folder
from barograph.pipelines.prepare import FITS

ENTRY = "forecasts.jsonl entry 1 (BTCUSDT as of 2022-08-14T00:00:00Z)"
BARS = "silver/bars/binance_spot_BTCUSDT_1h"


def later_bars(place: Place, rows: int = 300) -> None:
    """Ingest bars that came after the forecast, and other numbers for the day before it."""
    bars = make_hourly_bars(HOURS, seed=7).tail(rows)
    moved = bars.with_columns(ts=pl.col("open_time").dt.offset_by(f"{rows - 24}h"))
    file = place.root / "binance_spot_BTCUSDT_1h.parquet"
    moved.select("ts", "open", "high", "low", "close", "volume").write_parquet(file)
    said = place.run("ingest", file)
    assert said.code == 0, said.err
    assert "24 quarantined" in said.out


def test_a_forecast_is_rebuilt_after_more_data_and_a_compaction(place: Place) -> None:
    later_bars(place)
    lake = Lake(place.lake)
    lake.compact(BARS)
    lake.compact("bronze/payloads")
    shutil.rmtree(place.lake / FITS, ignore_errors=True)
    said = place.run("audit", "--last")
    assert said.code == 0, said.err
    assert f"rebuilt bit for bit: {ENTRY}" in said.out


def test_a_forecast_of_the_past_is_rebuilt_too(place: Place) -> None:
    made = place.run("forecast", "--config", "run.yaml", "--as-of", "2022-08-01T12:30")
    assert made.code == 0, made.err
    assert "as of 2022-08-01 12:00 UTC" in made.out
    assert "retrospective: issued after a target time" in " ".join(made.out.split())
    close = Lake(place.lake).read(BARS, columns=["close_time", "close"])
    price = dict(close.iter_rows())
    for outcome in Outcomes(ledger_folder(Lake(place.lake))).all():
        moved = math.log(price[outcome.target_time] / price[outcome.as_of])
        assert outcome.realised_return == pytest.approx(moved, rel=1e-12)
        assert outcome.realised_variance is not None
        assert set(outcome.scores) == {"pinball", "qlike"}
        assert outcome.retrospective, "both horizons had passed when it was issued"
    said = place.run("audit", "--sequence", "2")
    assert said.code == 0, said.err
    assert "2 forecasts, 2 outcomes" in said.out  # what became of it is known already
    assert "entry 2 (BTCUSDT as of 2022-08-01T12:00:00Z)" in said.out


def test_the_chain_alone_is_quick_and_rebuilds_nothing(place: Place) -> None:
    said = place.run("audit")
    assert said.code == 0
    assert said.out.startswith("chain ok: 1 forecasts")
    assert "rebuilt" not in said.out


def test_an_entry_that_is_not_there(place: Place) -> None:
    said = place.run("audit", "--sequence", "9")
    assert said.code == 5
    assert said.error == "error: no entry 9; the ledger has entries 1 to 1"


def test_a_lake_without_a_record(bare: Place) -> None:
    assert bare.run("ingest", "data").code == 0
    said = bare.run("audit", "--last")
    assert said.code == 5
    assert "no forecast in" in said.error


def flip(path: Path, share: float) -> None:
    """Change one bit at a place within the file."""
    content = bytearray(path.read_bytes())
    content[int(share * (len(content) - 1))] ^= 0x01
    path.chmod(0o644)
    path.write_bytes(content)


FILES = {
    "silver": f"{BARS}/*.parquet",
    "bronze": "bronze/payloads/*.parquet",
    "quarantine log": "quarantine/bars/binance_spot_BTCUSDT_1h/_delta_log/*.json",
    "silver log": f"{BARS}/_delta_log/*.json",
    "bronze log": "bronze/payloads/_delta_log/*.json",
    "ledger": "ledger/forecasts.jsonl",
}


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
@pytest.mark.parametrize("what", FILES)
def test_one_bit_anywhere_names_the_entry(place: Place, what: str, share: float) -> None:
    file = sorted(place.lake.glob(FILES[what]))[0]
    flip(file, share)
    lake = Lake(place.lake)
    with pytest.raises(AuditError, match="entry 1") as caught:
        audit(lake, lambda: choose(lake, last=True, sequence=None, every=False), features())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("what", ["silver", "ledger", "silver log"])
def test_the_command_fails_in_one_line(place: Place, what: str) -> None:
    flip(sorted(place.lake.glob(FILES[what]))[0], 0.5)
    said = place.run("audit", "--last")
    assert said.code == 5
    assert "forecasts.jsonl entry 1" in said.error
    assert said.out == ""


def test_a_file_that_is_gone(place: Place) -> None:
    sorted(place.lake.glob(FILES["silver"]))[0].unlink()
    said = place.run("audit", "--last")
    assert said.code == 5
    assert "entry 1" in said.error


def test_bars_that_changed_under_a_sound_chain_are_found_in_the_numbers(place: Place) -> None:
    lake = Lake(place.lake)
    (entry,) = Ledger(ledger_folder(lake)).entries()
    row = dict(entry.published.forecast[0])
    row["vol"] = float(str(row["vol"])) * (1 + 1e-15)
    with pytest.raises(AuditError, match="vol"):
        entry.compare((row, *entry.published.forecast[1:]))


def test_other_features_are_told_apart(place: Place) -> None:
    lake = Lake(place.lake)
    fewer = dict(list(features().items())[:-1])
    with pytest.raises(AuditError, match="with the version of barograph that made it"):
        audit(
            lake,
            lambda: choose(lake, last=True, sequence=None, every=False),
            fewer,
            Runner(),
        )
