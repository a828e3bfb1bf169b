"""``barograph pair gateway``: the stand-in for IB Gateway, to try a download without an account."""

import signal
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Optional

import typer

from barograph.cli import options

if TYPE_CHECKING:
    from barograph.simulator.ibkr import Fault, Shelf

INVENTED: Final = timedelta(days=730)
"""Length of a made-up history: both legs take fewer questions than IBKR allows in ten minutes."""


def gateway(
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of bars to serve.", show_default="made-up prices"),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free one.")] = 4002,
    fault: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="KIND@N: goes wrong after N good answers, e.g. cut@5; repeat."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the made-up prices.")] = 0,
    as_json: options.Json = False,
) -> None:
    """SIMULATED IB Gateway on localhost: serves hourly bars over TWS's protocol."""
    import orjson

    from barograph.simulator.ibkr import HOST, serve

    faults = [planned(text) for text in fault or ()]
    shelf = shelf_of(data, seed)
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    with serve(shelf, *faults, port=port) as running:
        told = {"host": HOST, "port": running.port, "simulated": True, "symbols": [*shelf.rows]}
        line = (
            f"SIMULATED IB Gateway at {HOST}:{running.port}; in another terminal: "
            f"barograph pair download --port {running.port}; Ctrl-C stops it"
        )
        print(orjson.dumps(told).decode() if as_json else line, flush=True)  # noqa: T201
        over.wait()
    if not as_json:
        print("stopped", file=sys.stderr)  # noqa: T201


def planned(text: str) -> "Fault":
    """Fault of ``cut@5`` or ``cut``.

    Raises
    ------
    InputError, SettingsError
        If it is neither.
    """
    from barograph.core.errors import InputError
    from barograph.simulator.ibkr import Fault

    kind, _, after = text.partition("@")
    if not (after or "0").isdigit():
        raise InputError(f"--fault {text!r} is not KIND@N, for instance cut@5")
    return replace(Fault(kind), after=int(after or 0))  # type: ignore[arg-type]


def shelf_of(data: Path | None, seed: int) -> "Shelf":
    """Bars to serve: of a folder, or made up."""
    from barograph.core.time import now
    from barograph.pair.download import full_hour
    from barograph.simulator import ibkr, tape

    if data is not None:
        return ibkr.shelf_of(tape.from_files(data, [f"{leg}USDT" for leg in ibkr.LEGS]))
    end = full_hour(now())
    symbols = [f"{leg}USD" for leg in ibkr.LEGS]
    return ibkr.shelf_of(tape.invented(symbols, end, end - INVENTED, seed))
