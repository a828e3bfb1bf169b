"""Seconds of the pair: its search, and a whole run from clean bars to the final output.

Real hours of 2018 to 2025 from ``BAROGRAPH_DATA``, else as many SIMULATED ones. The search is timed
on the selection span; the run with two processes for its folds, as ``barograph pair run`` does, in
a folder that is thrown away. ``python -m benchmarks.bench_pair``.
"""

import os
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.market import timed
from tests.pair_market import make_pair, write_bars

from barograph.pair.heartbeat import Heartbeat
from barograph.pair.rules import PairSettings
from barograph.pair.select import compare, configurations
from barograph.pair.workspace import Workspace
from barograph.pipelines.pair_download import from_files
from barograph.pipelines.pair_prepare import prepare
from barograph.pipelines.pair_report import read
from barograph.pipelines.pair_run import run, setting
from barograph.pipelines.prepare import settings_of

HOURS = 65_712
WANTED = 900.0


def main() -> None:
    """Print the figures."""
    quiet = Heartbeat(lambda _: None)
    settings = PairSettings(start=date(2018, 1, 1))
    with TemporaryDirectory() as folder:
        given = os.environ.get("BAROGRAPH_DATA")
        if not given:
            write_bars(make_pair(HOURS), Path(folder) / "given")
        place = Workspace(Path(folder) / "pair")
        from_files(place, quiet, Path(given or Path(folder) / "given"), settings_of())
        prepare(place, quiet)
        at = setting(place, settings, quiet)
        print(f"{'real' if given else 'SIMULATED'} hours of BTC and ETH: {at.cuts.stop:,}")
        rules, seen = configurations(settings.search), at.before(at.cuts.tuning)
        compare(seen, rules[:5], settings)
        _, took = timed(lambda: compare(seen, rules, settings))
        print(
            f"search: {len(rules):,} configurations over {len(seen.hours):,} hours in {took:.1f} s"
        )
        _, whole = timed(lambda: run(place, settings, quiet))
        found = read(place)
        print(f"whole run, {found.trials:,} configurations: {whole:.0f} s (wanted {WANTED:g})")


if __name__ == "__main__":
    main()
