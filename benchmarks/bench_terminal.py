"""The numbers of the terminal: wanted, measured, kept or not.

``python -m benchmarks.bench_terminal [PART ...]`` serves ``BAROGRAPH_DATA`` (made-up prices without
it) into a folder of its own, with runner, exchange, API and a browser all on this machine, and
measures from outside: ``page``, ``closes``, ``answers``, ``restarts``, ``engine``; all of them when
none is named. Needs the built terminal, Chromium and wrk. The hours whose close is watched are six
at 60x and twenty at 600x.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.terminal import answers, closes, page, restarts
from benchmarks.terminal.stage import Stage, real_data, stage
from benchmarks.terminal.table import Table, line
from playwright.sync_api import Browser, sync_playwright
from tests.browser.conftest import FLAGS

PARTS = ("page", "closes", "answers", "restarts", "engine")
SPEEDS = {60.0: 6, 600.0: 20}
"""Closes that are watched, by speed of the market."""
ROOT = Path(__file__).parents[1]


def chromium() -> str:
    """Path of a browser."""
    script = ROOT / "scripts" / "chromium.sh"
    return subprocess.run(script, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def engine() -> None:
    """One more bar, in a process of its own."""
    print(flush=True)
    subprocess.run([sys.executable, "-m", "benchmarks.bench_live_step"], check=True)


def measured(table: Table, served: Stage, browser: Browser, parts: Sequence[str]) -> None:
    """Every part that was asked for, in an order in which none disturbs the next."""
    if "page" in parts:
        page.measure(table, served, browser)
    if "closes" in parts:
        for speed, count in SPEEDS.items():
            closes.measure(table, served, browser, speed, count)
    if "answers" in parts:
        answers.measure(table, served)
    if "restarts" in parts:
        restarts.measure(table, served, browser)


def main(parts: Sequence[str]) -> None:
    """Print everything, then what fell short."""
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise SystemExit(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    table, data = Table(), real_data()
    market = "made-up prices" if data is None else f"recorded prices of {data.name}"
    print(f"SIMULATED market, {market}; {os.cpu_count()} cores")
    with stage(data) as (served, seconds):
        table.heading("start")
        table.add("first start to ready, files read and models walked", f"{seconds:.0f} s")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            measured(table, served, browser, parts)
            browser.close()
    if "engine" in parts:
        engine()
    print(f"\n{len(table.short)} of {sum(row.good is not None for row in table.rows)} fall short")
    for row in table.short:
        print(line(row))


if __name__ == "__main__":
    main(sys.argv[1:] or PARTS)
