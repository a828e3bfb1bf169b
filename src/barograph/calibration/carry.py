"""What one pass over a block of rows hands on to the next, so that history is walked once.

Every kernel here is a recursion over rows. Given a ``Carry`` it goes on where the last block
stopped: sums and states are kept, and of every array the last rows that a later one looks back
to. The law, which tests hold to the bit: rows cut into blocks in any way give what one block of
all rows gives. It holds because each row goes through the same kernel in the same order either
way; nothing is computed a second, cheaper way.

Two kinds of callee:

- filters are given the block's new rows only, and keep the tail they look back over;
- what learns from outcomes is given ``depth`` earlier rows as well, since an outcome at horizon
  ``h`` belongs to the row ``h`` before; the first new row is number ``start`` of such arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from barograph.core.types import Floats

Rows = TypeVar("Rows", bound=NDArray[Any])


@dataclass(frozen=True, slots=True)
class Carry:
    """States by name, changed in place by whoever goes on from them.

    Attributes
    ----------
    first : int
        Rows of history before the first row of arrays that hold earlier rows as well.
    start : int
        Place of the first new row in such arrays.
    depth : int
        Earlier rows kept of such arrays: the longest horizon.
    states : dict
        Changed in place: arrays, or named tuples of them.
    tails : dict
        Replaced, never changed: the last rows of arrays, and states that are values.
    prefix : str
        Put before every name, so that two callers do not share a state.
    """

    first: int = 0
    start: int = 0
    depth: int = 1
    states: dict[str, Any] = field(default_factory=dict)
    tails: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""

    @property
    def passed(self) -> int:
        """Rows swept before this block."""
        return self.first + self.start

    def part(self, name: str) -> "Carry":
        """The same, for a callee with names of its own."""
        return replace(self, prefix=f"{self.prefix}{name}/")

    def state(self, name: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - any named tuple
        """A state to be changed in place, as the last block left it; made where there is none."""
        key = self.prefix + name
        if key not in self.states:
            self.states[key] = make()
        return self.states[key]

    def last(self, name: str, otherwise: Any = None) -> Any:  # noqa: ANN401 - any value
        """A value as the last block kept it; it is not to be changed."""
        return self.tails.get(self.prefix + name, otherwise)

    def keep(self, name: str, value: object) -> None:
        """Keep a value for the next block in place of the last."""
        self.tails[self.prefix + name] = value

    def tail(self, name: str, rows: Rows, depth: int) -> Rows:
        """New rows behind the last ``depth`` rows of earlier blocks, which are then replaced."""
        earlier = self.last(name)
        whole = rows if earlier is None else np.concatenate((earlier, rows))
        self.keep(name, whole[max(len(whole) - depth, 0) :].copy())
        return whole  # type: ignore[return-value]

    def with_past(self, name: str, rows: Rows) -> Rows:
        """New rows behind the earlier ones that outcomes still belong to."""
        return self.tail(name, rows, self.depth)

    def unwritten(self, name: str, shape: tuple[int, ...]) -> Floats:
        """NaN to be written from row ``start`` on; above it the rows kept ``with_past``."""
        whole = np.full(shape, np.nan)
        if self.start:
            whole[: self.start] = self.last(name)
        return whole

    def copied(self) -> "Carry":
        """A value of its own: going on from it leaves this one as it is."""
        states = {name: _copied(state) for name, state in self.states.items()}
        return replace(self, states=states, tails=dict(self.tails))


def _copied(state: Any) -> Any:  # noqa: ANN401 - an array or a named tuple of them
    if isinstance(state, tuple):
        return type(state)(*(part.copy() for part in state))
    return state.copy()


def log(values: Floats) -> Floats:
    """Logarithm, the same bits for one number by itself as within an array.

    numpy takes another routine for a single number than for several, and on some processors the
    two differ in the last bit.
    """
    return _together(np.log, values)


def exp(values: Floats) -> Floats:
    """Exponential; see ``log``."""
    return _together(np.exp, values)


def _together(function: Callable[[Floats], Floats], values: Floats) -> Floats:
    if values.size != 1:
        return function(values)
    return function(np.repeat(values.ravel(), 2))[:1].reshape(values.shape)
