"""How commands speak: for people on a terminal, as plain lines in a log, as JSON for machines."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import orjson

from barograph.core.progress import Listener, Progress, plain_lines, silent

if TYPE_CHECKING:
    import polars as pl

    from barograph.features.base import Feature
    from barograph.lake.lake import Lake
    from barograph.ledger.audit import Verified
    from barograph.ledger.forecasts import Entry
    from barograph.pipelines.fetch import Fetched
    from barograph.pipelines.forecast import Forecast
    from barograph.pipelines.ingest import Ingested
    from barograph.pipelines.run import Done

Tell: TypeAlias = Callable[[str, int, int], None]
ADVICE: Final = "Engineering evaluation, not financial advice."


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
        self.err.print(f"[yellow]note:[/yellow] {text}")

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

        began = perf_counter()
        with self.listening() as listener:

            def tell(name: str, done: int, jobs: int) -> None:
                listener(
                    Progress("walk-forward", name, perf_counter() - began, 0, done, done / jobs)
                )

            yield tell

    def ingested(self, done: "Ingested") -> None:
        """Rows read = silver + duplicates + quarantined, for every series."""
        if self.as_json:
            return
        for report in done.reports:
            for line in report.lines():
                self.err.print(line, markup=False, soft_wrap=True)
        if not done.reports:
            self.err.print(f"nothing new: {done.known} files were in the lake already")

    def forecasts(self, made: Sequence["Forecast"], entries: Sequence["Entry"]) -> None:
        """Tables of horizons, small fan charts, and the place in the ledger."""
        if self.as_json:
            self.document(
                {
                    "forecasts": [as_plain(one) for one in made],
                    "ledger": [{"sequence": e.sequence, "hash": e.entry_hash} for e in entries],
                }
            )
            return
        from barograph.cli.fan import fan_chart
        from barograph.cli.table import forecast_table

        for one in made:
            simulated = one.dataset.simulated
            self.out.print(forecast_table(one.frame, simulated=simulated))
            recent = one.dataset.grid.tail(96).select("as_of", "open", "high", "low", "close")
            self.out.print(fan_chart(one.frame, recent, simulated=simulated))
        for entry in entries:
            self.out.print(
                f"ledger entry {entry.sequence} ({entry.published.symbol}) "
                f"{entry.entry_hash[:16]}; check it with `barograph audit --last`"
            )
        self.out.print(ADVICE, style="dim")

    def walked(self, done: "Done") -> None:
        """Scores beside the baselines', alarms, the forecast, the report's path."""
        if self.as_json:
            self.document(
                {
                    "run": dict(done.identity),
                    "forecasts": [as_plain(one) for one in done.forecasts],
                    "comparisons": done.evaluation.comparisons.to_dicts(),
                    "alarms": list(done.evaluation.alarms),
                    "report": str(done.page),
                }
            )
            return
        from barograph.cli.scores import summary_tables

        for table in summary_tables(done.evaluation):
            self.out.print(table)
        for alarm in done.evaluation.alarms:
            self.out.print(f"[bold red]ALARM[/bold red] {alarm}")
        timings = done.identity["timings_seconds"]
        assert isinstance(timings, dict)  # noqa: S101 - we wrote it
        self.err.print(
            f"run {done.identity['run_id']}, "
            + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in timings.items())
            + f"; configurations ever tried: {done.identity['configurations_tried']}",
            style="dim",
        )
        self.forecasts(done.forecasts, done.entries)
        self.out.print(f"report: {done.page}", soft_wrap=True)

    def trained(self, made: Sequence["Forecast"], folder: Path) -> None:
        """Model hashes, and where the fits are."""
        rows = [
            {"symbol": one.dataset.symbol, "as_of": one.as_of, "model_hash": one.model_hash}
            for one in made
        ]
        if self.as_json:
            self.document({"models": rows, "fits": str(folder)})
            return
        for row in rows:
            self.out.print(
                f"{row['symbol']}: trained to {row['as_of']:%Y-%m-%d %H:%M} UTC, "
                f"model {str(row['model_hash'])[:16]}, fits in {folder}"
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
            self.out.print(f"rebuilt bit for bit: {entry.subject}")

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
            self.out.print(f"{file.path}: {file.rows:,} rows")

    def features(self, catalogue: Mapping[str, "Feature"]) -> None:
        """The generated feature table."""
        from barograph.features.table import feature_rows

        rows = feature_rows(catalogue)
        if self.as_json:
            self.document(rows)
            return
        from barograph.cli.scores import feature_table

        self.out.print(feature_table(rows))

    def built(self, symbol: str, table: "pl.DataFrame", version: int) -> None:
        """A gold table that was written."""
        if self.as_json:
            self.document({"symbol": symbol, "rows": table.height, "version": version})
            return
        self.out.print(
            f"gold/{symbol}: {table.height:,} rows, {table.width - 1} features, version {version}"
        )


def as_plain(made: "Forecast") -> dict[str, object]:
    """One symbol's forecast as JSON values."""
    return {
        "symbol": made.dataset.symbol,
        "venue": made.dataset.venue,
        "as_of": made.as_of.isoformat(),
        "simulated": made.dataset.simulated,
        "model_hash": made.model_hash,
        "horizons": made.frame.drop("symbol", "model", "as_of").to_dicts(),
    }
