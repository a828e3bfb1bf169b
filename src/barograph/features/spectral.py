r"""Which rhythms the returns have (R-F4).

The power of the discrete Fourier transform of the last :math:`N` returns at bin :math:`k`,

.. math:: P_k(t) = \Big|\sum_{j=0}^{N-1} r_{t-j}\, e^{-2\pi i k j / N}\Big|^2,

does not change when the phase is counted from any other hour. Counted from 1970-01-01 it is
two running sums per bin, so that the whole spectrum slides along in :math:`O(1)` per hour and
bin instead of an FFT per hour.
"""

import math
from collections.abc import Sequence
from functools import reduce
from operator import add

import polars as pl

from barograph.features.bars import LOG_RETURN
from barograph.features.base import Feature, Part
from barograph.features.windows import NO_VARIANCE, ratio, trailing_sum

WINDOW = 72
"""Hours; divisible by 24, so that the day is a bin of its own and does not leak."""

BANDS = {"day": (24, 72), "third_day": (8, 24), "quarter_day": (4, 8), "fast": (2, 4)}
"""Periods in hours, from (included) to (left out, save for the whole window)."""


def _power(index: int) -> Part:
    """Power of the returns at a bin, missing hours counted as no move."""
    step = (pl.col("as_of").dt.epoch("s") // 3600 * index) % WINDOW
    angle = [2 * math.pi * k / WINDOW for k in range(WINDOW)]
    waves = (
        pl.lit(pl.Series("wave", [wave(a) for a in angle])).gather(step)
        for wave in (math.cos, math.sin)
    )
    real, imaginary = (trailing_sum(LOG_RETURN * wave, WINDOW) for wave in waves)
    return Part(f"_power_{index}", real**2 + imaginary**2)


def _sum(terms: Sequence[pl.Expr]) -> pl.Expr:
    """Sum from left to right: ``sum_horizontal`` adds in an order that varies from run to run."""
    return reduce(add, terms)


_POWERS = tuple(_power(index) for index in range(1, WINDOW // 2 + 1))
POWERS = tuple(part.column for part in _POWERS)
_TOTAL = Part("_power_total", _sum(POWERS))
TOTAL = _TOTAL.column
_STRONGEST = Part("_power_strongest", pl.max_horizontal(POWERS))


def bins(shortest: int, longest: int) -> range:
    """Bins whose periods lie in ``[shortest, longest)``, the window's own period included."""
    last = WINDOW // shortest
    first = 1 if longest >= WINDOW else WINDOW // longest + 1
    return range(first, last + 1)


def band_share(name: str, shortest: int, longest: int) -> Feature:
    """Share of the power that lies in a band of periods."""
    part = _sum([POWERS[k - 1] for k in bins(shortest, longest)])
    return Feature(
        name=f"spectral_{name}_share",
        expr=ratio(part, TOTAL, WINDOW * NO_VARIANCE),
        lookback=WINDOW + 1,
        unit="1",
        formula=(
            f"sum of |FFT(r)|² at periods of {shortest} to {longest} h / sum over all periods, "
            f"window {WINDOW} h"
        ),
        group="spectral",
    )


def dominant_period() -> Feature:
    """Period of the strongest bin."""
    periods = pl.max_horizontal(
        (power == _STRONGEST.column).cast(pl.Float64) * (WINDOW / index)
        for index, power in enumerate(POWERS, start=1)
    )
    return Feature(
        name="spectral_dominant_period",
        expr=pl.when(TOTAL > WINDOW * NO_VARIANCE).then(periods),
        lookback=WINDOW + 1,
        unit="hours",
        formula=f"{WINDOW} / argmax over k of |FFT(r)|², window {WINDOW} h",
        group="spectral",
    )


def spectral_entropy() -> Feature:
    r"""Evenness of the spectrum: near 1 for white noise, lower when a rhythm rules.

    With :math:`p_k = P_k / T`, the entropy is :math:`\ln T - \sum_k P_k \ln P_k / T`.
    """
    terms = _sum([_x_log_x(p) for p in POWERS])
    return Feature(
        name="spectral_entropy",
        expr=(TOTAL.log() - ratio(terms, TOTAL, WINDOW * NO_VARIANCE)) / math.log(WINDOW // 2),
        lookback=WINDOW + 1,
        unit="1",
        formula=f"-sum(p ln p) / ln({WINDOW // 2}), p = share of power per bin, window {WINDOW} h",
        group="spectral",
    )


def _x_log_x(values: pl.Expr) -> pl.Expr:
    # x ln x goes to zero with x.
    return values * values.clip(lower_bound=1e-300).log()


PARTS = (*_POWERS, _TOTAL, _STRONGEST)

FEATURES = (
    *(band_share(name, *periods) for name, periods in BANDS.items()),
    dominant_period(),
    spectral_entropy(),
)
