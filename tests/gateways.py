"""A made-up history behind the stand-in for IB Gateway, and time that runs ahead."""

import asyncio
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import numpy as np

from barograph.pipelines.pair_gateway import Tempo
from barograph.simulator.ibkr import Fault, Row, Running, Shelf, serve
from barograph.sources.ibkr import Address
from barograph.sources.retry import Retry

PRESENT = datetime(2024, 3, 10, 12, 20, tzinfo=UTC)
HOUR = 3600
MONTHS = ("2023-11", "2023-12", "2024-01", "2024-02", "2024-03")
FIRST = datetime(2023, 11, 20, 5, tzinfo=UTC)


class Ahead:
    """Waits cost no time: the clock is moved instead, and both sides read it."""

    def __init__(self, present: datetime = PRESENT) -> None:
        self.present = present
        self.slept: list[float] = []

    @property
    def tempo(self) -> Tempo:
        """For a download."""
        return Tempo(lambda: self.present, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.present += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def seconds(self) -> float:
        """For a gateway."""
        return self.present.timestamp()


def history(first: datetime = FIRST, until: datetime = PRESENT, price: float = 100.0) -> list[Row]:
    """SIMULATED bars of every hour that has begun."""
    opened = np.arange(int(first.timestamp()), int(until.timestamp()), HOUR)
    close = price * np.exp(0.01 * np.sin(opened / HOUR))
    return [
        (int(at), float(one), float(one * 1.01), float(one * 0.99), float(one * 1.001),
         1.5 + at % 7, float(one), 12)
        for at, one in zip(opened, close, strict=True)
    ]  # fmt: skip


SHELF = Shelf({"BTC": history(), "ETH": history(price=7.0)})
PATIENT = Retry(attempts=4, first_wait=5.0, longest_wait=60.0, jitter=lambda: 0.0)


def gateway(ahead: Ahead, *faults: Fault, shelf: Shelf = SHELF) -> AbstractContextManager[Running]:
    """The stand-in, its pacing judged by the time that runs ahead."""
    return serve(shelf, *faults, clock=ahead.seconds)


def address(running: Running, **more: object) -> Address:
    """Where it listens."""
    return Address(port=running.port, **more)  # type: ignore[arg-type]
