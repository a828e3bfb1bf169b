"""The command line: one function a command, everything heavy imported inside it."""

import os
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from barograph.cli import options, trading
from barograph.cli.explain import explain
from barograph.cli.failures import INTERRUPTED, notes_on_standard_error, said_in_one_line
from barograph.cli.options import example
from barograph.cli.pair import pair

app = typer.Typer(
    name="barograph",
    help="Forecast the Bitcoin market as a distribution, and keep a record anyone can check.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


def show_version(asked: bool) -> None:
    """Print the version and leave."""
    if asked:
        from barograph import __version__

        typer.echo(f"barograph {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=show_version, is_eager=True),
    ] = False,
) -> None:
    """Forecast the Bitcoin market as a distribution, and keep a record anyone can check."""


@app.command(
    epilog=example(
        "barograph run --data ../data",
        "barograph run --size medium --symbol BTCUSDT --symbol ETHUSDT",
        "barograph run                (goes to the exchanges; offline: a SIMULATED market)",
    )
)
def run(
    data: options.Data = None,
    size: options.Size = "small",
    config: options.Config = None,
    symbol: options.Symbols = None,
    start: options.Start = None,
    end: options.End = None,
    lake: options.LakeFolder = Path("lake"),
    out: options.Out = Path("out"),
    workers: options.Workers = 2,
    features: options.Extension = None,
    as_json: options.Json = False,
) -> None:
    """The main job: ingest, walk forward, calibrate, forecast, report."""
    from barograph.cli import commands

    commands.run(
        options.Request(data, size, config, symbol, start, end, lake, out, workers, as_json),
        features,
    )


@app.command(
    epilog=example(
        "barograph evaluate --size medium --data ../data --symbol BTCUSDT "
        "--start 2021-01-01 --end 2025-06-30 --out out/",
        "barograph evaluate --preset short --symbol ETHUSDT",
        "barograph evaluate --size medium --features my_features.py",
    )
)
def evaluate(
    data: options.Data = None,
    size: options.Size = "small",
    config: options.Config = None,
    symbol: options.Symbols = None,
    start: options.Start = None,
    end: options.End = None,
    lake: options.LakeFolder = Path("lake"),
    out: options.Out = Path("out"),
    workers: options.Workers = 2,
    preset: options.Preset = None,
    features: options.Extension = None,
    as_json: options.Json = False,
) -> None:
    """Walk forward over history and score every model: forecasts, metrics, report."""
    from barograph.cli import commands

    commands.evaluate(
        options.Request(data, size, config, symbol, start, end, lake, out, workers, as_json),
        preset,
        features,
    )


@app.command(epilog=example("barograph train --size medium", "barograph train --symbol ETHUSDT"))
def train(
    data: options.Data = None,
    size: options.Size = "small",
    config: options.Config = None,
    symbol: options.Symbols = None,
    lake: options.LakeFolder = Path("lake"),
    workers: options.Workers = 2,
    features: options.Extension = None,
    as_json: options.Json = False,
) -> None:
    """Fit every model up to the last bar and keep the fits, so that forecasts are quick."""
    from barograph.cli import commands

    commands.train(
        options.Request(
            data, size, config, symbol, None, None, lake, Path("out"), workers, as_json
        ),
        features,
    )


@app.command(
    epilog=example(
        "barograph forecast",
        "barograph forecast --symbol ETHUSDT --as-of 2025-06-30T12:00",
        "barograph forecast --json | jq '.forecasts[0].horizons'",
    )
)
def forecast(
    data: options.Data = None,
    size: options.Size = "small",
    config: options.Config = None,
    symbol: options.Symbols = None,
    as_of: Annotated[
        Optional[str], typer.Option(help="Origin, UTC; default: the last complete bar.")  # noqa: UP045
    ] = None,
    lake: options.LakeFolder = Path("lake"),
    workers: options.Workers = 2,
    features: options.Extension = None,
    publish: Annotated[bool, typer.Option(help="Append it to the ledger.")] = True,
    as_json: options.Json = False,
) -> None:
    """Forecast every horizon from the last complete bar, and publish it in the ledger."""
    from barograph.cli import commands

    commands.forecast(
        options.Request(
            data, size, config, symbol, None, None, lake, Path("out"), workers, as_json
        ),
        as_of,
        features,
        publish,
    )


@app.command(
    epilog=example(
        "barograph audit --last",
        "barograph audit --sequence 12",
        "barograph audit --all --features my_features.py",
    )
)
def audit(
    last: Annotated[bool, typer.Option("--last", help="Rebuild the last forecast.")] = False,
    sequence: Annotated[
        Optional[int], typer.Option(help="Rebuild this entry.")  # noqa: UP045
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Rebuild every entry.")] = False,
    lake: options.LakeFolder = Path("lake"),
    workers: options.Workers = 2,
    features: options.Extension = None,
    as_json: options.Json = False,
) -> None:
    """Verify the ledger's chain, and rebuild forecasts from the lake bit for bit."""
    from barograph.cli import commands

    commands.audit(lake, workers, as_json, features, last=last, sequence=sequence, every=every)


@app.command(
    epilog=example(
        "barograph ingest ../data",
        "barograph ingest BTCUSDT-1h-2025-01.zip",
        "barograph ingest prices.csv --venue bitstamp_spot --symbol BTCUSD --interval 1h",
    )
)
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: CSV, Parquet, gz, zip.")],
    venue: Annotated[
        Optional[str], typer.Option(help="Venue, where the file name does not say.")  # noqa: UP045
    ] = None,
    symbol: options.Symbols = None,
    interval: Annotated[
        Optional[str], typer.Option(help="Interval, where the file name does not say.")  # noqa: UP045
    ] = None,
    lake: options.LakeFolder = Path("lake"),
    as_json: options.Json = False,
) -> None:
    """Read files into the lake: kept byte for byte, cleaned, counted."""
    from barograph.cli import commands

    commands.ingest(paths, lake, as_json, venue=venue, symbols=symbol, interval=interval)


