"""What a model is: a recipe, and the immutable thing it is fitted into.

Every model is a causal map. Fitted on a panel of what was known, it answers for later rows and
may, for each of them, read the panel up to that row and the targets that had matured by then;
``tests/laws`` prove it on every recipe, by cutting the panel off at the row and asking again.

A *scale* model answers with the variance alone: its distribution is made by the filtered
historical shape that all of them share. A model that knows better gives quantiles itself.
"""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from barograph.core.panel import Panel
from barograph.core.types import Floats

Refit: TypeAlias = Literal["online", "window", "window_and_horizon"]
"""``online``: one pass that learns at every origin. ``window``: fitted anew for each test window.
``window_and_horizon``: and for each horizon by itself."""


@dataclass(frozen=True, slots=True)
class Output:
    """A model's answer for ``n`` origins and ``H`` horizons; NaN where it has none.

    Attributes
    ----------
    variance : Floats
        Forecast of the integrated hourly variance over the horizon, shape ``(n, H)``.
    quantiles : Floats or None
        Quantiles of the log return at ``LEVELS``, shape ``(n, H, 13)``; None for a scale model.
    p_up : Floats or None
        Probability that the return is above zero, shape ``(n, H)``; None where the quantiles say.
    debiased : bool
        Whether the variance was held against matured outcomes already.
    """

    variance: Floats
    quantiles: Floats | None = None
    p_up: Floats | None = None
    debiased: bool = False


class Fitted(Protocol):
    """A fitted model: immutable, so that a forecast can always be replayed."""

    def forecast(self, panel: Panel, start: int, stop: int) -> Output:
        """Answer for the origins ``start ... stop`` of a panel."""
        ...


@runtime_checkable
class Recipe(Protocol):
    """How a model is fitted; a frozen value, so that it can be hashed and compared."""

    @property
    def name(self) -> str:
        """Unique in the catalogue; the ``model`` column of ``forecasts.parquet``."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Features it reads from the panel."""
        ...

    @property
    def refit(self) -> Refit:
        """How often it is fitted."""
        ...

    @property
    def every(self) -> int:
        """Test windows one fit serves: its own refit cadence, in units of the plan's."""
        ...

    @property
    def after(self) -> tuple[str, ...]:
        """Models whose variance forecasts it reads (``Panel.forecasts``); they are run first."""
        ...

    def fit(self, past: Panel) -> Fitted:
        """Fit on what was known at the last row of ``past``."""
        ...
