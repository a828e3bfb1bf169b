"""A lake that cannot be written: nothing is lost or shown as fresh, and it mends itself."""

from pathlib import Path

import pytest
from tests.live.market import Live, compare, each_hour_once, exchange, shown, tape


@pytest.mark.parametrize("what", ["silver", "ledger"])
def test_a_lake_that_is_locked_is_said_and_gone_on_with(tmp_path: Path, what: str) -> None:
    """A part of it is moved away and a file put in its place, which no program can write into.

    Where the ledger refuses, the models have taken their step already: the hour is owed.
    """
    recorded = tape()
    with exchange(recorded, 900.0) as running:
        live = Live(tmp_path / "serving", running)
        try:
            live.running_at_last()
            live.hours(1)
            part = tmp_path / "serving" / "lake" / what
            away = part.with_name("away")
            part.rename(away)
            part.write_text("locked")
            try:
                live.until(lambda: "disk" in str(live.status()["stale"]), 30, "a word of the disk")
                assert live.forecast()["sequence"], "the last forecast stays"
            finally:
                part.unlink()
                away.rename(part)
            live.until(lambda: not live.status()["stale"], 60, "an untroubled status")
            live.hours(2)
            each_hour_once(live.entries())
        finally:
            live.stop()
        shown(live.folder, live.entries())
        assert compare(live.folder, recorded) > 20_000


def test_a_store_that_is_deleted_is_made_again(tmp_path: Path) -> None:
    """Lake and ledger are the truth: the next start fills a new store from them."""
    recorded = tape()
    with exchange(recorded, 900.0) as running:
        first = Live(tmp_path / "serving", running)
        try:
            first.running_at_last()
            first.hours(2)
        finally:
            first.stop()
        for part in ("", "-wal", "-shm"):
            (tmp_path / "serving" / f"store.sqlite{part}").unlink(missing_ok=True)
        second = Live(tmp_path / "serving", running)
        try:
            second.running_at_last()
            second.hours(1)
        finally:
            second.stop()
        each_hour_once(second.entries())
        shown(second.folder, second.entries())
        assert compare(second.folder, recorded) > 20_000
