"""Bars, the indicators beside them, and the pages they come in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, get_args

import numpy as np

from barograph.core.types import Floats
from barograph.service.candles import SECONDS, Bars, bars, gaps, resolutions, source
from barograph.service.layers import catalogue
from barograph.service.layers.base import Around
from barograph.service.moments import asked
from barograph.service.problems import (
    bad_range,
    not_found,
    prediction_unavailable,
    range_too_long,
    validation,
)
from barograph.service.reading import Reading
from barograph.service.schemas import Layer
from barograph.service.truth import truth
from barograph.service.view import asset_of

MOST: Final = 10_000
"""Bars in one answer at most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the chart asks for; moments and layers as they were written."""

    asset: str
    resolution: str
    start: str | None = None
    end: str | None = None
    limit: int = 1000
    layers: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Which bars to give: those that open in ``[start, end)``, and whether there are older ones."""

    start: int
    end: int
    before: int | None


def market_data(reading: Reading, wanted: Wanted) -> dict[str, Any]:
    """Everything the chart needs, as ``schemas.MarketData``.

    Raises
    ------
    Problem
        If there is no such asset, resolution or layer, or the range makes no sense.
    """
    symbol = reading.view.symbol(wanted.asset)
    layers = _layers(wanted.layers)
    if wanted.resolution not in SECONDS:
        raise validation(f"no resolution {wanted.resolution!r}; there are: {', '.join(SECONDS)}")
    span = _range(wanted, reading.now)
    kept = reading.view.series.get(symbol, ())
    if not kept:
        raise prediction_unavailable(reading.view.waiting_for() or "the first bars")
    finer = source(wanted.resolution, kept)
    if finer is None:
        there = ", ".join(resolutions(kept))
        raise not_found(
            f"no bars of {wanted.resolution} for {asset_of(symbol)}; there are: {there}",
            resolution=wanted.resolution,
        )
    length = SECONDS[wanted.resolution]
    page = _page(reading, (symbol, finer), length, span, wanted.limit)
    warm = max((catalogue()[name].warm_up(length) for name in layers), default=0)
    first = (page.start - warm) // length * length
    known = bars(reading, symbol, wanted.resolution, finer, (first, page.end))
    shown = known.since(page.start)
    around = Around(reading.store, reading.view.layout, symbol, known, len(shown.t))
    return {
        "asset": asset_of(symbol),
        "symbol": symbol,
        "resolution": wanted.resolution,
        "resolutions": resolutions(kept),
        "candles": _candles(shown),
        "layers": _drawn(around, layers),
        "next_before": page.before,
        "gaps": gaps(shown.t, length),
        "truth": truth(reading.view, symbol, reading.wall),
    }


def _range(wanted: Wanted, now: float) -> tuple[int | None, int]:
    """Moments in question, the end at most the bar that is open now; refused where too long."""
    length = SECONDS[wanted.resolution]
    start, end = asked(wanted.start, "start"), asked(wanted.end, "end")
    last = int(now) // length * length + length
    stop = last if end is None else int(-(-end // length)) * length
    if start is None:
        return None, min(stop, last)
    if start >= (now + length if end is None else end):
        until = "now" if end is None else f"end={wanted.end}"
        raise bad_range(
            f"start={wanted.start} is not before {until}; swap them", start=wanted.start
        )
    first = int(-(-start // length)) * length
    count = (stop - first) // length
    if count > MOST:
        raise range_too_long(count, MOST, timedelta(seconds=length))
    return first, min(stop, last)


def _page(
    reading: Reading, series: tuple[str, str], length: int, span: tuple[int | None, int], limit: int
) -> Page:
    """The newest ``limit`` bars of a range; a page never ends inside a hole."""
    start, end = span
    kept = reading.store.span(*series)
    if kept is None:
        return Page(end, end, None)
    oldest = -(-kept[0] // 1000 // length) * length
    newest = reading.store.bars(*series, 0, end * 1000, 1)
    if newest:
        end = min(end, newest[0][2] // 1000 // length * length + length)
    first = max(end - limit * length, oldest, start or 0)
    older = first > max(oldest, start or 0)
    return Page(first, max(end, first), first if older else None)


def _candles(shown: Bars) -> dict[str, Any]:
    return {
        "t": shown.t,
        "open": shown.open,
        "high": shown.high,
        "low": shown.low,
        "close": shown.close,
        "volume": shown.volume,
        "last_closed": shown.last_closed,
    }


def _layers(text: str) -> tuple[str, ...]:
    """Names of layers out of a list with commas.

    Raises
    ------
    Problem
        If there is no such layer.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    known = get_args(Layer)
    for name in names:
        if name not in known:
            raise validation(f"no layer {name!r}; there are: {', '.join(known)}", layers=text)
    return names


def _drawn(around: Around, names: tuple[str, ...]) -> dict[str, Any]:
    drawn: dict[str, Any] = {"volume_profile": None, "levels": None, "lines": []}
    for name in names:
        made = catalogue()[name].draw(around)
        drawn["lines"] += [
            {"name": line, "values": _shown(values, around)} for line, values in made.lines.items()
        ]
        drawn |= made.fields
    return drawn


def _shown(values: Floats, around: Around) -> Floats:
    return np.ascontiguousarray(values[len(values) - around.shown :])