@app.command(
    epilog=example(
        "barograph data",
        "barograph data --fetch market-data --symbol BTCUSDT --symbol ETHUSDT",
    )
)
def data(
    fetch: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Download history from the public archives into this folder."),
    ] = None,
    symbol: options.Symbols = None,
    interval: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Bars to download; repeat for several.", show_default="1h and 5m"),
    ] = None,
    start: options.Start = None,
    end: options.End = None,
    lake: options.LakeFolder = Path("lake"),
    as_json: options.Json = False,
) -> None:
    """Show what the lake holds, or fetch history from the public archives."""
    from barograph.cli import commands

    commands.data(
        lake, as_json, fetch=fetch, symbols=symbol, intervals=interval, start=start, end=end
    )


@app.command(
    epilog=example(
        "barograph features",
        "barograph features --build --symbol BTCUSDT",
        "barograph features --json",
    )
)
def features(
    build: Annotated[
        bool, typer.Option("--build", help="Build the gold table of features and targets.")
    ] = False,
    symbol: options.Symbols = None,
    size: options.Size = "small",
    config: options.Config = None,
    extension: options.Extension = None,
    lake: options.LakeFolder = Path("lake"),
    as_json: options.Json = False,
) -> None:
    """List every feature with formula, window, inputs and when it is known; or build them."""
    from barograph.cli import commands

    commands.features(
        options.Request(None, size, config, symbol, None, None, lake, Path("out"), 1, as_json),
        extension,
        build=build,
    )


@app.command(
    epilog=example(
        "barograph sim --from 2024-03-01 --speed 60",
        "barograph sim --data ../data --from 2024-08-08T23:50 --speed 1   (with real prints)",
        "barograph sim --invented --port 9000",
        """curl -X POST URL/simulator/faults -d '{"kind": "disconnect"}'""",
    )
)
def sim(
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of bars and prints to play, where no lake is named."),
    ] = None,
    lake: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Lake to play.", show_default="lake, where there is one"),
    ] = None,
    symbol: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Symbol to trade; repeat.", show_default="BTCUSDT and ETHUSDT"),
    ] = None,
    begin: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--from",
            help="Moment to start at, YYYY-MM-DD[THH:MM], UTC.",
            show_default="30 days before the end; invented: now",
        ),
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Seconds of the market in one of ours, up to 3600.")
    ] = 60.0,
    since: options.Since = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0: any free one.")] = 0,
    invented: Annotated[
        bool, typer.Option("--invented", help="Made-up prices, even where there are real ones.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the made-up prices.")] = 0,
    with_parent: options.WithParent = False,
    as_json: options.Json = False,
) -> None:
    """SIMULATED exchange on localhost: plays bars back over Binance's REST and WebSocket."""
    from barograph.cli.sim import Order, play

    order = Order(
        data, lake, symbol, begin, speed, since, port, invented, seed, with_parent, as_json
    )
    play(order)


@app.command(
    epilog=example(
        "barograph serve --data ../data",
        "barograph serve --lake lake --from 2024-03-01 --speed 60",
        "barograph serve                (goes to Binance; offline: a SIMULATED market)",
    )
)
def serve(
    data: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of bars to replay as a SIMULATED exchange."),
    ] = None,
    lake: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Lake to replay instead; it is only read."),
    ] = None,
    serving: Annotated[
        Path, typer.Option(help="Folder of what is served; gone on with where it is there.")
    ] = Path("serving"),
    begin: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--from",
            help="Moment the replay begins at, YYYY-MM-DD[THH:MM], UTC.",
            show_default="30 days before the end",
        ),
    ] = None,
    speed: Annotated[
        float, typer.Option(help="Seconds of a replayed market in one of ours, up to 3600.")
    ] = 60.0,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of terminal and API.")] = 8200,
    exchange: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="URL of another exchange that speaks Binance's protocol."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Terminal, API and live forecasts in one command; prints one URL."""
    from barograph.cli.serve import Order
    from barograph.cli.serve import serve as run_all

    run_all(Order(data, lake, serving, begin, speed, host, port, exchange, as_json))


@app.command(epilog=example("barograph live --serving serving --exchange http://127.0.0.1:8300"))
def live(
    serving: Annotated[Path, typer.Option(help="Folder of lake and store.")] = Path("serving"),
    exchange: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="URL of an exchange that speaks Binance's protocol.", show_default="Binance"
        ),
    ] = None,
    with_parent: options.WithParent = False,
) -> None:
    """Follow the market and publish a forecast at every full hour; `serve` starts this itself."""
    from barograph.live.command import follow

    follow(serving, exchange, with_parent=with_parent)


app.command(epilog=example("barograph explain --symbol BTCUSDT --horizon 24"))(explain)
trading.add_to(app)
app.add_typer(pair)


def main() -> None:
    """Run a command; every error is one line on standard error and an exit code."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # before numpy is there to read them
    with said_in_one_line():
        notes_on_standard_error()
        status = app(standalone_mode=False)
        if status == INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(status if isinstance(status, int) else 0)
