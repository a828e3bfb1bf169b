"""A few bars told by hand, and what both engines make of wishes in them."""

import numpy as np
from tests.unit.trading.worlds import FIRST

from barograph.core.types import Floats
from barograph.trading import event_engine, kernel
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import KINDS, Record
from barograph.trading.rules import OFF, Breakers, Execution

FREE = Execution(slippage_bps=0.0, commission_bps=0.0, fill_probability=1.0, leverage=10.0)
"""No cost and no chance: prices can be told by hand."""
ENGINES = (event_engine.simulate, kernel.simulate)
FLAT = (100.0, 100.0, 100.0, 100.0)
UP = (102.0, 112.0, 95.0, 110.0)
GAP = (90.0, 95.0, 85.0, 92.0)


class Story:
    """A few bars told by hand, each ``(open, high, low, close)``, and wishes at some closes."""

    def __init__(self, *bars: tuple[float, float, float, float] | None, volume: float = np.nan,
                 funding: dict[int, float] | None = None) -> None:  # fmt: skip
        rows = [bar or (np.nan,) * 4 for bar in bars]
        first, top, bottom, last = (np.array([[row[k]] for row in rows]) for k in range(4))
        rates = np.zeros((len(rows), 1))
        for at, rate in (funding or {}).items():
            rates[at] = rate
        hours = FIRST + np.arange(len(rows))
        traded = np.full((len(rows), 1), volume)
        self.market = Market(("S",), hours, first, top, bottom, last, traded, rates)

    def run(
        self,
        wishes: dict[int, dict[str, float]],
        costs: Execution = FREE,
        rules: Breakers = OFF,
        capital: float = 1000.0,
    ) -> Record:
        """What both engines make of it."""
        shape = self.market.close.shape

        def column(name: str, otherwise: float) -> Floats:
            values = np.full(shape, otherwise)
            for at, wish in wishes.items():
                values[at] = wish.get(name, otherwise)
            return values

        made = Intents(
            column("target", np.nan), column("limit", np.nan), column("stop", np.nan),
            column("take", np.nan), column("expiry", 100.0).astype(np.int64),
            column("source", 0.0).astype(np.int64),
        )  # fmt: skip
        read, compiled = (run(self.market, made, costs, rules, capital) for run in ENGINES)
        assert read.hash == compiled.hash
        return compiled

    def fills(self, wishes: dict[int, dict[str, float]], costs: Execution = FREE,
              rules: Breakers = OFF) -> list[tuple[int, str, float, float]]:  # fmt: skip
        """Bar, kind, quantity and price of each."""
        record = self.run(wishes, costs, rules)
        return [
            (bar, KINDS[kind], quantity, price)
            for (bar, _, kind, _), (quantity, price, _) in zip(
                record.places.tolist(), record.amounts.tolist(), strict=True
            )
        ]
