"""A lake that cannot be written: nothing is lost or shown as fresh, and it mends itself."""

from pathlib import Path

from tests.live.market import Live, compare, each_hour_once, exchange, shown, tape


def test_a_lake_that_is_locked_is_said_and_gone_on_with(tmp_path: Path) -> None:
    """The tables are moved away and a file put in their place, which no program can write into."""
    recorded = tape()
    with exchange(recorded, 900.0) as running:
        live = Live(tmp_path / "serving", running)
        try:
            live.running_at_last()
            live.hours(1)
            silver = tmp_path / "serving" / "lake" / "silver"
            away = silver.with_name("away")
            silver.rename(away)
            silver.write_text("locked")
            try:
                live.until(lambda: "disk" in str(live.status()["stale"]), 30, "a word of the disk")
                assert live.forecast()["sequence"], "the last forecast stays"
            finally:
                silver.unlink()
                away.rename(silver)
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
