"""What forecasts, account and hindsight had come to by an hour, of what was known then alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from barograph.core.types import Floats
from barograph.trading.hindsight import LONG, Hindsight
from barograph.trading.market import Market
from barograph.trading.performance import measure
from barograph.trading.record import KINDS, Record
from barograph.trading.replay import HINDSIGHT, Account, Accuracy, Fill, Ideal, IdealTrip

SCORES: Final = ("coverage_50", "coverage_68", "coverage_95", "direction_accuracy")
"""Metrics that are averaged as they are."""
LOSSES: Final = ("pinball", "crps")
"""Metrics that are also held against another model's."""


class Tally:
    """Running means of scores, each outcome from the hour on at which it was known.

    Parameters
    ----------
    points : Mapping[str, Floats]
        ``SCORES`` and ``LOSSES`` of single forecasts, by row of origin and horizon, shape
        ``(n, H)``; NaN where not scored.
    against : Mapping[str, Floats]
        ``LOSSES`` of the model to compare with. A forecast counts where both have all losses.
    horizons : tuple of int
    """

    def __init__(
        self,
        points: Mapping[str, Floats],
        against: Mapping[str, Floats],
        horizons: tuple[int, ...],
    ) -> None:
        self.horizons = horizons
        losses = [source[name] for source in (points, against) for name in LOSSES]
        counted = np.logical_and.reduce([np.isfinite(loss) for loss in losses])
        named = {name: points[name] for name in (*SCORES, *LOSSES)}
        named |= {f"other {name}": against[name] for name in LOSSES}
        self._count = running(counted.astype(np.float64))
        self._sums = {name: running(np.where(counted, values, np.nan))
                      for name, values in named.items()}  # fmt: skip
        self._right = running((counted & np.isfinite(points["direction_accuracy"])).astype(float))

    def at(self, row: int) -> tuple[Accuracy, ...]:
        """Accuracy of every horizon, of what had matured by a row."""
        return tuple(self._of(place, row + 1 - hours) for place, hours in enumerate(self.horizons))

    def _of(self, place: int, origins: int) -> Accuracy:
        last = max(origins, 0)
        count = int(self._count[last, place])
        sums = {name: float(values[last, place]) for name, values in self._sums.items()}
        directed = float(self._right[last, place])
        means = {name: quotient(sums[name], count) for name in (*SCORES, *LOSSES)}
        means["direction_accuracy"] = quotient(sums["direction_accuracy"], directed)
        skills = {f"{name}_skill": 1.0 - quotient(sums[name], sums[f"other {name}"])
                  for name in LOSSES}  # fmt: skip
        hours = self.horizons[place]
        return Accuracy(hours, count, count / hours, **means, **skills)


def running(values: Floats) -> Floats:
    """Sums of the first 0, 1 ... n rows, unknown ones left out, shape ``(n + 1, H)``."""
    start = np.zeros((1, values.shape[1]))
    found: Floats = np.concatenate((start, np.nancumsum(values, axis=0)))
    return found


def quotient(value: float, by: float) -> float:
    """Quotient; NaN where there is nothing to divide by."""
    return value / by if by > 0.0 else float("nan")


def until(record: Record, row: int) -> Record:
    """A run as it stood at a row."""
    kept, told = record.places[:, 0] <= row, record.events[:, 0] <= row
    return replace(
        record,
        equity=record.equity[: row + 1],
        exposure=record.exposure[: row + 1],
        carried=record.carried[: row + 1],
        places=record.places[kept],
        amounts=record.amounts[kept],
        events=record.events[told],
    )


def account_at(
    row: int, record: Record, market: Market, capital: float, strategy: str, horizon: int
) -> Account:
    """State of an account of one symbol at a row of its market.

    Parameters
    ----------
    row : int
        From the second on: nothing is filled on the first.
    record, market, capital
        The run.
    strategy, horizon
        What it is of.
    """
    seen, past = until(record, row), market.since(0, row + 1)
    told = measure(seen, past, capital)
    # Summed in order: a position that was closed is then exactly zero.
    position = float(seen.amounts[:, 0].cumsum()[-1]) if len(seen.amounts) else 0.0
    fills = tuple(
        Fill(KINDS[kind], *amounts)
        for (bar, _, kind, _), amounts in zip(
            seen.places.tolist(), seen.amounts.tolist(), strict=True
        )
        if bar == row
    )
    return Account(
        strategy=strategy,
        horizon_hours=horizon,
        equity=float(seen.equity[-1]),
        total_return=told.total_return,
        holding=told.buy_hold,
        max_drawdown=told.max_drawdown,
        position=position,
        exposure=float(np.copysign(seen.exposure[-1], position)),
        trades=told.trades,
        win_rate=told.win_rate,
        fees=told.fees,
        carried=told.carried,
        fills=fills,
    )


def untouched(capital: float, strategy: str, horizon: int) -> Account:
    """An account with which nothing has been done yet."""
    return Account(strategy, horizon, capital, 0.0, 0.0, 0.0, 0.0, 0.0, 0, np.nan, 0.0, 0.0, ())


def ideal_at(row: int, best: Hindsight, first: int, close: Floats) -> Ideal:
    """The best trades by a row.

    Parameters
    ----------
    row : int
        The last whose price is known.
    best : Hindsight
    first : int
        Hour of row 0, since 1970.
    close : Floats
        The prices, shape ``(n,)``.
    """
    trips = tuple(
        IdealTrip(
            side="long" if trip.side == LONG else "short",
            entered=moment(first + trip.entry),
            left=moment(first + trip.exit),
            entry_price=float(close[trip.entry]),
            exit_price=float(close[trip.exit]),
            profit=trip.growth - 1.0,
        )
        for trip in best.until(row)
    )
    return Ideal(HINDSIGHT, float(best.wealth[-1, row] - 1.0), trips)


def moment(hour: int) -> datetime:
    """An hour since 1970 as a moment."""
    return datetime.fromtimestamp(hour * 3600, UTC)
