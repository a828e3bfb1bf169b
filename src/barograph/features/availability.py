"""When a feature can be used: the contract every input column is held to (R-D3, R-P1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from barograph.core.errors import LeakError
from barograph.features.base import Feature
from barograph.features.catalogue import inputs

AT_CLOSE: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Input:
    """A column of the grid.

    Attributes
    ----------
    source : str
        Where it comes from.
    delay : timedelta
        From ``as_of``, the close of the row's bar, to the moment the row's value is known.
    """

    source: str
    delay: timedelta


_OWN = ("open", "high", "low", "close", "volume")
_FLOWS = ("quote_volume", "trades", "taker_buy_base", "taker_buy_quote")
_INTRABAR = (
    "variance",
    "upside_variance",
    "downside_variance",
    "bipower",
    "count",
    "last_5m_return",
    "last_15m_return",
)

INPUTS: Final[Mapping[str, Input]] = MappingProxyType(
    {
        "as_of": Input("clock", AT_CLOSE),
        **{name: Input("hourly bars", AT_CLOSE) for name in (*_OWN, *_FLOWS)},
        **{f"intrabar_{name}": Input("finer bars", AT_CLOSE) for name in _INTRABAR},
        **{f"peer_{name}": Input("hourly bars of the peer", AT_CLOSE) for name in _OWN},
        # Joined on available_at, so that the row holds nothing later than as_of.
        "funding_rate": Input("funding settlements", AT_CLOSE),
        "funding_age_hours": Input("funding settlements", AT_CLOSE),
    }
)
"""Every column of the grid, all known at ``as_of``: the grid leaves out what came later.

How late a supplier's rows are is said by its layout (``core.payload.Layout.delay``) and stamped on
each row; what was not there yet is null in its hour. A test delays each source in turn and finds
its columns without the value: a column added to the grid without that filter fails it.
"""


def availability(feature: Feature) -> timedelta:
    """Time from ``as_of`` to the moment a feature is known: the latest of its inputs.

    Raises
    ------
    LeakError
        If the feature reads a column whose delay nobody has declared.
    """
    return max((declared(name, feature).delay for name in inputs(feature)), default=AT_CLOSE)


def sources(feature: Feature) -> tuple[str, ...]:
    """Sources a feature draws on, sorted.

    Raises
    ------
    LeakError
        As for :func:`availability`.
    """
    return tuple(sorted({declared(name, feature).source for name in inputs(feature)}))


def declared(name: str, feature: Feature) -> Input:
    """Return the declaration of an input column."""
    if name not in INPUTS:
        raise LeakError(
            f"feature {feature.name!r} reads {name!r}, whose availability is not declared; known "
            f"inputs: {', '.join(INPUTS)}"
        )
    return INPUTS[name]


def require_available(features: Mapping[str, Feature]) -> None:
    """Hold features to the contract: each is known at ``as_of``.

    Raises
    ------
    LeakError
        If one is known only later, or reads an undeclared column; the first is named.
    """
    for feature in features.values():
        late = availability(feature)
        if late > AT_CLOSE:
            raise LeakError(f"feature {feature.name!r} is known {late} after as_of; lag its inputs")
