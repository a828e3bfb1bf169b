"""What was believed at one hour, packed to the last bit."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from barograph.core.levels import LEVELS
from barograph.core.types import Floats, Ints

META: Final = "beliefs"
"""Key of the layout in ``meta``: ``{"horizons": [...], "terms": [...], "odds": [...],
"inputs": [...]}``, the names of the parts below."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of the parts of a belief; the same for every row of a store.

    Attributes
    ----------
    horizons : tuple of int
        Hours ahead, ``H``.
    terms : tuple of str
        Contributions to log volatility, ``K``; the first is the base.
    odds : tuple of str
        Contributions to the log-odds of a rise, ``L``; the first is the base.
    inputs : tuple of str
        What the reasons in words quote, ``M``.
    """

    horizons: tuple[int, ...]
    terms: tuple[str, ...]
    odds: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Belief:
    """One hour's forecast and what it is made of.

    Attributes
    ----------
    price : float
        Close at the origin.
    regime : int
        Code of ``features.regime.REGIMES``; -1 unknown.
    confidence : Ints
        Code of ``calibration.confidence.NAMES``, shape ``(H,)``.
    variance : Floats
        Integrated variance, shape ``(H,)``.
    quantiles : Floats
        Of the log return, shape ``(H, 13)``.
    terms : Floats
        Contributions to log volatility, shape ``(H, K)``: each row sums to ``log(vol)``.
    odds : Floats
        Contributions to ``log(p_up / (1 - p_up))``, shape ``(H, L)``.
    inputs : Floats
        Shape ``(M,)``; NaN where unknown.
    """

    price: float
    regime: int
    confidence: Ints
    variance: Floats
    quantiles: Floats
    terms: Floats
    odds: Floats
    inputs: Floats

    def pack(self) -> bytes:
        """All numbers as little-endian 64-bit floats."""
        head = np.array([self.price, self.regime], dtype="<f8")
        parts = (self.confidence, self.variance, self.quantiles, self.terms, self.odds, self.inputs)
        flat = [np.asarray(part, dtype="<f8").ravel() for part in parts]
        return np.concatenate([head, *flat]).tobytes()


def unpack(body: bytes, layout: Layout) -> Belief:
    """Read a belief back.

    Raises
    ------
    ValueError
        If the bytes are of another layout.
    """
    count = len(layout.horizons)
    shapes = (
        (count,),
        (count,),
        (count, len(LEVELS)),
        (count, len(layout.terms)),
        (count, len(layout.odds)),
        (len(layout.inputs),),
    )
    numbers = np.frombuffer(body, dtype="<f8")
    sizes = [math.prod(shape) for shape in shapes]
    if len(numbers) != 2 + sum(sizes):
        raise ValueError(f"a belief of {len(numbers)} numbers, wanted {2 + sum(sizes)}")
    ends = np.cumsum([2, *sizes])
    parts = [
        numbers[start : start + size].reshape(shape)
        for start, size, shape in zip(ends, sizes, shapes, strict=False)
    ]
    return Belief(float(numbers[0]), int(numbers[1]), parts[0].astype(np.int64), *parts[1:])
