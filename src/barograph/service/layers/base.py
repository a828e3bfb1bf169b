"""What a layer of the chart is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from barograph.core.types import Floats
from barograph.service.candles import Bars
from barograph.store.beliefs import Layout
from barograph.store.store import Store


@dataclass(frozen=True, slots=True)
class Around:
    """What a layer is drawn from.

    Attributes
    ----------
    store : Store
    layout : Layout or None
        Of the beliefs.
    symbol : str
    bars : Bars
        Those shown, and before them as many as the layer asked for.
    shown : int
        How many of them are shown: the last ones.
    """

    store: Store
    layout: Layout | None
    symbol: str
    bars: Bars
    shown: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A layer: lines with a value per bar of ``Around.bars``, and fields of ``schemas.Layers``."""

    lines: Mapping[str, Floats] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LayerKind:
    """A layer of the chart.

    Attributes
    ----------
    name : str
        As in the query.
    warm_up : callable
        Seconds of bars wanted before the first one shown, from the length of a bar in seconds.
    draw : callable
        From ``Around`` to ``Drawn``.
    """

    name: str
    warm_up: Callable[[int], int]
    draw: Callable[[Around], Drawn]
