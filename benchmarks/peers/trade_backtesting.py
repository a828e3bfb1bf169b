"""The same wishes traded in backtesting.py; run by ``bench_peer_trading.py`` in ``.venv-peers``.

It trades whole units alone, so prices are of a millionth of a millionth of a coin. A wish of a
close is an order from the next bar on; stop and take are orders of its own that end with the
position, and another wish takes away what is still open, as a desk would do by hand.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy  # type: ignore[import-not-found]

UNIT = 1e-12


def strategy_of(wish: dict[str, np.ndarray]) -> type:
    """A strategy that does what is wished at each close."""
    # Plain numbers: a strategy of this library is asked bar by bar.
    target, limit, stop, take = (
        wish[name].tolist() for name in ("target", "limit", "stop", "take")
    )
    asked = np.isfinite(wish["target"]).tolist()

    def level(value: float) -> float | None:
        return None if value != value else value * UNIT

    class Wishes(Strategy):  # type: ignore[misc]
        def init(self) -> None:
            """Nothing is computed here."""

        def next(self) -> None:
            """Turn the wish of the last close into an order."""
            at = len(self.data) - 1
            if not asked[at]:
                return
            for order in list(self.orders):
                if not order.is_contingent:
                    order.cancel()
            for trade in self.trades:
                trade.sl = trade.tp = None
            want = round(target[at] * self.equity / self.data.Close[-1])
            size = want - sum(trade.size for trade in self.trades)
            if size == 0:
                return
            levels = {"sl": level(stop[at]), "tp": level(take[at])} if want else {}
            trade = self.buy if size > 0 else self.sell
            trade(size=abs(size), limit=level(limit[at]), **levels)

    return Wishes


def main() -> None:
    """Read the arrays, trade, print trades and seconds as JSON."""
    warnings.simplefilter("ignore")
    held = np.load(sys.argv[1])
    names = ("open", "high", "low", "close")
    bars = pd.DataFrame({name.title(): held[name] * UNIT for name in names})
    bars.index = pd.date_range("2020-01-01", periods=len(bars), freq="h")
    wish = {name: held[name] for name in ("target", "limit", "stop", "take")}
    test = Backtest(
        bars, strategy_of(wish), cash=float(held["capital"]), commission=float(held["fees"]),
        margin=1.0, trade_on_close=False, hedging=False, exclusive_orders=False,
    )  # fmt: skip
    began = time.perf_counter()
    stats = test.run()
    seconds = time.perf_counter() - began
    trades = stats._trades.sort_values(["ExitBar", "EntryBar"])
    said = {
        "entered": trades["EntryBar"].tolist(),
        "left": trades["ExitBar"].tolist(),
        "quantity": (trades["Size"] * UNIT).tolist(),
        "entry_price": (trades["EntryPrice"] / UNIT).tolist(),
        "exit_price": (trades["ExitPrice"] / UNIT).tolist(),
        "fees": trades["Commission"].tolist(),
        "equity": stats._equity_curve["Equity"].tolist(),
        "seconds": seconds,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
