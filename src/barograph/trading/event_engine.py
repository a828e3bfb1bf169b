"""The engine to read: what happens to an account when a strategy's wishes meet a market.

For every bar ``t``, in this order:

1. **Carry.** Funding settled at the opening is paid on what was held (a long pays a positive rate),
   at the opening price; what is sold short pays borrow by the hour.
2. **Decide.** The wishes of the close *before* become orders: no order fills on the bar that made
   it. Quantities follow from equity and prices at that close. Breakers are looked at first: while
   one holds, nothing is opened or enlarged; after a day's drawdown wishes are halved.
3. **Fill.** A market order fills at the opening, with slippage. A limit order fills if the bar
   trades *through* its price (touching is not enough), with a stated chance, at its price, or at
   the opening where that is better, then for certain. No more is filled than the stated part of the
   bar's volume; the rest waits for the next bar, until the order expires or another replaces it.
4. **Stop, take.** A position meets its levels in the same bar. Where both are inside the bar the
   stop is taken to have come first; a gap beyond a stop fills at the opening, not at the stop. A
   profit is taken as a limit order is filled, and never in the bar in which a limit order entered,
   whose order of prices nobody knows.
5. **Liquidate.** If at the worst prices of the bar equity would not exceed the maintenance part of
   the exposure, everything is closed at those prices, with a fee.
6. **Mark** at the close. A missing bar fills nothing and is marked at the last price. An account
   without equity trades no more.
"""

from math import isnan

import numpy as np

from barograph.core.errors import InputError
from barograph.core.types import Bools, Floats
from barograph.trading.account import Log, Order, Position, Watch
from barograph.trading.chance import uniform
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import KINDS, Record
from barograph.trading.rules import BPS, HOURS_A_YEAR, Breakers, Execution

DAY = 24


def simulate(
    market: Market,
    intents: Intents,
    execution: Execution,
    breakers: Breakers,
    capital: float = 10_000.0,
    seed: int = 7,
) -> Record:
    """Run wishes over a market.

    Parameters
    ----------
    market : Market
    intents : Intents
        A row per bar of the market.
    execution : Execution
        Costs and chances.
    breakers : Breakers
        What stops trading.
    capital : float
        Cash at the start, in quote currency.
    seed : int
        Of the chance that a limit order fills.

    Returns
    -------
    record : Record
        The same, to the last bit, as the compiled engine's.

    Raises
    ------
    InputError
        If wishes and market differ in shape.
    """
    if intents.target.shape != market.close.shape:
        raise InputError(
            f"wishes have shape {intents.target.shape}, the market {market.close.shape}"
        )
    account = Account(market, intents, execution, breakers, capital, seed)
    return account.run()


