"""What the runner publishes hour by hour is, to the bit, what a walk over the lake says."""

from pathlib import Path

import pytest
from tests.live.market import Live, exchange, tape

from barograph.evaluation.walk_forward import PLAIN
from barograph.features.catalogue import features
from barograph.lake.lake import Lake
from barograph.live.state import code_hash, restore
from barograph.pipelines.audit import audit, choose


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A serving folder of a runner that lived through some hours, twice."""
    where = tmp_path_factory.mktemp("serving")
    with exchange(tape(), 900.0) as running:
        for _ in range(2):
            live = Live(where, running)
            try:
                live.running_at_last()
                live.hours(2)
            finally:
                live.stop()
    return where


def test_the_audit_makes_every_forecast_again(folder: Path) -> None:
    lake = Lake(folder / "lake")
    verified, entries = audit(
        lake, lambda: choose(lake, last=False, sequence=None, every=True), features(), PLAIN
    )
    assert len(entries) >= 4
    assert verified.forecasts == len(entries)


def test_a_state_is_gone_on_with_by_the_same_code_only(folder: Path) -> None:
    kept = folder / "engine"
    assert restore(kept, "BTCUSDT", code_hash()) is not None
    assert restore(kept, "BTCUSDT", "of other code") is None
    path = kept / "BTCUSDT.pickle"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert restore(kept, "BTCUSDT", code_hash()) is None, "a torn file is no state"
    path.write_bytes(whole)
