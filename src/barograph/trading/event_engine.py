"""The engine to read: what happens to an account when a strategy's wishes meet a market.

For every bar ``t``, in this order:

1. **Carry.** Funding settled at the opening is paid on what was held (a long pays a positive rate),
   at the opening price; what is sold short pays borrow by the hour.
2. **Decide.** The wishes of the close *before* become orders: no order fills on the bar that made
   it. Quantities follow from equity and prices at that close, cut where they and all that orders
   still open may make of the rest would exceed the leverage. The last wish of a symbol *stands*
   until another replaces it, or a stop, a profit or a liquidation ends it. Breakers come first:

   - While a pause or halt holds, what would open or enlarge waits, and open orders that would are
     taken back. A wish to change sides gives the old side up at once, at the market. At the first
     close at which none holds any more what waits is decided as of that close, with its limit and
     its levels; where its expiry, counted from the wish, has passed, nothing is opened.
   - At the close at which a day's drawdown trips every standing wish is decided again at half its
     size: what is held is halved, at the market, also where only a limit order would give it up or
     a wish is too late to open. At the day's end all are decided again, whole.

3. **Fill.** A market order fills at the opening, with slippage. A limit order fills if the bar
   trades *through* its price (touching is not enough), with a stated chance, at its price, or at
   the opening where that is better, then for certain. No more is filled than the stated part of the
   bar's volume; the rest waits for the next bar, until the order expires or another replaces it.
4. **Stop, take.** A position meets its levels in the same bar. Where both are inside the bar the
   stop is taken to have come first; a gap beyond a stop fills at the opening, not at the stop. A
   profit is taken as a limit order is filled, and never in the bar in which a limit order entered,
   whose order of prices nobody knows.
5. **Liquidate.** If at the worst prices of the bar equity would not exceed the maintenance part of
   the exposure, everything is closed at those prices, with a fee. What has no bar is closed too, at
   its last price: an exchange does not wait for the bars we lack.
6. **Mark** at the close. A missing bar fills nothing and is marked at the last price. An account
   without equity trades no more.

Bars in which only funding and marks can happen are passed over in one go (``quiet``), which changes
no number.
"""

from bisect import bisect_left
from datetime import UTC, datetime
from math import isnan

import numpy as np

from barograph.core.time import HOUR
from barograph.core.types import Bools
from barograph.trading.account import Book, Log, Position
from barograph.trading.chance import SEEDS, uniform
from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.quiet import Quiet
from barograph.trading.record import KINDS, Record
from barograph.trading.risk.base import Trip
from barograph.trading.risk.crash import Crash
from barograph.trading.risk.drawdown import Drawdown
from barograph.trading.risk.losses import Losses
from barograph.trading.rules import BPS, HOURS_A_YEAR, Breakers, Execution
from barograph.trading.standing import Standing

