"""What ``barograph serve`` makes of its options."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from barograph.cli.serve import Order, Stage, children_of, going_on, require_one_market
from barograph.core.errors import InputError
from barograph.store.store import Store

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
STAGE = Stage("recorded", "", ("--lake", "somewhere"), BEGIN)


def order(serving: Path, **told: Any) -> Order:
    usual: dict[str, Any] = {
        "data": None, "lake": None, "serving": serving, "begin": None, "speed": 60.0,
        "host": "127.0.0.1", "port": 1, "exchange": None, "as_json": False,
    }  # fmt: skip
    return Order(**(usual | told))


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"data": Path("d"), "lake": Path("l")}, ["--data", "--lake"]),
        ({"data": Path("d"), "exchange": "http://x"}, ["--data", "--exchange"]),
        ({"lake": Path("l"), "exchange": "http://x"}, ["--lake", "--exchange"]),
        ({"exchange": "http://x", "begin": "2024-01-01"}, ["--from", "--exchange"]),
    ],
)
def test_two_markets_are_refused_in_one_line(
    tmp_path: Path, told: dict[str, Any], named: list[str]
) -> None:
    with pytest.raises(InputError) as refused:
        require_one_market(order(tmp_path, **told))
    words = str(refused.value)
    assert all(option in words for option in named)
    assert "\n" not in words


def test_one_market_and_its_beginning_are_taken(tmp_path: Path) -> None:
    require_one_market(order(tmp_path))
    require_one_market(order(tmp_path, lake=Path("l"), begin="2024-01-01"))
    require_one_market(order(tmp_path, exchange="http://x"))


def noted(serving: Path, market: datetime, wall: float, speed: float) -> None:
    """Leave the market in the store as a runner does."""
    store = Store.writer(serving)
    with store.transaction():
        body = {"market": market.isoformat(), "wall": wall, "speed": speed}
        store.put_meta("market", body)
    store.close()


def test_a_new_start_goes_at_the_speed_it_was_told(tmp_path: Path) -> None:
    """Whatever the run before it was told, and left in the store."""
    noted(tmp_path, BEGIN - timedelta(hours=9), time.time() - 30.0, 60.0)
    sim, _runner = children_of(order(tmp_path, speed=600.0), STAGE)
    command = list(sim.command())
    assert command[command.index("--speed") + 1] == "600.0"
    assert command[command.index("--from") + 1] == BEGIN.isoformat()


def test_an_exchange_started_again_keeps_the_speed_it_was_set_to(tmp_path: Path) -> None:
    began = time.time() - 100.0
    at, speed = going_on(order(tmp_path), STAGE, began)
    assert speed == 60.0
    assert abs(at - BEGIN - timedelta(seconds=6000)) < timedelta(seconds=60)
    set_at = BEGIN + timedelta(hours=1)
    noted(tmp_path, set_at, began + 60.0, 900.0)  # somebody set it to 900 meanwhile
    at, speed = going_on(order(tmp_path), STAGE, began)
    assert speed == 900.0
    assert abs(at - set_at - timedelta(seconds=40 * 900)) < timedelta(seconds=900)
