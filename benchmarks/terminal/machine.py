"""Processes of a running ``barograph serve`` and the memory they hold, from ``/proc``."""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

MB = 1e3
"""kB in one; ``/proc`` counts kB."""


def parents() -> dict[int, int]:
    """Every process and the one that started it."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            found[int(folder.name)] = int(
                (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
            )
    return found


def family(pid: int) -> list[int]:
    """A process and everything it started."""
    tree, found = parents(), [pid]
    for one in found:
        found += [child for child, parent in tree.items() if parent == one]
    return found


def role(pid: int) -> str:
    """What a process of ours is there for."""
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    named = {"serve": "server", "live": "runner", "sim": "simulated exchange"}
    return next((named[word] for word in words if word in named), "other")


def resident(pid: int) -> float:
    """Memory of a process that is in use, MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(float(row.split()[1]) / MB for row in text.splitlines() if row.startswith("VmRSS"))


def processor_seconds(pid: int) -> float:
    """Seconds of processor a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


@dataclass
class Memory(threading.Thread):
    """Samples the memory of a family of processes until stopped.

    Attributes
    ----------
    pid : int
        The eldest.
    every : float
        Seconds between two samples.
    """

    pid: int
    every: float = 5.0
    samples: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        """Sample again and again."""
        while not self._ended.wait(self.every):
            for pid in family(self.pid):
                with suppress(OSError, StopIteration):
                    self.samples.setdefault(role(pid), []).append((time.time(), resident(pid)))

    def stop(self) -> None:
        """End it."""
        self._ended.set()
        self.join()

    def slope(self, name: str, since: float) -> tuple[float, float, float]:
        """First and last MB after a moment, and MB an hour along the straight line of all."""
        points = np.array([one for one in self.samples[name] if one[0] >= since])
        slope = np.polyfit(points[:, 0] / 3600.0, points[:, 1], 1)[0]
        edge = max(1, len(points) // 6)
        return float(points[:edge, 1].mean()), float(points[-edge:, 1].mean()), float(slope)
