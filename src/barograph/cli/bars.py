"""A live progress bar per step, on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from barograph.core.progress import Listener
from barograph.core.progress import Progress as Heartbeat


@contextmanager
def heartbeat(console: Console) -> Iterator[Listener]:
    """Show heartbeats as bars: one a step, with rows, elapsed and remaining time."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[rows]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as display:
        tasks: dict[str, TaskID] = {}

        def listen(beat: Heartbeat, /) -> None:
            if beat.what not in tasks:
                tasks[beat.what] = display.add_task(beat.what, total=1.0, rows="")
            rows = f"{beat.rows:,} rows" if beat.rows else ""
            display.update(
                tasks[beat.what],
                description=f"{beat.what} {beat.symbol}".rstrip(),
                completed=beat.done or 0.0,
                rows=rows,
            )

        yield listen
