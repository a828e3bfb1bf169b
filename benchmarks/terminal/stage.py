"""The whole of ``barograph serve`` on a port, and what can be read off it from outside."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.browser.served import Served, answers

from barograph.core.time import parse_moment

PUBLISHED = re.compile(
    r"published (?P<hour>\S+ \S+) (?P<after>\S+) s after its close "
    r"\(models (?P<models>\d+) ms, ledger (?P<ledger>\d+) ms, store (?P<store>\d+) ms\)"
)


class Stage(Served):
    """A served market that is looked at from outside."""

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def alive(self) -> bool:
        """Whether the server runs."""
        return self._process is not None and self._process.poll() is None

    def answering(self) -> bool:
        """Whether the API answers at all."""
        return answers(f"{self.url}/health")

    def wall_of(self, moment: float) -> float:
        """When this machine's clock saw a moment of the market, both s since 1970."""
        told = self.meta("market")
        market = parse_moment(told["market"]).timestamp()
        return float(told["wall"]) + (moment - market) / float(told["speed"])

    def market_now(self) -> datetime:
        """The moment at the exchange."""
        told = self.meta("market")
        passed = float(told["speed"]) * (time.time() - float(told["wall"]))
        return parse_moment(told["market"]) + timedelta(seconds=passed)

    def publications(self) -> list[dict[str, float]]:
        """What the runner wrote down about each publication: seconds after, and ms of each step."""
        log = self.serving / "logs" / "runner.log"
        found = PUBLISHED.finditer(log.read_text()) if log.exists() else iter(())
        names = ("after", "models", "ledger", "store")
        return [{name: float(one[name]) for name in names} for one in found]


@contextmanager
def stage(data: Path | None, patience: float = 900.0) -> Iterator[tuple[Stage, float]]:
    """Serve into a folder of its own; yields it, ready, and the seconds its first start took."""
    with TemporaryDirectory() as folder:
        served = Stage(Path(folder), data)
        served.start()
        try:
            yield served, served.wait_ready(patience)
        finally:
            served.stop()


def real_data() -> Path | None:
    """Folder of the real data, where the environment names one."""
    named = os.environ.get("BAROGRAPH_DATA")
    return Path(named).resolve() if named else None
