"""The commands about trading, each in a file of its own."""

import typer

from barograph.cli import backtest, optimise, replay
from barograph.cli.options import example


def add_to(app: typer.Typer) -> None:
    """Put them into the command line."""
    app.command(epilog=example(*backtest.EXAMPLES))(backtest.backtest)
    app.command(epilog=example(*optimise.EXAMPLES))(optimise.optimise)
    app.command(epilog=example(*replay.EXAMPLES))(replay.replay)
