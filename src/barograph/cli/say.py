"""How commands speak: for people on a terminal, as plain lines in a log, as JSON for machines."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import orjson
import polars as pl

from barograph.core.progress import Listener, Progress, plain_lines, silent
from barograph.core.time import HOUR, now

if TYPE_CHECKING:
    from barograph.features.base import Feature
    from barograph.lake.lake import Lake
    from barograph.lake.report import CleaningReport
    from barograph.ledger.audit import Verified
    from barograph.ledger.forecasts import Entry
    from barograph.pipelines.dataset import Dataset
    from barograph.pipelines.fetch import Fetched
    from barograph.pipelines.forecast import Forecast
    from barograph.pipelines.ingest import Ingested
    from barograph.pipelines.run import Done

Tell: TypeAlias = Callable[[str, int, int], None]


class Voice:
    """Says results on standard output and everything else on standard error.

    Parameters
    ----------
    as_json : bool
        One JSON document on standard output instead of text.
    """

    def __init__(self, *, as_json: bool) -> None:
        from rich.console import Console

        self.as_json = as_json
        self.out = Console(highlight=False)
        self.err = Console(stderr=True, highlight=False)

    def warn(self, text: str) -> None:
        """Say what the user must know, on standard error."""
        from rich.markup import escape

        self.err.print(f"[yellow]note:[/yellow] {escape(text)}", soft_wrap=True)

    def document(self, value: object) -> None:
        """Print one JSON document."""
        flags = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY
        sys.stdout.buffer.write(orjson.dumps(value, default=str, option=flags) + b"\n")
        sys.stdout.flush()

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Progress of ingest and fetch: a bar on a terminal, lines in a log."""
        if self.as_json:
            yield silent
        elif not self.err.is_terminal:
            yield plain_lines()
        else:
            from barograph.cli.bars import heartbeat

            with heartbeat(self.err) as listener:
                yield listener

    @contextmanager
    def progress(self) -> Iterator[Tell]:
        """Progress of the walk-forward: jobs done of jobs in all."""
        from time import perf_counter

        with self.listening() as listener:
            began, before = perf_counter(), 0

            def tell(name: str, done: int, jobs: int) -> None:
                nonlocal began, before
                if done <= before:
                    began = perf_counter()  # the next symbol, or the next round of models
                before = done
                passed = perf_counter() - began
                listener(Progress("walk-forward", name, passed, done=done / jobs))

            yield tell

    def ingested(self, done: "Ingested", *, is_result: bool = False) -> None:
        """Rows read = silver + duplicates + quarantined, for every series."""
        if self.as_json:
            if is_result:
                self.document(
                    {"new": done.new, "known": done.known, "series": [*map(counts, done.reports)]}
                )
            return
        console = self.out if is_result else self.err
        for report in done.reports:
            for line in report.lines():
                console.print(line, markup=False, soft_wrap=True)
        if not done.reports:
            console.print(f"nothing new: the lake had all of it ({done.known}) already")

    def forecasts(self, made: Sequence["Forecast"], entries: Sequence["Entry"]) -> None:
        """Tables of horizons, small fan charts, and the place in the ledger."""
        if self.as_json:
            self.document(
                {
                    "forecasts": [as_plain(one) for one in made],
                    "ledger": [place(entry) for entry in entries],
                }
            )
            return
        from barograph.cli.fan import fan_chart
        from barograph.cli.table import forecast_table

        for one in made:
            simulated = one.dataset.simulated
            if is_stale(one):
                self.out.print(
                    f"[bold]STALE[/bold] the last bar of {one.dataset.symbol} closed "
                    f"{spoken_age(one)} ago: this is what could be said then, not now",
                    soft_wrap=True,
                )
            self.out.print(forecast_table(one.frame, simulated=simulated))
            recent = one.dataset.grid.tail(96).select("as_of", "open", "high", "low", "close")
            self.out.print(fan_chart(one.frame, recent, simulated=simulated))
        for entry in entries:
            self.out.print(
                f"ledger entry {entry.sequence} ({entry.published.symbol}) "
                f"{entry.entry_hash[:16]}; check it with `barograph audit --last`",
                soft_wrap=True,
            )
            if entry.published.retrospective:
                self.out.print("retrospective: issued after a target time, and marked so")

    def walked(self, done: "Done") -> None:
        """Scores beside the other models', alarms, the forecast published, the report's path."""
        if self.as_json:
            self.document(walked_as_plain(done))
            return
        from barograph.cli.scores import summary_tables

        for table in summary_tables(done.evaluation):
            self.out.print(table)
            self.out.print()
        for alarm in done.evaluation.alarms:
            self.out.print(f"[bold red]ALARM[/bold red] {alarm}", soft_wrap=True)
        timings = done.identity["timings_seconds"]
        assert isinstance(timings, dict)  # noqa: S101 - we wrote it
        self.err.print(
            f"run {done.identity['run_id']}, "
            + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in timings.items())
            + f"; configurations ever tried: {done.identity['configurations_tried']}",
            style="dim",
            soft_wrap=True,
        )
        if done.entries:
            self.forecasts(done.forecasts, done.entries)
        self.out.print(f"report: {done.page}", soft_wrap=True)

    def trained(self, made: Sequence["Forecast"], folder: Path) -> None:
        """Model hashes, and where the fits are."""
        rows = [
            {
                "symbol": one.dataset.symbol,
                "as_of": one.as_of,
                "simulated": one.dataset.simulated,
                "model_hash": one.model_hash,
            }
            for one in made
        ]
        if self.as_json:
            self.document({"models": rows, "fits": str(folder)})
            return
        for row in rows:
            self.out.print(
                f"{mark(row['simulated'])}{row['symbol']}: trained to "
                f"{row['as_of']:%Y-%m-%d %H:%M} UTC, model {str(row['model_hash'])[:16]}, "
                f"fits in {folder}",
                soft_wrap=True,
            )

    def audited(self, verified: "Verified", entries: Sequence["Entry"]) -> None:
        """What was found sound."""
        if self.as_json:
            self.document(
                {
                    "ok": True,
                    "forecasts": verified.forecasts,
                    "outcomes": verified.outcomes,
                    "trials": verified.trials,
                    "last_hash": verified.last_hash,
                    "rebuilt": [entry.sequence for entry in entries],
                }
            )
            return
        self.out.print(
            f"chain ok: {verified.forecasts} forecasts, {verified.outcomes} outcomes, "
            f"{verified.trials} trials; last hash {verified.last_hash[:16]}"
        )
        for entry in entries:
            said = f"rebuilt bit for bit: {mark(entry.published.simulated)}{entry.subject}"
            self.out.print(said, soft_wrap=True)

    def lake(self, lake: "Lake") -> None:
        """Series of the lake: rows, span, gaps, refusals, version."""
        from barograph.cli.scores import lake_table
        from barograph.lake.lake import silver_table
        from barograph.lake.silver import quality

        found = [(quality(lake, key), lake.version(silver_table(key))) for key in lake.series()]
        if self.as_json:
            self.document(
                [
                    {
                        "series": state.series,
                        "rows": state.rows,
                        "first": state.first,
                        "last": state.last,
                        "flagged": state.flagged,
                        "quarantined": dict(state.quarantined),
                        "gaps": [[gap.start, gap.end] for gap in state.gaps],
                        "version": version,
                    }
                    for state, version in found
                ]
            )
            return
        self.out.print(lake_table(found))

    def fetched(self, files: Sequence["Fetched"]) -> None:
        """Files brought up to date."""
        if self.as_json:
            self.document([{"path": str(file.path), "rows": file.rows} for file in files])
            return
        for file in files:
            self.out.print(f"{file.path}: {file.rows:,} rows", soft_wrap=True)

    def features(self, catalogue: Mapping[str, "Feature"]) -> None:
        """The generated feature table."""
        from barograph.features.table import feature_rows

        rows = feature_rows(catalogue)
        if self.as_json:
            self.document(rows)
            return
        from barograph.cli.scores import feature_table

        self.out.print(feature_table(rows))

    def built(self, built: "Sequence[tuple[Dataset, int]]") -> None:
        """Gold tables that were written."""
        if self.as_json:
            self.document(
                [
                    {
                        "symbol": dataset.symbol,
                        "simulated": dataset.simulated,
                        "rows": dataset.table.height,
                        "features": dataset.table.width - 1,
                        "version": version,
                    }
                    for dataset, version in built
                ]
            )
            return
        for dataset, version in built:
            self.out.print(
                f"{mark(dataset.simulated)}gold/{dataset.symbol}: {dataset.table.height:,} rows, "
                f"{dataset.table.width - 1} features, version {version}",
                soft_wrap=True,
            )


