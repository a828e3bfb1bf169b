"""``barograph serve``: exchange, runner and API as one command.

The main process serves the API and looks after its children: the runner, and a simulated exchange
where there is no real one. Each may be killed at any moment; it is started again and goes on.
"""

import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson

from barograph.cli.say import Voice
from barograph.core.errors import InputError, LakeError
from barograph.core.time import now, parse_moment
from barograph.lake.lake import Lake
from barograph.live.clock import simulated_clock
from barograph.live.prepare import Replay, claim, seed
from barograph.live.supervise import BAROGRAPH, Child, Supervisor
from barograph.pipelines.gather import from_files, online
from barograph.sources.http import NotThereError, web
from barograph.sources.retry import Retry
from barograph.store.store import Store

HOST: Final = "127.0.0.1"
USUAL_LAKE: Final = Path("lake")
SOURCE: Final = "recording"
"""Folder of the lake made of ``--data``, within the serving folder."""
SYMBOLS: Final = ("BTCUSDT", "ETHUSDT")
INTERVALS: Final = ("1h", "5m")
LOGS: Final = "logs"
LOOK: Final = 0.2
THREADS: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "2",
}
"""Children leave cores to each other and to the API."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the command was told; see its help."""

    data: Path | None
    lake: Path | None
    serving: Path
    begin: str | None
    speed: float
    host: str
    port: int
    exchange: str | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """What is shown, and the simulated exchange it needs.

    Attributes
    ----------
    kind : str
        ``live``, ``recorded`` or ``invented``.
    words : str
        For people.
    play : tuple of str
        Options of ``barograph sim``; empty where a real exchange is there.
    begin : datetime or None
        Where the simulated exchange begins.
    """

    kind: str
    words: str
    play: tuple[str, ...] = ()
    begin: datetime | None = None


def serve(order: Order) -> None:
    """Serve until Ctrl-C or a SIGTERM; nothing is left running.

    Raises
    ------
    InputError, LakeError
        If what was asked for cannot be served.
    """
    require_one_market(order)
    require_free(order.host, order.port)
    voice = Voice(as_json=order.as_json)
    stage = prepared(order, voice)
    children = children_of(order, stage)
    supervisor = Supervisor(children)
    supervisor.start()
    try:
        _say(order, stage)
        threading.Thread(target=_tell_progress, args=(order, voice), daemon=True).start()
        _serve_api(order)
    finally:
        supervisor.stop()
        voice.err.print(f"stopped; the same command goes on with what is in {order.serving}")


def prepared(order: Order, voice: Voice) -> Stage:
    """Choose the market and make the serving folder ready for it."""
    if order.exchange is not None:
        claim(order.serving, f"exchange {order.exchange}")
        return Stage(*kind_of(order.exchange))
    source = recording_of(order, voice)
    if source is not None:
        claim(order.serving, "recorded")
        begin = None if order.begin is None else parse_moment(order.begin)
        with voice.listening() as tell:
            start = seed(order.serving, Replay(source, SYMBOLS, INTERVALS, begin), tell)
        words = f"SIMULATED: a recording from {start:%Y-%m-%d %H:%M} on at {order.speed:g}x"
        play = ("--lake", str(source.root), *_prints(order))
        return Stage("recorded", words, play, start)
    if order.begin is None and online():
        claim(order.serving, "live")
        return Stage("live", "Binance, live")
    claim(order.serving, "invented")
    start = now() if order.begin is None else parse_moment(order.begin)
    words = f"SIMULATED: no network and no data, so the prices are made up, at {order.speed:g}x"
    return Stage("invented", words, ("--invented",), _resumed(order.serving) or start)


def kind_of(exchange: str) -> tuple[str, str]:
    """Kind of an exchange's market, and words for it: a simulated one says that it is."""
    words = f"the exchange at {exchange}"
    with web(Retry(attempts=3, first_wait=0.2), timeout=5.0) as get:
        try:
            kind = simulated_clock(get, exchange).kind
        except NotThereError:
            return "live", words
    return kind, f"SIMULATED: {words}"


def recording_of(order: Order, voice: Voice) -> Lake | None:
    """Lake that is replayed: the one named, one made of ``--data``, else one that lies here.

    Where nothing is named, a folder that holds a recording goes on with it.
    """
    if order.lake is not None:
        return Lake(order.lake, create=False)
    if order.data is not None:
        lake = Lake(order.serving / SOURCE)
        with voice.listening() as tell:
            from_files(lake, [order.data], SYMBOLS, progress=tell)
        return lake
    kept = order.serving / SOURCE
    if (kept / "lake.json").exists():
        return Lake(kept, create=False)
    wanted = order.begin is not None or not online()
    if wanted and (USUAL_LAKE / "lake.json").exists():
        return Lake(USUAL_LAKE, create=False)
    return None


