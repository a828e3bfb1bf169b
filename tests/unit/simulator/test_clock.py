"""The market's clock: speed, and a change of speed without a jump."""

from datetime import UTC, datetime, timedelta

import pytest

from barograph.core.errors import SettingsError
from barograph.simulator.clock import MarketClock

START = datetime(2024, 3, 1, tzinfo=UTC)


def test_it_runs_at_its_speed_and_changes_it_without_a_jump() -> None:
    wall = [1_000.0]
    clock = MarketClock(START, 60.0, lambda: wall[0])
    assert clock() == START
    wall[0] += 60
    assert clock() == START + timedelta(hours=1)
    clock.change(1.0)
    assert clock() == START + timedelta(hours=1)
    wall[0] += 5
    assert clock.reading() == (START + timedelta(hours=1, seconds=5), 1_065.0)


def test_it_is_taken_up_again_where_it_would_be() -> None:
    assert MarketClock(START, 60.0, lambda: 1_100.0, since=1_000.0)() == START + timedelta(
        minutes=100
    )


@pytest.mark.parametrize("speed", [0.0, -1.0, 3601.0, float("nan")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(SettingsError, match="speed must be above 0 and at most 3600"):
        MarketClock(START, speed)
