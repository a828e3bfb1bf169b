"""The state of the runner as everybody may see it: written by any thread, read by the pulse."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

SILENT: Final = 5.0
"""Seconds without a message after which a price is stale."""

HANGING: Final = 90.0
"""Seconds a round of the runner's loop may take at most; far more than any step needs."""

BARS: Final = "bars"
"""Begins the names of concerns about the newest bars."""

Concern = Literal["unreliable", "stale"]


@dataclass(slots=True)
class Asset:
    """One symbol's state; moments of this machine's clock in seconds, the market's as ISO text."""

    last_message_wall: float | None = None
    last_price: float | None = None
    last_bar: str | None = None
    last_forecast: str | None = None
    connected: bool = False
    late: bool = False
    funding_rate: float | None = None
    funding_wall: float | None = None
    clock_offset_s: float = 0.0
    unreliable: dict[str, str] = field(default_factory=dict)
    stale: dict[str, str] = field(default_factory=dict)


class Board:
    """What the runner is doing, and what must be known of each symbol's numbers.

    Parameters
    ----------
    symbols : sequence of str
        Symbols that are forecast.
    seconds : Callable[[], float]
        This machine's clock.
    """

    def __init__(self, symbols: Sequence[str], seconds: Callable[[], float] = time.time) -> None:
        self._lock = threading.Lock()
        self._assets = {symbol: Asset() for symbol in symbols}
        self._seconds = seconds
        self._state, self._doing = "starting", "starting"
        self._turned = seconds()
        self.changed = threading.Event()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols that are forecast."""
        return tuple(self._assets)

    def doing(self, words: str, state: str | None = None) -> None:
        """Say what is being done; ``state`` is ``starting`` or ``running``, as it was if None."""
        with self._lock:
            told = (state or self._state, words)
            changed = told != (self._state, self._doing)
            (self._state, self._doing), self._turned = told, self._seconds()
        if changed:
            self.changed.set()

    def turned(self) -> None:
        """Note that the runner's loop has come round."""
        self._turned = self._seconds()

    @property
    def hangs(self) -> bool:
        """Whether the loop should have come round long ago."""
        return self._state == "running" and self._seconds() - self._turned > HANGING

    def heard(self, symbol: str, price: float) -> None:
        """Note a message of a symbol and the price it told."""
        with self._lock:
            asset = self._assets[symbol]
            silent = self._silence(asset)
            asset.last_message_wall, asset.last_price = self._seconds(), price
            asset.connected = True
        if silent is not None:
            self.changed.set()

    def funded(self, symbol: str, rate: float) -> None:
        """Note the funding rate being collected."""
        with self._lock:
            asset = self._assets[symbol]
            asset.funding_rate, asset.funding_wall = rate, self._seconds()

    def put(self, symbol: str, **values: Any) -> None:  # noqa: ANN401 - fields of Asset
        """Set fields of a symbol's state."""
        with self._lock:
            asset = self._assets[symbol]
            changed = any(getattr(asset, name) != value for name, value in values.items())
            for name, value in values.items():
                setattr(asset, name, value)
        if changed:
            self.changed.set()

    def concern(self, kind: Concern, name: str, words: str | None, symbol: str = "") -> None:
        """Raise a concern under a name, or lift it (``words`` is None); of all symbols if none."""
        changed = False
        with self._lock:
            for each in (symbol,) if symbol else self._assets:
                held: dict[str, str] = getattr(self._assets[each], kind)
                changed = changed or held.get(name) != words
                if words is None:
                    held.pop(name, None)
                else:
                    held[name] = words
        if changed:
            self.changed.set()

    def doubt(self, symbol: str, reasons: Sequence[str]) -> None:
        """Say what speaks against the newest bars of a symbol, in place of what was said before."""
        fresh = {f"{BARS}{k}": words for k, words in enumerate(reasons)}
        with self._lock:
            asset = self._assets[symbol]
            others = {n: words for n, words in asset.unreliable.items() if not n.startswith(BARS)}
            changed = asset.unreliable != others | fresh
            asset.unreliable = others | fresh
        if changed:
            self.changed.set()

    def concerns(self, kind: Concern, symbol: str, but: str | None = None) -> list[str]:
        """Concerns of a symbol, in words; without those whose name begins with ``but``."""
        with self._lock:
            held: dict[str, str] = getattr(self._assets[symbol], kind)
            return [w for name, w in held.items() if but is None or not name.startswith(but)]

    def heartbeat(self) -> dict[str, Any]:
        """The heartbeat as the store has it."""
        with self._lock:
            return {
                "wall": self._seconds(),
                "state": self._state,
                "doing": self._doing,
                "pid": os.getpid(),
            }

    def statuses(self) -> dict[str, dict[str, Any]]:
        """State of every symbol as the store has it."""
        with self._lock:
            return {symbol: self._status(asset) for symbol, asset in self._assets.items()}

    def _status(self, asset: Asset) -> dict[str, Any]:
        silence = self._silence(asset)
        stale = list(asset.stale.values())
        if silence is not None:
            stale.append(silence)
        return asdict(asset) | {"unreliable": list(asset.unreliable.values()), "stale": stale}

    def _silence(self, asset: Asset) -> str | None:
        if asset.last_message_wall is None:
            return None
        silent = self._seconds() - asset.last_message_wall
        return f"no price has come for {silent:.0f} s" if silent > SILENT else None
