"""What long work says while it runs (R-D15)."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TextIO


@dataclass(frozen=True, slots=True)
class Progress:
    """One heartbeat of long work.

    Attributes
    ----------
    what : str
        The step, for instance ``ingest`` or ``refine``.
    symbol : str
        What is worked on; empty where it is about no one symbol.
    elapsed : float
        Seconds since the work began.
    rows : int
        Rows read so far.
    requests : int
        Payloads or requests dealt with so far.
    done : float or None
        Share of the work done, within 0 ... 1; None where the end is not known.
    """

    what: str
    symbol: str
    elapsed: float
    rows: int = 0
    requests: int = 0
    done: float | None = None

    @property
    def eta(self) -> float | None:
        """Seconds left at the pace so far; None where nothing can be said."""
        if self.done is None or self.done <= 0:
            return None
        return self.elapsed * (1 - self.done) / self.done


class Listener(Protocol):
    """Whoever is told how long work is getting on."""

    def __call__(self, progress: Progress, /) -> None:
        """Take one heartbeat; must return at once and raise nothing."""
        ...


def silent(progress: Progress, /) -> None:
    """Listen and say nothing."""


def plain_lines(stream: TextIO | None = None, every: float = 5.0) -> Callable[[Progress], None]:
    """Listener for logs: at most one line every few seconds for each step and symbol.

    Parameters
    ----------
    stream : TextIO or None
        Where the lines go; standard error when None.
    every : float
        Least seconds between two lines; the last heartbeat of a step (``done`` = 1) is always
        printed.

    Returns
    -------
    listener : Callable[[Progress], None]
    """
    last: dict[tuple[str, str], float] = {}

    def say(progress: Progress) -> None:
        spot = (progress.what, progress.symbol)
        finished = progress.done is not None and progress.done >= 1
        if spot in last and progress.elapsed - last[spot] < every and not finished:
            return
        last[spot] = progress.elapsed
        print(line(progress), file=stream or sys.stderr, flush=True)

    return say


def line(progress: Progress) -> str:
    """One heartbeat in words: ``ingest BTCUSDT: 12.3 s, 4 requests, 68,868 rows, 40 %``.

    What there is none of is left out.
    """
    head = f"{progress.what} {progress.symbol}".rstrip()
    parts = [f"{progress.elapsed:.1f} s"]
    if progress.requests:
        parts.append(f"{progress.requests:,} request{'s' if progress.requests > 1 else ''}")
    if progress.rows:
        parts.append(f"{progress.rows:,} rows")
    if progress.done is not None:
        parts.append(f"{progress.done:.0%}".replace("%", " %"))
    if progress.eta is not None and progress.done != 1:
        parts.append(f"{progress.eta:.0f} s left")
    return f"{head}: {', '.join(parts)}"