def mark(simulated: object) -> str:
    """The word before what is made from invented bars."""
    return "SIMULATED " if simulated else ""


def counts(report: "CleaningReport") -> dict[str, object]:
    """One series' account as JSON values."""
    return {
        "series": report.series,
        "read": report.read,
        "silver": report.silver,
        "duplicates": report.duplicates,
        "quarantined": report.quarantined,
        "flagged": report.flagged,
        "reasons": dict(report.reasons),
        "missing": report.missing,
    }


def walked_as_plain(done: "Done") -> dict[str, object]:
    """A run or an evaluation as JSON values; the forecasts are those published."""
    overall = done.evaluation.metrics.filter(pl.col("slice") == "all")
    published = done.forecasts if done.entries else ()
    return {
        "run": dict(done.identity),
        "simulated": done.identity["simulated"],
        "metrics": overall.drop("slice", "value").to_dicts(),
        "comparisons": done.evaluation.comparisons.to_dicts(),
        "direction": done.evaluation.direction.to_dicts(),
        "alarms": list(done.evaluation.alarms),
        "forecasts": [as_plain(one) for one in published],
        "ledger": [place(entry) for entry in done.entries],
        "report": str(done.page),
    }


def is_stale(made: "Forecast") -> bool:
    """Whether a newer bar must exist somewhere: the last one closed two hours ago or more."""
    return now() - made.as_of >= 2 * HOUR


def spoken_age(made: "Forecast") -> str:
    """Time since the last bar closed, in the unit a person would use."""
    hours = (now() - made.as_of) / HOUR
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"


def as_plain(made: "Forecast") -> dict[str, object]:
    """One symbol's forecast as JSON values."""
    return {
        "stale": is_stale(made),
        "symbol": made.dataset.symbol,
        "venue": made.dataset.venue,
        "as_of": made.as_of.isoformat(),
        "simulated": made.dataset.simulated,
        "model_hash": made.model_hash,
        "horizons": made.frame.drop("symbol", "model", "as_of").to_dicts(),
    }


def place(entry: "Entry") -> dict[str, object]:
    """Where a forecast stands in the ledger, as JSON values."""
    return {
        "sequence": entry.sequence,
        "hash": entry.entry_hash,
        "retrospective": entry.published.retrospective,
    }
