"""``barograph pair``: the BTC+ETH pair pipeline, stage by stage, in a folder of its own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Optional, TypeAlias

import typer

from barograph.cli import options
from barograph.cli.gateway import gateway

if TYPE_CHECKING:
    from barograph.pair.heartbeat import Heartbeat

if TYPE_CHECKING:
    from barograph.cli.say import Voice
    from barograph.pair.summary import Summary

pair = typer.Typer(
    name="pair",
    help="BTC+ETH pair pipeline: download, prepare, run, report. Not financial advice.",
    no_args_is_help=True,
)

USUAL: Final = Path("workspace/pair/btc_eth")
Place: TypeAlias = Annotated[
    Path, typer.Option("--workspace", help="Folder of the pair; nothing outside it is touched.")
]


@pair.command(
    epilog=options.example(
        "barograph pair download                      (asks an IBKR gateway)",
        "barograph pair download --data ../data",
        "barograph pair download --source lake --lake lake",
    )
)
def download(
    source: Annotated[str, typer.Option(help="ibkr, lake, or a folder of bars.")] = "ibkr",
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of bars to take, instead of a gateway."),
    ] = None,
    lake: options.LakeFolder = Path("lake"),
    host: Annotated[str, typer.Option(help="Where TWS or IB Gateway runs.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Its API port; TWS 7496/7497, gateway 4001/4002.")
    ] = 4002,
    client_id: Annotated[int, typer.Option(min=0, help="Our number among its clients.")] = 17,
    exchange: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Venue of IBKR's crypto contracts.", show_default="PAXOS, then ZEROHASH"),
    ] = None,
    start: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Month to go back to, YYYY-MM-DD, UTC.", show_default="all there is"),
    ] = None,
    workspace: Place = USUAL,
    as_json: options.Json = False,
) -> None:
    """Hourly bars of BTC and ETH, as they came, as CSV and Parquet."""
    from barograph.cli.say import Voice
    from barograph.core.errors import InputError
    from barograph.core.time import parse_moment
    from barograph.pair.workspace import Workspace
    from barograph.pipelines import pair_download as work
    from barograph.pipelines.pair_gateway import from_gateway
    from barograph.pipelines.prepare import settings_of
    from barograph.sources.ibkr import EXCHANGES, Address

    place, heart, voice = Workspace(workspace), heart_of(as_json=as_json), Voice(as_json=as_json)
    if data is None and source == "ibkr":
        hush("ib_async")
        where = Address(host, port, client_id, tuple(exchange or EXCHANGES))
        origins = from_gateway(place, heart, where, None if start is None else parse_moment(start))
    elif data is None and source == "lake":
        origins = work.from_lake(place, heart, lake, settings_of())
    else:
        folder = data or Path(source)
        if not folder.exists():
            raise InputError(f"no folder {str(folder)!r}; wanted ibkr, lake, or a folder of bars")
        origins = work.from_files(place, heart, folder, settings_of())
    if as_json:
        voice.document(origins)
        return
    for line in work.lines(place, origins):
        voice.out.print(line, markup=False, soft_wrap=True)


def heart_of(*, as_json: bool) -> "Heartbeat":
    """Who tells how a stage is getting on; nobody where a machine reads."""
    from barograph.pair.heartbeat import Heartbeat

    return Heartbeat(lambda _: None) if as_json else Heartbeat()


def hush(library: str) -> None:
    """Let a library's own log be seen only by who looks for faults: what matters is told by us."""
    import logging
    import os

    from barograph.cli.failures import DEBUG

    if not os.environ.get(DEBUG):
        logging.getLogger(library).setLevel(logging.CRITICAL)


@pair.command(epilog=options.example("barograph pair prepare", "barograph pair prepare --json"))
def prepare(workspace: Place = USUAL, as_json: options.Json = False) -> None:
    """Clean the bars of both legs and say what became of every row."""
    from barograph.cli.say import Voice
    from barograph.pair.workspace import Workspace
    from barograph.pipelines import pair_prepare as work

    voice = Voice(as_json=as_json)
    traced = work.prepare(Workspace(workspace), heart_of(as_json=as_json))
    if as_json:
        voice.document(traced)
        return
    for line in work.lines(traced):
        voice.out.print(line, markup=False, soft_wrap=True)


pair.command(
    epilog=options.example("barograph pair gateway", "barograph pair gateway --fault cut@5")
)(gateway)


@pair.command(
    epilog=options.example(
        "barograph pair run",
        "barograph pair run --start 2018-01-01 --start-capital 25000 --keep-stages",
    )
)
def run(
    start_capital: Annotated[float, typer.Option(min=1.0, help="Cash at the start.")] = 10_000.0,
    start: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="First day of the bars that are used, UTC.", show_default="all"),
    ] = None,
    workers: options.Workers = 2,
    keep_stages: Annotated[
        bool, typer.Option("--keep-stages", help="Leave out/ with the stages' tables.")
    ] = False,
    workspace: Place = USUAL,
    as_json: options.Json = False,
) -> None:
    """Search, learn, doubt, and look once at the span held out: the final output."""
    from barograph.cli.say import Voice
    from barograph.core.time import parse_moment
    from barograph.pair.rules import Learning, PairSettings
    from barograph.pair.workspace import Workspace
    from barograph.pipelines import pair_report
    from barograph.pipelines import pair_run as work

    place = Workspace(workspace)
    settings = PairSettings(
        capital=start_capital,
        start=None if start is None else parse_moment(start).date(),
        learning=Learning(workers=workers),
    )
    path = work.run(place, settings, heart_of(as_json=as_json), keep=keep_stages)
    tell(pair_report.read(place), Voice(as_json=as_json), path)


@pair.command(epilog=options.example("barograph pair report", "barograph pair report --json"))
def report(workspace: Place = USUAL, as_json: options.Json = False) -> None:
    """Tell what the last run found."""
    from barograph.cli.say import Voice
    from barograph.pair.workspace import Workspace
    from barograph.pipelines import pair_report

    place = Workspace(workspace)
    tell(pair_report.read(place), Voice(as_json=as_json), pair_report.path_of(place))


def tell(summary: "Summary", voice: "Voice", path: Path) -> None:
    """Say a summary, or print it as JSON."""
    from barograph.pipelines.pair_report import lines

    if voice.as_json:
        voice.document(summary.model_dump(mode="json"))
        return
    for line in lines(summary):
        voice.out.print(line, markup=False, soft_wrap=True)
    voice.out.print(f"\n{path}; charts beside. {summary.notice}", markup=False, soft_wrap=True)