DAY = 24
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
        If wishes and market differ in shape, or there is no capital.
    """
    intents.check(market, capital)
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
        self.market, self.execution, self.seed = market, execution, seed % SEEDS
        self.present: Bools = market.present
        # Where a bar is missing these are the last close.
        self.open, self.high, self.low, self.close = market.bridged()
        self.moves = market.moves
        self.positions = [Position() for _ in market.symbols]
        self.book, self.log = Book(capital, len(market.hours)), Log()
        self.losses = Losses(breakers.losses, breakers.loss_hours)
        self.drawdown = Drawdown(breakers.daily_drawdown)
        self.crash = Crash(breakers.crash, breakers.crash_hours)
        self.halved = self.turned = False
        self.standing = Standing(intents, execution.leverage)
        self.quiet = Quiet(market, execution.maintenance)
        asked = np.isfinite(intents.target).any(axis=1) | (self.moves > (breakers.crash or np.inf))
        self.busy = (np.flatnonzero(asked) + 1).tolist()

    def run(self) -> Record:
        """Go through every bar."""
        bar, rows = 0, len(self.market.hours)
        while bar < rows:
            blocked, due = self.look(bar - 1)
            after = bar if due else self.pass_over(bar)
            if after == bar:
                self.go_through(bar, due, blocked=blocked)
                after = bar + 1
            bar = after
        return Record(
            self.book.equity,
            self.book.exposure,
            np.array(self.log.places, dtype=np.int64).reshape(-1, 4),
            np.array(self.log.amounts, dtype=float).reshape(-1, 3),
            self.book.carried,
            np.array(self.log.events, dtype=np.int64).reshape(-1, 3),
            np.array(self.log.values, dtype=float),
        )

    def go_through(self, bar: int, due: list[int], *, blocked: bool) -> None:
        """The six steps of a bar."""
        self.carry(bar)
        if due:
            self.standing.decide(
                bar - 1, due, self.positions, self.close[bar - 1].tolist(),
                self.book.equity.item(bar - 1), blocked=blocked, halved=self.halved,
                turned=self.turned,
            )  # fmt: skip
        for symbol, position in enumerate(self.positions):
            if self.present[bar, symbol]:
                anchor, entered = self.fill_order(bar, symbol, position)
                self.meet_levels(bar, symbol, position, anchor, entered=entered)
        self.liquidate(bar)
        self.mark(bar)

    def pass_over(self, bar: int) -> int:
        """Mark quiet bars from this one on, to the end of the day at most; the first after them."""
        charged = self.execution.borrow_annual > 0.0
        for position in self.positions:
            if position.order is not None or (charged and position.quantity < 0.0):
                return bar
        stop, water = len(self.market.hours), -np.inf
        if not self.book.exhausted:
            place = bisect_left(self.busy, bar)
            stop = self.busy[place] if place < len(self.busy) else stop
            hour = int(self.market.hours[bar]) - 1
            stop = min(stop, bar + DAY - hour % DAY)
            water = self.drawdown.trips_below(moment(hour))
            if any(position.waits for position in self.positions):
                released = (max(self.losses.until, self.crash.until) - EPOCH) // HOUR
                stop = min(stop, bar + released - hour)
        if bar == 0 or stop <= bar:
            return bar
        return self.quiet.passed(self.book, self.positions, bar, stop, water)

    def carry(self, bar: int) -> None:
        """Pay funding and borrow on what is held."""
        borrow = self.execution.borrow_annual / HOURS_A_YEAR
        for symbol, position in enumerate(self.positions):
            if position.quantity == 0.0:
                continue
            price = self.open.item(bar, symbol)
            rate = self.market.funding.item(bar, symbol)
            if rate != 0.0:
                self.book.pay(bar, position, position.quantity * price * rate)
            if borrow > 0.0 and position.quantity < 0.0:
                self.book.pay(bar, position, -position.quantity * price * borrow)

    def look(self, bar: int) -> tuple[bool, list[int]]:
        """Show the breakers a close; whether nothing may be opened, and what is to be decided."""
        if bar < 0 or self.book.exhausted:
            return False, []
        at = moment(int(self.market.hours[bar]))
        self.note(bar, self.drawdown.observe(at, self.book.equity.item(bar)))
        self.note(bar, self.crash.observe(at, self.moves.item(bar)))
        halved, self.halved = self.halved, self.drawdown.holds(at)
        blocked = self.losses.holds(at) or self.crash.holds(at)
        self.turned = halved != self.halved
        prices = self.close[bar].tolist()
        due = self.standing.due(bar, self.positions, prices, blocked=blocked, turned=self.turned)
        return blocked, due

    def note(self, bar: int, trip: Trip | None) -> None:
        """Write down that a breaker tripped."""
        if trip is not None:
            self.log.event(bar, trip.breaker, trip.value, (trip.until - EPOCH) // HOUR)

    def fill_order(self, bar: int, symbol: int, position: Position) -> tuple[float, bool]:
        """Fill what an order can have of a bar.

        Returns the price from which the levels of the position are met, and whether a limit order
        has entered in this bar.
        """
        opened, order = self.open.item(bar, symbol), position.order
        if order is None:
            return opened, False
        if bar > order.end:
            position.order = None
            return opened, False
        room = self.execution.participation * self.market.volume.item(bar, symbol)
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
        opened = self.open.item(bar, symbol)
        if up:
            through, gap = self.high.item(bar, symbol) > limit, opened > limit
        else:
            through, gap = self.low.item(bar, symbol) < limit, opened < limit
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
        is_long = held > 0.0
        slip = self.execution.slippage_bps * BPS
        if is_long and self.low.item(bar, symbol) <= position.stop:
            price, kind = min(anchor, position.stop) * (1.0 - slip), "stop"
        elif not is_long and self.high.item(bar, symbol) >= position.stop:
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
        gross, worst = 0.0, self.book.cash
        for symbol, position in enumerate(self.positions):
            if position.quantity != 0.0:
                price = self.worst(bar, symbol, position)
                gross += abs(position.quantity) * price
                worst += position.quantity * price
        if gross == 0.0 or worst > self.execution.maintenance * gross:
            return
        self.log.event(bar, "liquidation", worst / gross)
        for symbol, position in enumerate(self.positions):
            if position.quantity != 0.0:
                side = 1.0 if position.quantity > 0.0 else -1.0
                slip = self.execution.slippage_bps * BPS
                price = self.worst(bar, symbol, position) * (1.0 - side * slip)
                self.trade(bar, symbol, -position.quantity, price, "liquidation")
            position.forget()

    def worst(self, bar: int, symbol: int, position: Position) -> float:
        """Price of a bar that is worst for a position."""
        return (self.low if position.quantity > 0.0 else self.high).item(bar, symbol)

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
        self.book.cash = self.book.cash - quantity * price - fee
        position.trip = position.trip - quantity * price - fee
        position.quantity = held + quantity
        self.log.places.append((bar, symbol, KINDS.index(kind), position.source))
        self.log.amounts.append((quantity, price, fee))
        if position.quantity == 0.0:
            self.ended(bar, position)

    def ended(self, bar: int, position: Position) -> None:
        """Tell the breaker of losses about a trade."""
        at = moment(int(self.market.hours[bar]))
        self.note(bar, self.losses.observe(at, position.trip))
        position.trip = 0.0

    def mark(self, bar: int) -> None:
        """Value the account at the close."""
        book = self.book
        value, total = 0.0, book.cash
        for symbol, position in enumerate(self.positions):
            if position.quantity != 0.0:
                price = self.close.item(bar, symbol)
                value += abs(position.quantity) * price
                total += position.quantity * price
        book.equity[bar] = total
        book.exposure[bar] = value / total if total > 0.0 else 0.0
        if total <= 0.0 and not book.exhausted:
            book.exhausted = True
            self.log.event(bar, "exhausted", total)
            for position in self.positions:
                position.order = None


def moment(hour: int) -> datetime:
    """Of hours since 1970."""
    return EPOCH + hour * HOUR
