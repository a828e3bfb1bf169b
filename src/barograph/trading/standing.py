"""What stands wished of each symbol, and the orders that become of it at a close.

The engine to read is built on this; ``event_engine`` says the rules (step 2).
"""

from math import isnan, nan

from barograph.trading.account import Order, Position
from barograph.trading.intents import Intents


class Standing:
    """Turns wishes into orders, at once or when breakers let go.

    Parameters
    ----------
    intents : Intents
        What is wished, and when.
    leverage : float
        Largest exposure as a multiple of equity.
    """

    def __init__(self, intents: Intents, leverage: float) -> None:
        self.intents, self.leverage = intents, leverage

    def due(
        self, bar: int, positions: list[Position], prices: list[float], *, blocked: bool,
        turned: bool,
    ) -> list[int]:  # fmt: skip
        """Symbols to decide at a close; a new wish begins to stand.

        Parameters
        ----------
        bar : int
            Whose close it is.
        positions : list of Position
        prices : list of float
            Last closes; NaN before a symbol's first.
        blocked : bool
            Whether a breaker forbids to open.
        turned : bool
            Whether sizes have just been halved, or are whole again.
        """
        found = []
        for symbol, one in enumerate(positions):
            target = self.intents.target.item(bar, symbol)
            order = one.order
            if not isnan(target) and not isnan(prices[symbol]):
                one.wish, again = bar, True
            elif blocked and order is not None:
                again = opens(one.quantity + order.left, one.quantity)
            else:
                again = one.waits and not blocked
            if again or (turned and one.wish >= 0):
                found.append(symbol)
        return found

    def decide(  # noqa: PLR0913 - what the moment is
        self, bar: int, due: list[int], positions: list[Position], prices: list[float],
        equity: float, *, blocked: bool, halved: bool, turned: bool,
    ) -> None:  # fmt: skip
        """Turn the standing wishes of some symbols into orders, as of a close."""
        base = 0.5 if halved else 1.0
        share, cut = self.share(bar, due, positions, prices, equity, base)
        for symbol in due:
            one, told = positions[symbol], self.intents
            held, expiry = one.quantity, told.expiry.item(one.wish, symbol)
            part = share if symbol in cut else base
            want = told.target.item(one.wish, symbol) * part * equity / prices[symbol]
            if symbol not in cut and abs(want) > abs(held):
                want = abs(held) if want > 0.0 else -abs(held)
            limit, end = told.limit.item(one.wish, symbol), one.wish + expiry
            late = bar >= end
            shrinks = want * held > 0.0 and abs(want) < abs(held)
            # A limit may never fill, and what is late opens nothing: a bad day halves it as well.
            sheds = turned and halved and held != 0.0 and (late or not isnan(limit)) and not shrinks
            one.waits = blocked and opens(want, held) and not late
            if (late and not shrinks) or (one.waits and want * held >= 0.0):
                one.order = Order(-0.5 * held, nan, bar + expiry) if sheds else None
                continue
            one.source = told.source.item(one.wish, symbol)
            if one.waits:
                one.order, one.stop, one.take = Order(-held, nan, bar + expiry), nan, nan
                continue
            if sheds or (shrinks and one.wish != bar):
                limit, end = nan, bar + expiry
            left = -0.5 * held if sheds else want - held
            one.order = Order(left, limit, end) if left != 0.0 else None
            one.stop = told.stop.item(one.wish, symbol)
            one.take = told.take.item(one.wish, symbol)

    def share(
        self, bar: int, due: list[int], positions: list[Position], prices: list[float],
        equity: float, base: float,
    ) -> tuple[float, set[int]]:  # fmt: skip
        """Part of the wishes that is granted within the leverage, and the symbols it is a part of.

        What is not decided counts with all that its open order may make of it; so does what is held
        where only a limit order, which may never fill, gives it up. A cut makes more wishes such.
        Theirs are granted in full, or by half after a drawdown (``base``), but never enlarged.
        """
        share, cut = base, set[int]()
        for _ in range(len(positions) + 1):
            kept, wished, cut = 0.0, 0.0, set()
            for symbol, one in enumerate(positions):
                held = abs(one.quantity) * prices[symbol] if one.quantity != 0.0 else 0.0
                if symbol not in due:
                    left = one.order.left if one.order is not None else 0.0
                    may = abs(one.quantity + left) * prices[symbol] if left != 0.0 else held
                    kept += max(held, may)
                    continue
                target = self.intents.target.item(one.wish, symbol)
                size = abs(target) * equity
                late = bar >= one.wish + self.intents.expiry.item(one.wish, symbol)
                rests = not isnan(self.intents.limit.item(one.wish, symbol))
                shrinks = target * one.quantity > 0.0 and size * base < held
                if late and shrinks:
                    kept += size * base
                elif late or (rests and held >= size * share):
                    kept += held
                else:
                    wished += size
                    cut.add(symbol)
            room = max(self.leverage * equity - kept, 0.0)
            share = min(share, room / wished) if wished > 0.0 else share
        return share, cut


def opens(want: float, held: float) -> bool:
    """Whether a wish opens or enlarges a position."""
    return want != 0.0 if want * held <= 0.0 else abs(want) > abs(held)
