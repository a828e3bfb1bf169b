"""From payloads to silver: every payload is kept before it is read, and nothing is done twice."""

import time
from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass, replace

from barograph.core.errors import InputError, LayoutError
from barograph.core.payload import Layout, Payload
from barograph.core.progress import Listener, Progress, silent
from barograph.core.time import Clock, now
from barograph.lake import bronze, silver
from barograph.lake.lake import Lake
from barograph.lake.report import CleaningReport
from barograph.sources.unpack import unpack


@dataclass(frozen=True, slots=True)
class Ingested:
    """What an ingest did.

    Attributes
    ----------
    new : int
        Payloads that were added to bronze.
    known : int
        Payloads whose bytes were there already.
    reports : tuple of CleaningReport
        One for each series that was brought up to date.
    """

    new: int
    known: int
    reports: tuple[CleaningReport, ...]


def ingest(
    lake: Lake,
    payloads: Iterable[Payload],
    layouts: Mapping[str, Layout],
    clock: Clock = now,
    progress: Listener = silent,
) -> Ingested:
    """Keep payloads in bronze, then bring silver up to date.

    Interrupted anywhere (Ctrl-C, a crash, a full disk), the payloads taken so far are in the
    lake, the tables are readable, and the next call carries on: it also refines what an earlier
    one left.

    Parameters
    ----------
    lake : Lake
        Where to.
    payloads : iterable of Payload
        Taken one by one, so that a source can fetch while we store.
    layouts : Mapping[str, Layout]
        Readers by name.
    clock : Clock
        Gives ``ingested_at``.
    progress : Listener
        Told after each payload and each series.

    Returns
    -------
    ingested : Ingested

    Raises
    ------
    LayoutError
        If a payload names a layout that is not known; it is not kept.
    LakeError
        If the lake cannot be written; what was kept before stays.
    """
    began = time.monotonic()
    total = len(payloads) if isinstance(payloads, Sized) else None
    new = known = 0
    for payload in payloads:
        if payload.layout not in layouts:
            raise LayoutError(
                f"{payload.name} is in layout {payload.layout!r}; known: {', '.join(layouts)}"
            )
        added = bronze.add(lake, payload, clock())
        new, known = new + added, known + (not added)
        done = None if not total else (new + known) / total
        passed = time.monotonic() - began
        progress(Progress("ingest", payload.key.symbol, passed, 0, new + known, done))
    return Ingested(new, known, _refine_pending(lake, unpacking(layouts), progress))


def require_sound(done: Ingested) -> None:
    """Stop where what came in should be looked at first; everything is stored by now.

    The next run goes on with the good rows: what is in the lake already is not held up again.

    Raises
    ------
    InputError
        If a payload holds a row from the future, or too many bad rows; the first is named.
    """
    bad = [(report.series, one) for report in done.reports for one in report.spoilt]
    if not bad:
        return
    series, one = bad[0]
    future = f", {one.future:,} from the future" if one.future else ""
    more = f"; {len(bad) - 1} more files are like it" if len(bad) > 1 else ""
    raise InputError(
        f"{one.name}: {one.refused:,} of {one.read:,} rows of {series} refused{future}, mostly: "
        f"{one.reason}{more}; the good rows are in the lake, the others in quarantine; "
        "run again to go on with them"
    )


def unpacking(layouts: Mapping[str, Layout]) -> Mapping[str, Layout]:
    """Layouts that read content as it was sent, compressed or not."""

    def reader(layout: Layout) -> Layout:
        return replace(layout, parse=lambda content: layout.parse(unpack(content)))

    return {name: reader(layout) for name, layout in layouts.items()}


def _refine_pending(
    lake: Lake, layouts: Mapping[str, Layout], progress: Listener
) -> tuple[CleaningReport, ...]:
    began = time.monotonic()
    keys = silver.pending(lake)
    reports: list[CleaningReport] = []
    rows = 0
    for count, key in enumerate(keys, start=1):
        report = silver.refine(lake, key, layouts)
        reports.append(report)
        rows += report.read
        passed = time.monotonic() - began
        progress(Progress("refine", key.symbol, passed, rows, count, count / len(keys)))
    return tuple(reports)
