"""What makes a fresh forecast untrustworthy, in words (R-A6).

A bar that moves more than five of its usual deviations, one in which hardly anything was traded,
and one that cleaning has flagged as implausible: the forecast made from it is published as it is,
marked unreliable and with the reason.
"""

from typing import Final

import numpy as np
import polars as pl

SPIKE: Final = 5.0
"""Standard deviations of log returns."""
THIN: Final = 0.01
"""Share of the usual volume."""
WINDOW: Final = 720
"""Bars the usual is taken from."""
LEAST: Final = 48
"""Bars without which nothing is called unusual."""


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
