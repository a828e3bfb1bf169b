"""What went wrong, in one line on standard error, and the exit code."""

import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import typer
from typer.exceptions import TyperException

from barograph.core.errors import BarographError, InputError, LakeError

INTERRUPTED: Final = 130
"""128 and the number of the signal, as shells have it."""

DEBUG: Final = "BAROGRAPH_DEBUG"
"""Environment variable: tracebacks as they come, and every log line."""

CHATTER: Final = ("barograph.sources.retry", "barograph.sources.fallback")
"""Loggers of steps whose end is told anyway."""


@contextmanager
def said_in_one_line() -> Iterator[None]:
    """Turn whatever is raised into one line and an exit code; never a traceback unasked.

    What is not foreseen is written to a file, which the line names, or shown where
    ``BAROGRAPH_DEBUG`` is set.
    """
    _hush_interrupts()
    try:
        yield
    except (KeyboardInterrupt, typer.Abort):
        told = "interrupted; what was written is whole, run the same command to go on"
        fail(told, "KeyboardInterrupt", INTERRUPTED)
    except BarographError as error:
        fail(str(error), type(error).__name__, error.exit_code)
    except TyperException as error:  # an option or value that does not exist
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error)  # noqa: T201
            sys.exit(InputError.exit_code)
        fail(f"{said_by_click(error)}; see --help", "UsageError", InputError.exit_code)
    except BrokenPipeError:
        # Whoever read us has had enough; nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except BaseException as error:
        # A library written in Rust panics outside the tree of exceptions.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            unforeseen(error)
        raise


def _hush_interrupts() -> None:
    """Let Ctrl-C be told once, also where it arrives while something is being thrown away."""
    before = sys.unraisablehook
    if getattr(before, "hushed", False):
        return

    def hook(told: "sys.UnraisableHookArgs") -> None:
        if not issubclass(told.exc_type, KeyboardInterrupt):
            before(told)

    hook.hushed = True  # type: ignore[attr-defined]
    sys.unraisablehook = hook


def said_by_click(error: BaseException) -> str:
    """Message of an error in the command line itself."""
    message = getattr(error, "format_message", None)
    return str(message() if message else error).rstrip(".")


def unforeseen(error: BaseException) -> NoReturn:
    """One line for what no one thought of: an answer of the system, or a fault of ours."""
    if os.environ.get(DEBUG):
        raise error
    kind = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror}", kind, LakeError.exit_code)
    if isinstance(error, MemoryError):
        fail("out of memory; name fewer symbols or --workers 1", kind, 1)
    with tempfile.NamedTemporaryFile(
        "w", prefix="barograph-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.writelines(traceback.format_exception(error))
    fail(f"internal error: {kind} {str(error)[:160]}; the details are in {file.name}", kind, 1)


def fail(message: str, code: str, status: int) -> NoReturn:
    """Say it in one line on standard error (as JSON where JSON was asked for) and leave."""
    line = " ".join(message.split())
    if "--json" in sys.argv:
        import orjson

        print(orjson.dumps({"error": {"code": code, "message": line}}).decode(), file=sys.stderr)  # noqa: T201
    else:
        print(f"error: {line}", file=sys.stderr)  # noqa: T201
    sys.exit(status)


def notes_on_standard_error() -> None:
    """Show what the library logs as notes; without the steps of what is told at its end."""
    if os.environ.get(DEBUG):
        logging.basicConfig(level=logging.DEBUG)
        return
    logging.basicConfig(level=logging.WARNING, format="note: %(message)s")
    for name in CHATTER:
        logging.getLogger(name).setLevel(logging.ERROR)
