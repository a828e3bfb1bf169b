"""Ingests a fixed stream one payload after another; killed from outside at any moment."""

import sys
from collections.abc import Callable
from pathlib import Path

from tests import tiny_layout as tiny

from barograph.core.payload import Payload
from barograph.core.progress import Progress
from barograph.core.time import HOUR
from barograph.lake.bronze import batch_of
from barograph.lake.lake import Lake
from barograph.pipelines.ingest import ingest

COUNT = 40


def stream() -> list[Payload]:
    """Payloads that overlap, contradict each other and hold bad rows."""
    made = []
    for i in range(COUNT):
        rows = [tiny.bar(h, 100.0 + h % 5) for h in range(3 * i, 3 * i + 5)]
        if i % 7 == 3:
            rows.append((tiny.START + 3 * i * HOUR, -1.0, 1.0, 1.0, 1.0, float(i)))
        if i % 11 == 5:
            rows.append(tiny.bar(3 * i - 4, 107.0))
        made.append(tiny.payload(rows, f"page {i}"))
    return made


def run(root: Path, say: Callable[[str], object]) -> None:
    """Ingest the stream from its start, saying which batches are kept."""
    lake = Lake(root)

    for i, payload in enumerate(stream()):
        batch = batch_of(payload)

        def kept(told: Progress, batch: str = batch) -> None:
            if told.what == "ingest":
                say(batch)

        ingest(lake, [payload], tiny.LAYOUTS, tiny.at(tiny.LATER + i * HOUR), kept)
    say("END")


def shout(word: str) -> None:
    """Say a word so that it is out before anything else happens."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run(Path(sys.argv[1]), shout)
