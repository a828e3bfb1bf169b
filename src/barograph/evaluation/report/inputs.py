"""What the report is made of: frames and plain values, nothing to be fetched."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import polars as pl

from barograph.core.errors import InputError
from barograph.page.facts import Facts

LATEST_COLUMNS: Final = ("symbol", "as_of", "horizon_hours", "price", "mean", "vol", "p_up")
SCORED_COLUMNS: Final = (
    "symbol",
    "model",
    "as_of",
    "horizon_hours",
    "price",
    "realised_return",
    "realised_variance",
    "variance",
    "p_up",
    "regime",
    "session",
)
METRIC_COLUMNS: Final = (
    "symbol",
    "model",
    "horizon_hours",
    "slice",
    "value",
    "metric",
    "score",
    "n",
)
COMPARISON_COLUMNS: Final = (
    "symbol",
    "horizon_hours",
    "model",
    "baseline",
    "metric",
    "skill",
    "ci_low",
    "ci_high",
    "dm_statistic",
    "p_value",
    "in_confidence_set",
)
BAR_COLUMNS: Final = ("symbol", "as_of", "open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class ReportInputs:
    """Everything one report shows.

    Attributes
    ----------
    symbols : tuple of str
        In the order they are shown.
    generated_at : datetime
        The moment written on the page, UTC.
    latest : DataFrame
        Today's forecast, one row per symbol and horizon: the columns of ``forecasts.parquet``
        and ``price`` (close at ``as_of``), ``regime``, ``confidence``.
    recent : DataFrame
        Hourly bars before ``as_of``: ``symbol, as_of, open, high, low, close``; null where the
        bar is missing.
    scored : DataFrame
        Forecasts of every model beside what happened; may hold millions of rows.
    metrics : DataFrame
        Mean scores per model, horizon and slice, as in ``metrics.parquet``.
    comparisons : DataFrame
        Skill of every model against every baseline, with its interval and tests.
    quality : sequence of mapping
        One per series: ``series, read, silver, duplicates, quarantined, gaps`` (texts, pairs
        of moments or mappings of ``from, to, hours``) and optionally ``venue, first, last,
        flagged`` and ``reasons`` (rows by reason of quarantine).
    run : Mapping
        Run identity: hashes, seeds, versions, timings; nested mappings are shown as groups.
    tried : int
        Configurations ever tried, this one included.
    trials : DataFrame or None
        A table of them, shown as it is.
    flagship : str
        The model the report is about.
    alarms : tuple of str
        Whatever must be read first.
    simulated : bool
        Whether the bars are invented; every output then says so.
    importance : DataFrame or None
        ``feature, importance, is_noise`` and optionally ``symbol``.
    membership : DataFrame or None
        Model Confidence Set of every model, ``symbol, metric, horizon_hours, model,
        in_confidence_set``; without it only the flagship's own membership is shown.
    direction : DataFrame or None
        ``symbol, model, horizon_hours, accuracy, ci_low, ci_high, n``.
    """

    symbols: tuple[str, ...]
    generated_at: datetime
    latest: pl.DataFrame
    recent: pl.DataFrame
    scored: pl.DataFrame
    metrics: pl.DataFrame
    comparisons: pl.DataFrame
    quality: tuple[Facts, ...] = ()
    run: Facts = field(default_factory=dict)
    tried: int = 1
    trials: pl.DataFrame | None = None
    flagship: str = "barograph"
    alarms: tuple[str, ...] = ()
    simulated: bool = False
    importance: pl.DataFrame | None = None
    membership: pl.DataFrame | None = None
    direction: pl.DataFrame | None = None

    def of(self, symbol: str) -> "ReportInputs":
        """Return the same inputs with the rows of one symbol."""

        def pick(frame: pl.DataFrame | None) -> pl.DataFrame | None:
            if frame is None or "symbol" not in frame.columns:
                return frame
            return frame.filter(pl.col("symbol") == symbol)

        def must(frame: pl.DataFrame) -> pl.DataFrame:
            return frame.filter(pl.col("symbol") == symbol)

        return replace(
            self,
            symbols=(symbol,),
            latest=must(self.latest).sort("horizon_hours"),
            recent=must(self.recent).sort("as_of"),
            scored=must(self.scored),
            metrics=must(self.metrics),
            comparisons=must(self.comparisons),
            importance=pick(self.importance),
            membership=pick(self.membership),
            direction=pick(self.direction),
        )

    @property
    def horizons(self) -> tuple[int, ...]:
        """Hours ahead that were scored or forecast, ascending."""
        both = pl.concat(
            [frame["horizon_hours"].cast(pl.Int64) for frame in (self.latest, self.scored)]
        )
        return tuple(both.unique().sort().to_list())


def check(inputs: ReportInputs) -> None:
    """Refuse inputs whose frames lack a column.

    Raises
    ------
    InputError
        If there is no symbol, or a frame misses a column the report reads.
    """
    if not inputs.symbols:
        raise InputError("a report needs at least one symbol, got none")
    wanted = (
        ("latest", inputs.latest, LATEST_COLUMNS),
        ("recent", inputs.recent, BAR_COLUMNS),
        ("scored", inputs.scored, SCORED_COLUMNS),
        ("metrics", inputs.metrics, METRIC_COLUMNS),
        ("comparisons", inputs.comparisons, COMPARISON_COLUMNS),
    )
    for name, frame, columns in wanted:
        missing = [column for column in columns if column not in frame.columns]
        if missing:
            raise InputError(
                f"report: frame {name!r} has no column {', '.join(missing)}; "
                f"it holds {', '.join(frame.columns) or 'nothing'}"
            )
