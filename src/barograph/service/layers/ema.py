r"""Exponential moving averages of the close, over 9 and 21 bars.

:math:`e_i = e_{i-1} + \alpha (c_i - e_{i-1})`, :math:`\alpha = 2 / (n + 1)`, begun 200 bars
before the first one shown: what came earlier weighs less than 6e-9.
"""

from typing import Final

import numpy as np

from barograph.core.types import Floats
from barograph.service.layers.base import Around, Drawn, LayerKind

SPANS: Final = (9, 21)
WARM_UP: Final = 200


def ema(values: Floats, span: int) -> Floats:
    """Exponential moving average, begun at the first value; same shape."""
    alpha, result = 2.0 / (span + 1.0), []
    mean = float(values[0]) if len(values) else 0.0
    for value in values.tolist():
        mean += alpha * (value - mean)
        result.append(mean)
    return np.array(result)


def draw(around: Around) -> Drawn:
    """Both averages."""
    return Drawn({f"ema_{span}": ema(around.bars.close, span) for span in SPANS})


LAYERS = (LayerKind("ema", lambda length: WARM_UP * length, draw),)
