"""The same wishes traded in vectorbt; run by ``bench_peer_trading.py`` in ``.venv-peers``.

A wish of a close is an order of the bar after, at its opening; its size follows from the value of
the account at that close: ``size_type="targetpercent"`` with ``val_price`` the close before.
"""

import json
import sys
import time

import numpy as np
import vectorbt as vbt  # type: ignore[import-not-found]

ROUNDS = 3


def main() -> None:
    """Read the arrays, trade, print orders and seconds as JSON."""
    held = np.load(sys.argv[1])
    opened, close, target = held["open"], held["close"], held["target"]
    size = np.concatenate(([np.nan], target[:-1]))
    before = np.concatenate(([close[0]], close[:-1]))
    seconds = []
    # The first round compiles.
    for _ in range(1 + ROUNDS):
        began = time.perf_counter()
        portfolio = vbt.Portfolio.from_orders(
            close,
            size=size,
            size_type="targetpercent",
            direction="both",
            price=opened,
            val_price=before,
            fees=float(held["fees"]),
            slippage=float(held["slippage"]),
            init_cash=float(held["capital"]),
            freq="1h",
        )
        records, worth = portfolio.orders.values, portfolio.value().to_numpy().ravel()
        seconds.append(time.perf_counter() - began)
    sign = np.where(records["side"] == 0, 1.0, -1.0)
    said = {
        "bar": records["idx"].tolist(),
        "quantity": (sign * records["size"]).tolist(),
        "price": records["price"].tolist(),
        "fee": records["fees"].tolist(),
        "equity": worth.tolist(),
        "first": seconds[0],
        "seconds": min(seconds[1:]),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