class Account:
    """Cash, positions and everything that changes them."""

    def __init__(
        self,
        market: Market,
        intents: Intents,
        execution: Execution,
        breakers: Breakers,
        capital: float,
        seed: int,
    ) -> None:
        self.market, self.intents, self.execution = market, intents, execution
        self.present: Bools = market.present
        self.cash, self.seed = capital, seed
        self.positions = [Position() for _ in market.symbols]
        self.watch, self.log = Watch(breakers), Log()
        self.exhausted = False
        rows = len(market.hours)
        self.equity: Floats = np.empty(rows)
        self.exposure: Floats = np.empty(rows)
        self.carried: Floats = np.zeros(rows)

    def run(self) -> Record:
        """Go through every bar."""
        for bar in range(len(self.market.hours)):
            self.carry(bar)
            if bar > 0 and not self.exhausted:
                self.decide(bar - 1)
            for symbol, position in enumerate(self.positions):
                if self.present[bar, symbol]:
                    anchor, entered = self.fill_order(bar, symbol, position)
                    self.meet_levels(bar, symbol, position, anchor, entered=entered)
            self.liquidate(bar)
            self.mark(bar)
        return Record(
            self.equity,
            self.exposure,
            np.array(self.log.places, dtype=np.int64).reshape(-1, 4),
            np.array(self.log.amounts, dtype=float).reshape(-1, 3),
            self.carried,
            np.array(self.log.events, dtype=np.int64).reshape(-1, 3),
        )

    def carry(self, bar: int) -> None:
        """Pay funding and borrow on what is held."""
        borrow = self.execution.borrow_annual / HOURS_A_YEAR
        for symbol, position in enumerate(self.positions):
            if position.quantity == 0.0:
                continue
            opened = self.market.open[bar, symbol]
            price = opened if self.present[bar, symbol] else position.price
            rate = self.market.funding[bar, symbol]
            if rate != 0.0:
                self.pay(bar, position, position.quantity * price * rate)
            if borrow > 0.0 and position.quantity < 0.0:
                self.pay(bar, position, -position.quantity * price * borrow)

    def pay(self, bar: int, position: Position, cost: float) -> None:
        """Take a cost from the account."""
        self.cash = self.cash - cost
        position.trip = position.trip - cost
        self.carried[bar] = self.carried[bar] + cost

    def decide(self, bar: int) -> None:
        """Turn the wishes of a close into orders."""
        blocked, equity = self.is_blocked(bar), self.equity[bar]
        targets = self.intents.target[bar]
        wishing = [
            symbol
            for symbol, position in enumerate(self.positions)
            if not isnan(targets[symbol]) and not isnan(position.price)
        ]
        if not wishing:
            return
        share = self.share(bar, wishing)
        for symbol in wishing:
            position = self.positions[symbol]
            want = targets[symbol] * share * equity / position.price
            if blocked and opens(want, position.quantity):
                continue
            end = bar + int(self.intents.expiry[bar, symbol])
            left = want - position.quantity
            limit = self.intents.limit[bar, symbol]
            position.order = Order(left, limit, end) if left != 0.0 else None
            position.stop = self.intents.stop[bar, symbol]
            position.take = self.intents.take[bar, symbol]
            position.source = int(self.intents.source[bar, symbol])

    def share(self, bar: int, wishing: list[int]) -> float:
        """Part of the wishes that is granted: halved after a drawdown, cut at the leverage."""
        equity, targets = self.equity[bar], self.intents.target[bar]
        kept = wished = 0.0
        for symbol, position in enumerate(self.positions):
            if symbol in wishing:
                wished += abs(targets[symbol]) * equity
            elif position.quantity != 0.0:
                kept += abs(position.quantity) * position.price
        share = 0.5 if self.watch.halved else 1.0
        room = max(self.execution.leverage * equity - kept, 0.0)
        if wished * share > room:
            share = room / wished
        return float(share)

    def is_blocked(self, bar: int) -> bool:
        """Look at the breakers as of a close; whether nothing may be opened."""
        watch, hour, equity = self.watch, int(self.market.hours[bar]), self.equity[bar]
        rules = watch.rules
        if bar == 0 or hour % DAY == 0:
            watch.day, watch.halved = equity, False
        fell = equity < watch.day * (1.0 - rules.daily_drawdown)
        if rules.daily_drawdown > 0.0 and not watch.halved and fell:
            watch.halved = True
            self.log.event(bar, "drawdown", hour - hour % DAY + DAY)
        if rules.crash > 0.0 and bar > 0 and self.crashed(bar):
            watch.halted = hour + rules.crash_hours
            self.log.event(bar, "crash", watch.halted)
        return hour < watch.paused or hour < watch.halted

    def crashed(self, bar: int) -> bool:
        """Whether any symbol moved too far in the hour."""
        both = self.present[bar] & self.present[bar - 1]
        moved = np.abs(self.market.close[bar] / self.market.close[bar - 1] - 1.0)
        return bool((moved[both] > self.watch.rules.crash).any())

    def fill_order(self, bar: int, symbol: int, position: Position) -> tuple[float, bool]:
        """Fill what an order can have of a bar.

        Returns the price from which the levels of the position are met, and whether a limit order
        has entered in this bar.
        """
        market, opened = self.market, float(self.market.open[bar, symbol])
        order = position.order
        if order is None:
            return opened, False
        if bar > order.end:
            position.order = None
            return opened, False
        room = self.execution.participation * market.volume[bar, symbol]
        quantity = order.left
        if abs(quantity) > room:
            quantity = room if quantity > 0.0 else -room
        if quantity == 0.0:
            return opened, False
        grows = position.quantity * quantity >= 0.0 or abs(quantity) > abs(position.quantity)
        is_limit = not isnan(order.limit)
        anchor = opened
        if is_limit:
            reached = self.reached(bar, symbol, order.limit, up=quantity < 0.0, draw=0)
            if reached is None:
                return opened, False
            anchor = reached
            slip = self.execution.limit_slippage_bps * BPS
        else:
            slip = self.execution.slippage_bps * BPS
        side = 1.0 if quantity > 0.0 else -1.0
        price = anchor * (1.0 + side * slip)
        self.trade(bar, symbol, quantity, price, "limit" if is_limit else "market")
        order.left = order.left - quantity
        if order.left == 0.0:
            position.order = None
        entered = is_limit and grows
        return (anchor if entered else opened), entered

    def reached(self, bar: int, symbol: int, limit: float, *, up: bool, draw: int) -> float | None:
        """Price at which a limit above (``up``) or below the market fills; None where it does not.

        A bar that opens beyond the limit fills at its opening; one that trades through it fills
        with a chance.
        """
        market = self.market
        opened = float(market.open[bar, symbol])
        if up:
            through, gap = market.high[bar, symbol] > limit, opened > limit
        else:
            through, gap = market.low[bar, symbol] < limit, opened < limit
        counter = 2 * (bar * len(self.positions) + symbol) + draw
        if gap:
            return opened
        lucky = through and uniform(self.seed, counter) < self.execution.fill_probability
        return limit if lucky else None

    def meet_levels(
        self, bar: int, symbol: int, position: Position, anchor: float, *, entered: bool
    ) -> None:
        """Give a position up at its stop, else take its profit."""
        held = position.quantity
        if held == 0.0:
            return
        market, is_long = self.market, held > 0.0
        slip = self.execution.slippage_bps * BPS
        if is_long and market.low[bar, symbol] <= position.stop:
            price, kind = min(anchor, position.stop) * (1.0 - slip), "stop"
        elif not is_long and market.high[bar, symbol] >= position.stop:
            price, kind = max(anchor, position.stop) * (1.0 + slip), "stop"
        elif isnan(position.take) or entered:
            return
        else:
            reached = self.reached(bar, symbol, position.take, up=is_long, draw=1)
            if reached is None:
                return
            saved = self.execution.limit_slippage_bps * BPS
            price, kind = reached * (1.0 - saved if is_long else 1.0 + saved), "take"
        self.trade(bar, symbol, -held, price, kind)
        position.forget()

    def liquidate(self, bar: int) -> None:
        """Close everything where the worst prices of a bar leave too little equity."""
        gross, worst = 0.0, self.cash
        for symbol, position in enumerate(self.positions):
            if position.quantity != 0.0:
                price = self.worst(bar, symbol, position)
                gross += abs(position.quantity) * price
                worst += position.quantity * price
        if gross == 0.0 or worst > self.execution.maintenance * gross:
            return
        self.log.event(bar, "liquidation")
        for symbol, position in enumerate(self.positions):
            if position.quantity != 0.0:
                side = 1.0 if position.quantity > 0.0 else -1.0
                slip = self.execution.slippage_bps * BPS
                price = self.worst(bar, symbol, position) * (1.0 - side * slip)
                self.trade(bar, symbol, -position.quantity, price, "liquidation")
            position.forget()

    def worst(self, bar: int, symbol: int, position: Position) -> float:
        """Price of a bar that is worst for a position."""
        if not self.present[bar, symbol]:
            return position.price
        side = self.market.low if position.quantity > 0.0 else self.market.high
        return float(side[bar, symbol])

    def trade(self, bar: int, symbol: int, quantity: float, price: float, kind: str) -> None:
        """Change a position; one that would change sides is closed first, then opened."""
        position = self.positions[symbol]
        held = position.quantity
        if held * quantity < 0.0 and abs(quantity) > abs(held):
            rest = quantity + held
            self.trade(bar, symbol, -held, price, kind)
            quantity, held = rest, position.quantity
        rate = self.execution.commission_bps * BPS
        if kind == "liquidation":
            rate = rate + self.execution.liquidation_bps * BPS
        fee = abs(quantity) * price * rate
        self.cash = self.cash - quantity * price - fee
        position.trip = position.trip - quantity * price - fee
        position.quantity = held + quantity
        self.log.places.append((bar, symbol, KINDS.index(kind), position.source))
        self.log.amounts.append((quantity, price, fee))
        if position.quantity == 0.0:
            self.ended(bar, position)

    def ended(self, bar: int, position: Position) -> None:
        """Count losing trades in a row."""
        watch = self.watch
        watch.streak = watch.streak + 1 if position.trip < 0.0 else 0
        position.trip = 0.0
        if 0 < watch.rules.losses <= watch.streak:
            watch.streak = 0
            watch.paused = int(self.market.hours[bar]) + watch.rules.loss_hours
            self.log.event(bar, "losses", watch.paused)

    def mark(self, bar: int) -> None:
        """Value the account at the close."""
        value, total = 0.0, self.cash
        for symbol, position in enumerate(self.positions):
            if self.present[bar, symbol]:
                position.price = float(self.market.close[bar, symbol])
            if position.quantity != 0.0:
                value += abs(position.quantity) * position.price
                total += position.quantity * position.price
        self.equity[bar] = total
        self.exposure[bar] = value / total if total > 0.0 else 0.0
        if total <= 0.0 and not self.exhausted:
            self.exhausted = True
            self.log.event(bar, "exhausted")
            for position in self.positions:
                position.order = None


def opens(want: float, held: float) -> bool:
    """Whether a wish opens or enlarges a position."""
    return want != 0.0 if want * held <= 0.0 else abs(want) > abs(held)