def children_of(order: Order, stage: Stage) -> list[Child]:
    """Processes beside the API, in the order they are started."""
    logs = order.serving / LOGS
    exchange = order.exchange
    found = []
    if stage.play:
        port = free_port()
        exchange = f"http://{HOST}:{port}"
        began = time.time()

        def play() -> Sequence[str]:
            at, speed = going_on(order, stage, began)
            return [
                *BAROGRAPH, "sim", *stage.play, "--from", at.isoformat(), "--speed",
                str(speed), "--port", str(port), "--with-parent", "--json",
            ]  # fmt: skip

        found.append(Child("simulated exchange", play, logs / "sim.log", THREADS))
    target = () if exchange is None else ("--exchange", exchange)
    run = [*BAROGRAPH, "live", "--serving", str(order.serving), *target, "--with-parent"]
    return [*found, Child("runner", lambda: run, logs / "runner.log", THREADS)]


def going_on(order: Order, stage: Stage, began: float) -> tuple[datetime, float]:
    """Where the simulated exchange begins, or goes on when it is started again, and how fast.

    The first start goes by the command alone, whatever an earlier one was told. Started again, it
    goes on where the market would be by now, at the speed it was set to meanwhile.
    """
    assert stage.begin is not None  # noqa: S101 - a tape begins somewhere
    wall = time.time()
    market, since, speed = stage.begin, began, order.speed
    said = _market_of(order.serving)
    if float(said.get("wall", 0.0)) >= began:  # read from the exchange since we began
        market = parse_moment(str(said["market"]))
        since, speed = float(said["wall"]), float(said["speed"])
    passed = wall - since
    return (market if passed < 1.0 else market + timedelta(seconds=speed * passed)), speed


def require_one_market(order: Order) -> None:
    """Refuse options that name more than one market, or a beginning where none can be chosen.

    Raises
    ------
    InputError
        Naming the options.
    """
    told = {"--data": order.data, "--lake": order.lake, "--exchange": order.exchange}
    named = [option for option, value in told.items() if value is not None]
    if len(named) > 1:
        raise InputError(
            f"{' and '.join(named)} name different markets; leave all of them out but one"
        )
    if order.exchange is not None and order.begin is not None:
        raise InputError(
            "--from and --exchange exclude each other: an exchange has its own time; leave one out"
        )


def require_free(host: str, port: int) -> None:
    """Refuse a port that is taken.

    Raises
    ------
    InputError
        Naming it.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputError(
                f"cannot listen on {host}:{port}: {error.strerror}; name another --port"
            ) from error


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _serve_api(order: Order) -> None:
    from barograph.service.process import server

    api = server(order.serving, order.host, order.port)

    def told(_number: int, _frame: FrameType | None) -> None:
        api.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    api.run()


def _say(order: Order, stage: Stage) -> None:
    url = f"http://{order.host}:{order.port}"
    if order.as_json:
        told = {"url": url, "simulated": stage.kind != "live", "market_kind": stage.kind}
        sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
    else:
        print(f"{url}  ({stage.words})")  # noqa: T201
    sys.stdout.flush()


def _tell_progress(order: Order, voice: Voice) -> None:
    """Say what the runner does until it runs."""
    said, ready = "", False
    while not ready:
        time.sleep(LOOK)
        try:
            store = Store.reader(order.serving)
            try:
                beat = store.meta("heartbeat") or {}
            finally:
                store.close()
        except Exception:  # noqa: BLE001, S112 - there may be no store yet; the API says the same
            continue
        fresh = time.time() - float(beat.get("wall", 0)) < 5.0
        words, ready = str(beat.get("doing", "")), fresh and beat.get("state") == "running"
        if (
            fresh
            and words.split(" (", maxsplit=1)[0] != said.split(" (", maxsplit=1)[0]
            and not order.as_json
        ):
            voice.err.print(words, soft_wrap=True)
            said = words


def _prints(order: Order) -> tuple[str, ...]:
    return () if order.data is None else ("--data", str(order.data))


def _market_of(serving: Path) -> dict[str, Any]:
    """The market as the runner last read it; empty where there is none yet."""
    try:
        store = Store.reader(serving)
    except LakeError:
        return {}
    try:
        return store.meta("market") or {}
    except sqlite3.Error:
        return {}
    finally:
        store.close()


def _resumed(serving: Path) -> datetime | None:
    """Where an invented market that was served before had got to."""
    try:
        store = Store.reader(serving)
    except Exception:  # noqa: BLE001 - none yet
        return None
    try:
        spans = [store.span(symbol, "1h") for symbol in SYMBOLS]
    finally:
        store.close()
    ends = [one[1] for one in spans if one is not None]
    return (
        None
        if not ends
        else parse_moment("1970-01-01") + timedelta(milliseconds=max(ends) + 3_600_000)
    )
