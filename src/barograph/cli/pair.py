"""``barograph pair``: the BTC+ETH pair pipeline, stage by stage, in a folder of its own."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from barograph.cli import options

pair = typer.Typer(
    name="pair",
    help="BTC+ETH pair pipeline: download, prepare, run, report. Not financial advice.",
    no_args_is_help=True,
)

USUAL: Final = Path("workspace/pair/btc_eth")
Place: TypeAlias = Annotated[
    Path, typer.Option("--workspace", help="Folder of the pair; nothing outside it is touched.")
]


@pair.command()
def prepare(workspace: Place = USUAL, as_json: options.Json = False) -> None:
    """Clean the bars of both legs and say what became of every row."""
    from barograph.cli.say import Voice
    from barograph.pair.heartbeat import Heartbeat
    from barograph.pair.workspace import Workspace
    from barograph.pipelines import pair_prepare as work

    voice = Voice(as_json=as_json)
    traced = work.prepare(Workspace(workspace), Heartbeat())
    if as_json:
        voice.document(traced)
        return
    for line in work.lines(traced):
        voice.out.print(line, markup=False, soft_wrap=True)
