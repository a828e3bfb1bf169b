"""What a runner missed, the next one makes good."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.live.market import Live, compare, each_hour_once, exchange, tape

from barograph.simulator.faults import Fault

SPEED = 720.0


@pytest.mark.long
def test_bars_that_one_runner_asked_for_in_vain_are_asked_for_by_the_next(tmp_path: Path) -> None:
    """An hour is missing everywhere; it turns up when nobody remembers having asked for it."""
    recorded = tape()
    with exchange(recorded, SPEED) as running:
        live = Live(tmp_path, running)
        try:
            live.running_at_last()
            live.hours(1)
            running.faults.plan(Fault("gap", path="btcusdt@kline", seconds=3600.0, later=14400.0))
            live.until(lambda: "no bar" in str(live.status()["unreliable"]), 30, "a missing bar")
            live.hours(1)
        finally:
            live.stop()
        before = {entry.published.as_of for entry in live.entries()}
        again = Live(tmp_path, running)
        try:
            again.running_at_last()

            def whole() -> bool:
                hours = {entry.published.as_of for entry in again.entries()}
                span = (max(hours) - min(hours)) / timedelta(hours=1)
                return len(hours) > len(before) + 2 and span == len(hours) - 1

            again.until(whole, 90, "a ledger without a hole")
            each_hour_once(again.entries())
        finally:
            again.stop()
        assert compare(tmp_path, recorded) > 0
