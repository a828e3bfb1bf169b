"""A table of what was wanted and what was measured."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes
    ----------
    what : str
    wanted : str
        Empty where nothing was promised.
    measured : str
    good : bool or None
        Whether the promise was kept; None where there is none.
    """

    what: str
    wanted: str
    measured: str
    good: bool | None = None


@dataclass(slots=True)
class Table:
    """Figures in the order they were measured, printed as they come."""

    rows: list[Row] = field(default_factory=list)

    def add(self, what: str, measured: str, wanted: str = "", good: bool | None = None) -> None:
        """Add a figure and print it."""
        self.rows.append(Row(what, wanted, measured, good))
        print(line(self.rows[-1]), flush=True)

    def below(self, what: str, value: float, limit: float, unit: str, note: str = "") -> None:
        """Add a figure that must not be above a limit."""
        words = f"{value:.4g} {unit}{', ' + note if note else ''}"
        self.add(what, words, f"<= {limit:g} {unit}", value <= limit)

    def heading(self, words: str) -> None:
        """Print a heading with what else the machine was doing."""
        print(f"\n{words}  [load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores]")

    @property
    def short(self) -> list[Row]:
        """Promises that were not kept."""
        return [row for row in self.rows if row.good is False]


def line(row: Row) -> str:
    """One figure as text."""
    verdict = {True: "pass", False: "SHORT", None: ""}[row.good]
    return f"{row.what:56} {row.wanted:18} {verdict:6} {row.measured}"


def tails(values: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile; of fewer than a hundred the latter is close to the largest."""
    p50, p99 = np.percentile(values, [50, 99])
    return float(p50), float(p99)
