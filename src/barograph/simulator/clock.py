"""The market's clock: it starts at a moment of the tape and runs at a speed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from barograph.core.errors import SettingsError

FASTEST: Final = 3600.0


class MarketClock:
    """The present moment of a market that is played back; a ``core.time.Clock``.

    Parameters
    ----------
    start : datetime
        What time it is at the market now, or was at ``since``.
    speed : float
        Seconds of the market in a second of ours, above 0 and at most ``FASTEST``.
    wall : Callable
        Epoch in seconds; the system's clock.
    since : float, optional
        Wall clock at ``start``, so that a market taken up again is where it would have been.

    Raises
    ------
    SettingsError
        If the speed is out of range.
    """

    def __init__(
        self,
        start: datetime,
        speed: float = 1.0,
        wall: Callable[[], float] = time.time,
        since: float | None = None,
    ) -> None:
        self._wall = wall
        self._anchor = (start.timestamp(), wall() if since is None else since, checked(speed))

    @property
    def speed(self) -> float:
        """Seconds of the market in a second of ours."""
        return self._anchor[2]

    def reading(self) -> tuple[datetime, float]:
        """What time it is at the market, and the wall clock's epoch in seconds then."""
        market, began, speed = self._anchor
        wall = self._wall()
        return datetime.fromtimestamp(market, UTC) + timedelta(seconds=speed * (wall - began)), wall

    def __call__(self) -> datetime:
        """Present moment of the market."""
        return self.reading()[0]

    def change(self, speed: float) -> None:
        """Run at another speed from now on; the time does not jump.

        Raises
        ------
        SettingsError
            If the speed is out of range.
        """
        market, wall = self.reading()
        self._anchor = (market.timestamp(), wall, checked(speed))


def checked(speed: float) -> float:
    """Speed, if it can be run at.

    Raises
    ------
    SettingsError
        If it is not above 0 and at most ``FASTEST``.
    """
    if not 0.0 < speed <= FASTEST:
        raise SettingsError(f"speed must be above 0 and at most {FASTEST:.0f}, got {speed}")
    return float(speed)
