"""What the API knows at one moment: a frozen picture of the small part of the read model."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from barograph.service.moments import seconds_of
from barograph.service.problems import bad_horizon, prediction_unavailable, unknown_asset
from barograph.store import beliefs
from barograph.store.beliefs import Layout
from barograph.store.store import Store

Kind = Literal["live", "recorded", "invented"]
QUOTES: Final = ("USDT", "USDC", "USD")


@dataclass(frozen=True, slots=True)
class Market:
    """Where the prices come from, and what time it is there.

    Attributes
    ----------
    kind : str
        ``live``, ``recorded`` or ``invented``.
    speed : float
        Seconds of market in a second of this machine.
    market, wall : float
        The same moment there and here, seconds since 1970.
    ends : float or None
        Where a recording ends.
    venue, model_version : str
    symbols : tuple of str
    horizons : tuple of int
        Hours ahead that are forecast.
    """

    kind: Kind
    speed: float
    market: float
    wall: float
    ends: float | None
    venue: str
    model_version: str
    symbols: tuple[str, ...]
    horizons: tuple[int, ...]

    def time(self, wall: float) -> float:
        """Time at the exchange when this machine's clock says ``wall``, seconds since 1970."""
        moment = self.market + self.speed * (wall - self.wall)
        return moment if self.ends is None else min(moment, self.ends)


@dataclass(frozen=True, slots=True)
class View:
    """Everything small, read at once.

    Attributes
    ----------
    market : Market or None
        None until the runner has said.
    heartbeat : Mapping
        Of the runner: ``wall``, ``state``, ``doing``; empty where it never ran.
    statuses : Mapping
        What the runner says of each symbol.
    newest : Mapping
        The newest published answer of each symbol.
    series : Mapping
        Intervals there are bars of, by symbol.
    layout : Layout or None
        Of the beliefs.
    problem : str or None
        Why the store cannot be read now; the rest is then what was read last.
    """

    market: Market | None = None
    heartbeat: Mapping[str, Any] = field(default_factory=dict)
    statuses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    newest: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    series: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    layout: Layout | None = None
    problem: str | None = None

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols there are forecasts for; none before the runner has said."""
        return () if self.market is None else self.market.symbols

    def symbol(self, asset: str) -> str:
        """Symbol of an asset, by either name in any case.

        Raises
        ------
        Problem
            If there is no such asset, or the runner has not said yet which there are.
        """
        if not self.symbols:
            raise prediction_unavailable(self.waiting_for() or "the runner")
        wanted = asset.upper()
        for symbol in self.symbols:
            if wanted in (symbol, asset_of(symbol)):
                return symbol
        raise unknown_asset(asset, [asset_of(symbol) for symbol in self.symbols])

    def horizon(self, hours: int) -> int:
        """Place of a horizon among those that are forecast.

        Raises
        ------
        Problem
            If it is none of them.
        """
        known = () if self.market is None else self.market.horizons
        if hours not in known:
            raise bad_horizon(hours, known)
        return known.index(hours)

    def waiting_for(self) -> str | None:
        """What is missing before forecasts can be served; None where nothing is."""
        if self.problem is not None:
            return self.problem
        doing = str(self.heartbeat.get("doing") or "the runner to start")
        if self.market is None:
            return doing
        missing = [symbol for symbol in self.symbols if symbol not in self.newest]
        return f"{doing}; no forecast of {', '.join(missing)} yet" if missing else None


def asset_of(symbol: str) -> str:
    """Return what is traded: ``BTC`` of ``BTCUSDT``."""
    for quote in QUOTES:
        if symbol.endswith(quote) and symbol != quote:
            return symbol.removesuffix(quote)
    return symbol


def read_view(store: Store) -> View:
    """Read everything small.

    Raises
    ------
    sqlite3.Error
        If the store is damaged.
    KeyError, TypeError, ValueError
        If it says something that is not of this program.
    """
    market = _market(store.meta("market"))
    symbols = () if market is None else market.symbols
    newest = {symbol: store.forecast(symbol) for symbol in symbols}
    series: dict[str, tuple[str, ...]] = {}
    for symbol, interval in store.series():
        series[symbol] = (*series.get(symbol, ()), interval)
    layout = store.meta(beliefs.META)
    return View(
        market=market,
        heartbeat=store.meta("heartbeat") or {},
        statuses={symbol: store.meta(f"status:{symbol}") or {} for symbol in symbols},
        newest={symbol: body for symbol, body in newest.items() if body is not None},
        series=series,
        layout=None if layout is None else _layout(layout),
    )


def _market(said: Mapping[str, Any] | None) -> Market | None:
    if said is None:
        return None
    ends = said.get("ends")
    return Market(
        kind=said["kind"],
        speed=float(said.get("speed") or 1.0),
        market=seconds_of(said["market"]),
        wall=float(said["wall"]),
        ends=None if ends is None else seconds_of(ends),
        venue=said["venue"],
        model_version=said["model_version"],
        symbols=tuple(said["symbols"]),
        horizons=tuple(said["horizons"]),
    )


def _layout(said: Mapping[str, Any]) -> Layout:
    return Layout(
        tuple(said["horizons"]), tuple(said["terms"]), tuple(said["odds"]), tuple(said["inputs"])
    )
