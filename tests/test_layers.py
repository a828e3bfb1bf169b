"""Imports point one way, and the command line starts light."""

import subprocess
import sys

HEAVY = ("torch", "lightgbm", "arch", "ccxt", "matplotlib", "scipy", "pandas", "numba", "polars")


def test_imports_point_one_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_help_loads_nothing_heavy() -> None:
    """Loading a heavy library costs a second or more; `--help` must answer in half of one."""
    script = (
        "import sys, barograph.cli.app; "
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
