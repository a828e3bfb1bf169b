"""Past forecasts, each with the price that came."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from barograph.service.moments import HOUR, asked, iso
from barograph.service.predictions import BAND_LEVELS, BANDS
from barograph.service.problems import bad_range
from barograph.service.reading import Reading, unpacked
from barograph.service.truth import truth
from barograph.service.view import asset_of
from barograph.store.beliefs import Layout


@dataclass(frozen=True, slots=True)
class Past:
    """Which ghosts are wanted; moments as they were written."""

    asset: str
    horizon_hours: int
    start: str | None = None
    end: str | None = None
    limit: int = 100
    every: int = 1


def ghosts(reading: Reading, past: Past) -> dict[str, Any]:
    """Past forecasts of one horizon, ascending, as ``schemas.Ghosts``.

    Raises
    ------
    Problem
        If there is no such asset or horizon, or the range makes no sense.
    """
    view = reading.view
    symbol = view.symbol(past.asset)
    view.horizon(past.horizon_hours)
    start, end = _range(past, reading.now)
    rows = reading.store.connection.execute(
        "SELECT as_of, sequence, body FROM beliefs WHERE symbol = ? AND as_of >= ? AND as_of < ? "
        "AND as_of % ? = 0 ORDER BY as_of DESC LIMIT ?",
        (symbol, start, end, past.every * HOUR, past.limit),
    ).fetchall()
    rows.reverse()
    layout = reading.layout()
    came = _prices(reading, symbol, [row[0] + past.horizon_hours * HOUR for row in rows])
    return {
        "asset": asset_of(symbol),
        "horizon_hours": past.horizon_hours,
        "ghosts": [
            _ghost(row, layout, past.horizon_hours, price, reading.now)
            for row, price in zip(rows, came, strict=True)
        ],
        "truth": truth(view, symbol, reading.wall),
    }


def _range(past: Past, now: float) -> tuple[int, int]:
    start, end = asked(past.start, "start"), asked(past.end, "end")
    if start is not None and end is not None and start >= end:
        raise bad_range(
            f"start={past.start} is not before end={past.end}; swap them",
            start=past.start,
            end=past.end,
        )
    return int(start or 0), int(now + HOUR if end is None else end)


def _prices(reading: Reading, symbol: str, targets: list[int]) -> list[float | None]:
    """Close of the bar that ends at each target; None where it is missing or open."""
    wanted = [(target - HOUR) * 1000 for target in targets]
    marks = ",".join("?" * len(wanted))
    found = reading.store.connection.execute(
        "SELECT open_time, close FROM bars "  # noqa: S608 - question marks
        "WHERE symbol = ? AND interval = '1h' AND closed = 1 "
        f"AND open_time IN ({marks})",
        (symbol, *wanted),
    )
    closes = dict(found.fetchall())
    return [closes.get(moment) for moment in wanted]


def _ghost(
    row: tuple[int, int | None, bytes],
    layout: Layout,
    horizon: int,
    price: float | None,
    now: float,
) -> dict[str, Any]:
    as_of, sequence, body = row
    belief = unpacked(body, layout)
    quantiles = belief.quantiles[layout.horizons.index(horizon), BAND_LEVELS]
    bands = dict(zip(BANDS, (belief.price * np.exp(quantiles)).tolist(), strict=True))
    target = as_of + horizon * HOUR
    return {
        "as_of": iso(as_of),
        "target_time": iso(target),
        "price": belief.price,
        **bands,
        "realised": price,
        "outcome": _outcome(bands, price, open_=target > now - HOUR / 2),
        "source": "walk_forward" if sequence is None else "published",
    }


def _outcome(bands: dict[str, float], price: float | None, *, open_: bool) -> str:
    if price is None:
        return "open" if open_ else "missing"
    if bands["lower_1sigma"] <= price <= bands["upper_1sigma"]:
        return "inside_1sigma"
    inside = bands["lower_2sigma"] <= price <= bands["upper_2sigma"]
    return "inside_2sigma" if inside else "outside"
