"""A forecast once marked unreliable stays so: as long as its cause weighs, and after a crash."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.live.market import Live, exchange, tape

from barograph.simulator.faults import Fault
from barograph.store.store import Store

SPEED = 720.0


def answers(folder: Path, live: Live) -> dict[int, dict[str, Any]]:
    """Answer of every hour of the ledger, by its origin."""
    hours = [int(entry.published.as_of.timestamp()) for entry in live.entries()]
    with closing(Store.reader(folder)) as store:
        found = {hour: store.forecast("BTCUSDT", hour) for hour in hours}
    return {hour: body for hour, body in found.items() if body is not None}


@pytest.mark.long
def test_doubts_outlive_their_hour_and_the_store(tmp_path: Path) -> None:
    """Ten times the price in one bar; then the store loses every answer."""
    with exchange(tape(), SPEED) as running:
        live = Live(tmp_path, running)
        try:
            live.running_at_last()
            live.hours(1)
            running.faults.plan(Fault("spike", path="btcusdt@kline_1h", factor=10.0))
            live.until(lambda: live.forecast()["unreliable"], 30, "an unreliable forecast")
            live.hours(3)
            live.until(lambda: live.forecast()["sequence"] == len(live.entries()), 10, "an answer")
        finally:
            live.stop()
        before = answers(tmp_path, live)
        assert len(before) == len(live.entries())
        first, *_, last = (body["unreliable"] for body in before.values())
        assert first == []
        assert "still weighs in this forecast" in last[-1]
        assert all(
            len(set(body["unreliable"])) == len(body["unreliable"]) for body in before.values()
        )
        with closing(Store.writer(tmp_path)) as store, store.transaction():
            store.connection.execute("DELETE FROM forecasts")
        again = Live(tmp_path, running)
        try:
            again.running_at_last()
            again.hours(1)
        finally:
            again.stop()
        after = answers(tmp_path, again)
    for hour, body in before.items():
        assert after[hour]["unreliable"] == body["unreliable"]
        for horizon, told in body["horizons"].items():
            assert after[hour]["horizons"][horizon] == told
    newest = after[max(after)]
    assert newest["unreliable"], "the hours after the restart are doubted too"
