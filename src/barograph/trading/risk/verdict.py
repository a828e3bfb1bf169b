"""Whether a signal on the likelier side of one forecast would pass the gates."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from barograph.trading.risk.catalogue import gates
from barograph.trading.risk.gate import Gate, Signals


@dataclass(frozen=True, slots=True)
class Refusal:
    """One gate that refuses.

    Attributes
    ----------
    gate : str
        Its name.
    reason : str
        In words, with the value seen and the limit.
    """

    gate: str
    reason: str


def refusals(p_up: float, vol: float, hours: int) -> tuple[Refusal, ...]:
    """Gates that refuse a signal on the likelier side of a forecast; none where all let it pass.

    Parameters
    ----------
    p_up : float
        Probability of a rise.
    vol : float
        Expected standard deviation of the log return over the horizon.
    hours : int
        The horizon.
    """
    signal = Signals(
        exposure=np.array([1.0 if p_up >= 0.5 else -1.0]),
        p_up=np.array([p_up]),
        daily_vol=np.array([vol * np.sqrt(24.0 / hours)]),
    )
    return tuple(
        Refusal(gate.name, gate.words(float(gate.value(signal)[0])))
        for gate in _gates()
        if gate.closed(signal)[0]
    )


@cache
def _gates() -> tuple[Gate, ...]:
    """Looked for once: a forecast is published within milliseconds."""
    return tuple(gates().values())
