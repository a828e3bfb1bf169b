"""What makes a fresh forecast untrustworthy, in words (R-A6).

A bar that moves more than five of its usual deviations, one in which hardly anything was traded,
and one that cleaning has flagged as implausible: the forecast made from it is published as it is,
marked unreliable and with the reason. A flagged bar is doubted for as long as it weighs in the
forecasts after it, which may be right about the market and are wrong if the bar is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from barograph.core.time import HOUR

SPIKE: Final = 5.0
"""Standard deviations of log returns."""
THIN: Final = 0.01
"""Share of the usual volume."""
WINDOW: Final = 720
"""Bars the usual is taken from."""
LEAST: Final = 48
"""Bars without which nothing is called unusual."""
WEIGHS: Final = timedelta(hours=168)
"""How long a bar weighs: the longest window of past variance that the models look at."""


def warnings(bars: pl.DataFrame, last: int = 1) -> tuple[str, ...]:
    """Reasons to distrust the last bars of a series.

    Parameters
    ----------
    bars : DataFrame
        Schema ``BARS``, ascending, the bars to judge at the end.
    last : int
        How many are judged, each against the ``WINDOW`` bars before it.

    Returns
    -------
    words : tuple of str
        The gravest first, each kind once; empty where nothing is unusual or too little is known.
    """
    tail = bars.tail(WINDOW + last)
    found = [reason for back in range(last) for reason in _of(tail.head(tail.height - back))]
    best: dict[str, tuple[float, str]] = {}
    for kind, weight, words in found:
        if kind not in best or weight > best[kind][0]:
            best[kind] = (weight, words)
    return tuple(best[kind][1] for kind in ("jump", "spike", "thin") if kind in best)


def lingering(series: Sequence[pl.DataFrame], as_of: datetime) -> tuple[str, ...]:
    """Reason to distrust a forecast for a flagged bar that is not its last hour.

    Parameters
    ----------
    series : sequence of DataFrame
        Schema ``BARS``, of one symbol, the longest bars first: what an hour was flagged for is not
        told again of the bars within it.
    as_of : datetime
        Origin of the forecast; bars that ended less than an hour before are ``warnings``' to judge.

    Returns
    -------
    words : tuple of str
        One reason, of the newest such bar; empty where there is none.
    """
    for bars in series:
        ended = bars.filter(
            pl.col("flag").is_not_null(),
            pl.col("close_time") <= as_of - HOUR,
            pl.col("close_time") >= as_of - WEIGHS,
        )["close_time"]
        newest = ended.max()
        if isinstance(newest, datetime):
            others = f", {len(ended) - 1} more before it" if len(ended) > 1 else ""
            words = (
                f"the bar that ended {newest:%Y-%m-%d %H:%M} jumped and may be wrong; it still "
                f"weighs in this forecast ({(as_of - newest) / HOUR:.0f} h ago{others})"
            )
            return (words,)
    return ()


def _of(bars: pl.DataFrame) -> list[tuple[str, float, str]]:
    """Kind, weight and words of what is unusual about the last bar."""
    if bars.height < LEAST:
        return []
    bar = bars.row(-1, named=True)
    name = {"1h": "hour", "1m": "minute"}.get(bar["interval"], f"{bar['interval']} bar")
    found = []
    move, usual = _moves(bars["close"].to_numpy())
    share = 100.0 * (np.exp(move) - 1.0)
    if bar["flag"] is not None:
        words = f"the price of the last {name} is implausible ({share:+.1f} %)"
        found.append(("jump", abs(move), words))
    elif abs(move) > SPIKE * usual:
        words = f"the last {name} moved {share:+.1f} %, {abs(move) / usual:.0f} times its usual"
        found.append(("spike", abs(move) / usual, words))
    volumes = bars["volume"].head(bars.height - 1).drop_nulls().to_numpy()
    typical = float(np.median(volumes)) if len(volumes) >= LEAST else 0.0
    if bar["volume"] is not None and bar["volume"] < THIN * typical:
        traded = 100.0 * bar["volume"] / typical
        found.append(("thin", 1.0, f"the last {name} traded {traded:.1f} % of its usual volume"))
    return found


def _moves(close: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, float]:
    """Last log return, and the standard deviation of those before it (infinite if unknown)."""
    moves = np.diff(np.log(close))
    usual = float(np.std(moves[:-1]))
    return float(moves[-1]), usual if usual > 0 else np.inf
