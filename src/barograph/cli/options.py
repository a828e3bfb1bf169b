"""Options that commands share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Optional, TypeAlias

import typer

# typer reads Optional at run time on every supported Python.
Data: TypeAlias = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Folder (or file) of bars to ingest first; see `barograph ingest --help`."),
]
Size: TypeAlias = Annotated[str, typer.Option(help="Run file by name: small, medium or large.")]
Config: TypeAlias = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="A run file of your own, instead of --size."),
]
Symbols: TypeAlias = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help="Symbol to forecast; repeat for several. Default: the run file's."),
]
Start: TypeAlias = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="First origin, YYYY-MM-DD[THH:MM], UTC."),
]
End: TypeAlias = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Last origin, UTC; a date means to the end of that day."),
]
LakeFolder: TypeAlias = Annotated[Path, typer.Option(help="The lake's folder.")]
Out: TypeAlias = Annotated[Path, typer.Option(help="Where results are written.")]
Workers: TypeAlias = Annotated[
    int, typer.Option(min=1, help="Processes; results do not depend on it.")
]
Preset: TypeAlias = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Walk-forward windows by name: short, optimisation or long."),
]
Extension: TypeAlias = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--features", help="A Python file ending in FEATURES, used besides our own."),
]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="One JSON document on standard output.")
]
Since: TypeAlias = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        help="Epoch in seconds at which it was --from, to take a market up again where it would "
        "be by now.",
        show_default="now",
    ),
]
WithParent: TypeAlias = Annotated[
    bool, typer.Option("--with-parent", help="Stop when the starting process ends.")
]


def example(*lines: str) -> str:
    """Examples at the foot of a command's help."""
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  {line}" for line in lines)


@dataclass(frozen=True, slots=True)
class Request:
    """What most commands are told."""

    data: Path | None
    size: str
    config: Path | None
    symbols: list[str] | None
    start: str | None
    end: str | None
    lake: Path
    out: Path
    workers: int
    as_json: bool
