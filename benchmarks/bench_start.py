"""How long the command takes to start: ``--help``, beside an empty interpreter.

Run: ``python -m benchmarks.bench_start`` from the repository's folder.
"""

import subprocess
import sys
from time import perf_counter

TIMES = 9
COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "barograph --help": ("-m", "barograph", "--help"),
    "barograph features": ("-m", "barograph", "features"),
}


def seconds(words: tuple[str, ...]) -> float:
    """Wall time of one start."""
    began = perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return perf_counter() - began


def main() -> None:
    """Print the best and the median of several starts."""
    for name, words in COMMANDS.items():
        times = sorted(seconds(words) for _ in range(TIMES))
        print(f"{name:20} best {times[0]:.3f} s  median {times[TIMES // 2]:.3f} s")


if __name__ == "__main__":
    main()
