"""The quality gate: rounds of tuning until something better holds (A), or nothing more comes (B).

1. The first round is the reference: the best rule of the search, without a filter.
2. A round is a **gain** where its mean monthly result on the tuning span is above the best so far
   and no more speaks against it than against that.
3. **Endpoint A**: a gain that nothing speaks against. **Endpoint B**: ``patience`` rounds in a row
   without a gain, or no round is left.

Nothing here has seen the span held out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from barograph.pair.robustness import Robustness

PLAIN: Final = "no filter"


@dataclass(frozen=True, slots=True)
class Round:
    """One round, as it came out.

    Attributes
    ----------
    name : str
    mean_monthly_pnl : float
    robustness : Robustness
    """

    name: str
    mean_monthly_pnl: float
    robustness: Robustness


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the loop stands.

    Attributes
    ----------
    endpoint : str or None
        ``A`` or ``B``; None while it goes on.
    best : int
        Place of the best round.
    why : str
    """

    endpoint: Literal["A", "B"] | None
    best: int
    why: str


def judge(rounds: Sequence[Round], left: int, patience: int) -> Verdict:
    """Judge the rounds so far.

    Parameters
    ----------
    rounds : sequence of Round
        At least one; the first is the reference.
    left : int
        Rounds that could still be made.
    patience : int
        Rounds in a row without a gain after which the loop ends.
    """
    best, stale = 0, 0
    for place in range(1, len(rounds)):
        if _gains(rounds[place], rounds[best]):
            best, stale = place, 0
        else:
            stale += 1
    chosen, first = rounds[best], rounds[0]
    told = (
        f"the reference ({first.name}) earns {first.mean_monthly_pnl:.2f} a month on the tuning "
        f"span"
    )
    if best > 0:
        told += f", the best round ({chosen.name}) {chosen.mean_monthly_pnl:.2f}"
    against = "; ".join(chosen.robustness.failed)
    if best > 0 and chosen.robustness.robust:
        return Verdict("A", best, f"{told}; nothing speaks against it")
    if stale >= patience or left == 0:
        ended = f"{stale} rounds in a row were no gain" if left else "every round was made"
        doubts = f"; against the best: {against}" if against else ""
        return Verdict("B", best, f"{told}; {ended}{doubts}")
    return Verdict(None, best, f"{told}; {left} rounds left")


def _gains(new: Round, old: Round) -> bool:
    better = new.mean_monthly_pnl > old.mean_monthly_pnl
    return better and len(new.robustness.failed) <= len(old.robustness.failed)
