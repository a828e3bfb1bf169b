"""Both engines against trades of backtesting.py, frozen by ``benchmarks.freeze_peer_trades``.

``make bench-peers`` compares on real hours, and with vectorbt too.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from barograph.core.types import Floats
from barograph.trading import event_engine, kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import KINDS, Record, trades
from barograph.trading.rules import OFF, Execution

TOLD: dict[str, Any] = json.loads(
    (Path(__file__).parent / "trades_of_backtesting_py.json").read_text()
)
SAID = TOLD["said"]


def column(name: str) -> Floats:
    return np.array(TOLD[name], dtype=float)[:, None]


@pytest.fixture(params=[event_engine.simulate, kernel.simulate], ids=["to read", "compiled"])
def record(request: pytest.FixtureRequest) -> Record:
    """The frozen wishes over the frozen market, here."""
    close = column("close")
    market = Market(
        ("S",), np.arange(len(close)), column("open"), column("high"), column("low"), close,
        np.full(close.shape, np.nan), np.zeros(close.shape),
    )  # fmt: skip
    plain = Intents.market(column("target"))
    limit, stop, take = (column(name) for name in ("limit", "stop", "take"))
    intents = Intents(plain.target, limit, stop, take, plain.expiry, plain.source)
    costs = Execution(**TOLD["costs"])
    made: Record = request.param(market, intents, costs, OFF, TOLD["capital"])
    return made


def test_every_round_trip_is_the_peers(record: Record) -> None:
    mine = trades(record, np.arange(len(record.equity)), ("S",))
    bars = {name: (mine[name].dt.epoch("s") // 3600).to_list() for name in ("entered", "left")}
    assert bars == {name: SAID[name] for name in bars}
    side = np.where(mine["side"] == "long", 1.0, -1.0)
    np.testing.assert_allclose(side * mine["quantity"].to_numpy(), SAID["quantity"], rtol=1e-9)
    for name in ("entry_price", "exit_price", "fees"):
        np.testing.assert_allclose(mine[name].to_numpy(), SAID[name], rtol=1e-9, err_msg=name)


def test_the_equity_of_every_bar_is_the_peers(record: Record) -> None:
    np.testing.assert_allclose(record.equity, SAID["equity"], rtol=1e-9)


def test_the_frozen_world_has_something_of_everything(record: Record) -> None:
    """Else the agreement would say little."""
    counts = np.bincount(record.places[:, 2], minlength=len(KINDS))
    assert (counts[[KINDS.index(kind) for kind in ("market", "limit", "stop", "take")]] > 4).all()
