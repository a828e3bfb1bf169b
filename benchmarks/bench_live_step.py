"""One more bar: learning what matures with it and answering for all horizons (wanted: 20 ms).

An engine is walked to a fortnight before the end of history and then stepped to it, bar by bar.
Every answer must be, to the bit, that of the walk over everything. The ratio is that of walking
again, which is what one more bar would otherwise cost.

Run: ``python -m benchmarks.bench_live_step`` from the repository's folder.
"""

import pickle
import time

import numpy as np
from benchmarks.market import panel, timed

from barograph.core.panel import Panel
from barograph.models.live import Answers, Engine

BEGIN = 365 * 24
STEPS = 14 * 24
WANTED_MS = 20.0


def bar_of(made: Panel, row: int) -> dict[str, float] | None:
    """A row's bar, None where it is missing."""
    if not made.present[row]:
        return None
    names = ("open", "close", "volume", "variance")
    return {name: float(getattr(made, name)[row]) for name in names}


def same(answers: Answers, whole: Answers, row: int) -> bool:
    """Whether one row's answer is the walk's to the bit."""
    pairs = [
        (o.variance[0], whole.outputs[name].variance[row]) for name, o in answers.outputs.items()
    ]
    one, all_ = answers.outputs["barograph"].quantiles, whole.outputs["barograph"].quantiles
    if one is None or all_ is None:
        return False
    pairs.append((one[0], all_[row]))
    return all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in pairs)


def main() -> None:
    """Walk once, then step."""
    made = panel({})
    Engine.warm(made.rows(0, 3000), 1000)  # compiles
    began = time.process_time()
    (whole, _), walked = timed(lambda: Engine.warm(made, BEGIN))
    busy = time.process_time() - began
    start = len(made) - STEPS
    _, engine = Engine.warm(made.rows(0, start), BEGIN)
    seconds, worked, apart = [], 0.0, 0
    for row in range(start, len(made)):
        hour, bar = int(made.hours[row]), bar_of(made, row)
        tick, busy_before = time.perf_counter(), time.process_time()
        answers, engine = engine.step(hour, bar)
        seconds.append(time.perf_counter() - tick)
        worked += time.process_time() - busy_before
        apart += not same(answers, whole, row)
    middle, slow = 1e3 * np.percentile(seconds, [50, 99])
    print(
        f"walk over {len(made):,} hours, {len(made.horizons)} horizons, with its trace: "
        f"{walked:.1f} s ({busy:.1f} s of processor time)\n"
        f"one more bar, over {STEPS} of them: {middle:.1f} ms median, {slow:.1f} ms at the 99th "
        f"percentile (wanted {WANTED_MS:.0f}); {1e3 * worked / STEPS:.1f} ms of processor time\n"
        f"walking again costs {1e3 * walked / middle:,.0f} times that; an engine's state is "
        f"{len(pickle.dumps(engine)) / 1e6:.1f} MB; answers that differ in any bit: {apart}"
    )
    if apart:
        raise SystemExit("stepping and walking disagree")


if __name__ == "__main__":
    main()
