"""From parsed rows to silver and quarantine: pure, order-free, and every row accounted for.

The result depends on which rows came in and when, never on their order, on how they were cut
into payloads, or on how often the same row was sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from barograph.core.columns import (
    BAR_VALUES,
    BARS,
    FLOWS,
    OBSERVATIONS,
    PARSED_BARS,
    PARSED_OBSERVATIONS,
    PRICES,
)
from barograph.core.payload import SeriesKey
from barograph.core.time import MOMENT, interval_length
from barograph.lake import faults
from barograph.lake.report import CleaningReport, Gap, Spoilt

SPOILT: Final = 0.05
"""Share of bad rows from which somebody should look at a payload."""
MOSTLY: Final = 0.5
"""The same where bars off the grid are counted too."""
JUMP_RETURN: Final = 0.25
"""A move of a bar's prices from the close before it that is smaller is never called a jump."""
JUMP_SCALES: Final = 12.0
"""A jump is also this many robust standard deviations of the bars before it."""
JUMP_WINDOW: Final = 168
"""Bars before a bar that its scale is taken from."""
JUMP_LEAST: Final = 24
"""Bars the scale needs; with fewer only ``JUMP_RETURN`` counts."""

ORIGIN: Final[dict[str, pl.DataType]] = {
    "batch": pl.String(),
    "ingested_at": MOMENT,
    "delay": pl.Duration("us"),
}
"""What the lake adds to each parsed row: its payload, its arrival, its layout's delay."""

CORE: Final = ("open_time", *PRICES, "volume")
EXTRA: Final = tuple(name for name in FLOWS if name != "volume")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Outcome of cleaning.

    Attributes
    ----------
    silver : DataFrame
        Schema ``BARS`` or ``OBSERVATIONS``, sorted by time.
    quarantine : DataFrame
        Refused rows, schema ``quarantine_schema``.
    report : CleaningReport
        The account of every row.
    """

    silver: pl.DataFrame
    quarantine: pl.DataFrame
    report: CleaningReport


def quarantine_schema(kind: str) -> dict[str, pl.DataType]:
    """Columns of a quarantine table: what was parsed, why it was refused, where it came from."""
    parsed = PARSED_BARS if kind == "bars" else PARSED_OBSERVATIONS
    kept = {name: dtype for name, dtype in parsed.items() if name not in ("row", "fault")}
    return {
        **kept,
        "reason": pl.String(),
        "batch": pl.String(),
        "row": pl.Int64(),
        "ingested_at": MOMENT,
    }


def clean(rows: pl.DataFrame, key: SeriesKey) -> Cleaned:
    """Sort parsed rows into silver, duplicates and quarantine.

    Parameters
    ----------
    rows : DataFrame
        ``PARSED_BARS`` or ``PARSED_OBSERVATIONS`` with the columns of ``ORIGIN``, in any order.
    key : SeriesKey
        The series they belong to.

    Returns
    -------
    cleaned : Cleaned
        Silver sorted by time. Of identical rows one is kept, with its first arrival. Of bars
        that contradict each other the last to come in is kept and the others are quarantined;
        of those that came in together the one of larger volume (a bar sent before it was final
        has less). A contradiction between observations is a revision: both are kept, and the
        later is available from its arrival on.

    Raises
    ------
    InputError
        If the interval of bars is not a known one.
    """
    bars = key.kind == "bars"
    judged = judge(rows, key)
    good = judged.filter(pl.col("reason").is_null()).pipe(_positive_zero)
    kept, lost = _resolve_bars(good) if bars else _resolve_observations(good)
    silver = _silver_bars(kept, key) if bars else _silver_observations(kept, key)
    refused = pl.concat(
        [judged.filter(pl.col("reason").is_not_null()), lost.select(judged.columns)]
    )
    quarantine = refused.select(*quarantine_schema(key.kind)).sort("ingested_at", "batch", "row")
    return Cleaned(silver, quarantine, account(key, rows.height, silver, quarantine, silver))


def judge(rows: pl.DataFrame, key: SeriesKey) -> pl.DataFrame:
    """Add ``reason``: why a row is refused by itself, null for a good one."""
    bars = key.kind == "bars"
    rules = faults.bar_rules(interval_length(key.interval)) if bars else faults.observation_rules()
    return rows.with_columns(faults.reason(rules))


def spoilt(rows: pl.DataFrame, key: SeriesKey, names: Mapping[str, str]) -> tuple[Spoilt, ...]:
    """Payloads with a row from the future, or with too many bad rows.

    Too many are ``SPOILT`` of a payload's rows. Two kinds are common in good files and are not
    held against them: the bar that had begun but not ended, and bars off the grid around an
    outage, unless they and the bad ones together are ``MOSTLY`` of the rows.

    Parameters
    ----------
    rows : DataFrame
        As for ``clean``: the rows of the payloads to look at.
    key : SeriesKey
        Their series.
    names : Mapping[str, str]
        Names of the payloads by batch.
    """
    time = "open_time" if key.kind == "bars" else "event_time"
    judged = judge(rows, key).with_columns(
        kind=faults.kind_of(pl.col("reason")),
        future=(pl.col(time) > pl.col("ingested_at")).fill_null(value=False),
    )
    off = pl.col("kind") == faults.OFF_GRID
    running = (pl.col("kind") == faults.NOT_ENDED) & ~pl.col("future")
    bad = pl.col("kind").is_not_null() & ~running
    counted = (
        judged.with_columns(bad=bad.fill_null(value=False), off=off.fill_null(value=False))
        .group_by("batch")
        .agg(
            pl.len().alias("read"),
            pl.col("bad", "off", "future").sum(),
            pl.col("kind").filter("bad").mode().sort().first(),
        )
        .sort("batch")
    )
    many = (pl.col("bad") - pl.col("off") >= SPOILT * pl.col("read")) & (
        pl.col("bad") > pl.col("off")
    )
    mostly = pl.col("bad") >= MOSTLY * pl.col("read")
    found = counted.filter((pl.col("future") > 0) | many | mostly)
    return tuple(
        Spoilt(names[row["batch"]], row["read"], row["bad"], row["future"], row["kind"])
        for row in found.iter_rows(named=True)
    )


def account(
    key: SeriesKey,
    read: int,
    added: pl.DataFrame,
    quarantine: pl.DataFrame,
    whole: pl.DataFrame,
) -> CleaningReport:
    """Report of ``read`` rows of which ``added`` went to silver; gaps are those of ``whole``."""
    bars = key.kind == "bars"
    return CleaningReport(
        series=key.name,
        read=read,
        silver=added.height,
        duplicates=read - added.height - quarantine.height,
        quarantined=quarantine.height,
        flagged=added["flag"].count() if bars else 0,
        reasons=count_reasons(quarantine),
        gaps=gaps(whole["open_time"], interval_length(key.interval)) if bars else (),
    )


def count_reasons(quarantine: pl.DataFrame) -> dict[str, int]:
    """Refused rows by kind of reason, most frequent first."""
    counted = quarantine.group_by(faults.kind_of(pl.col("reason")).alias("kind")).len()
    return dict(counted.sort(["len", "kind"], descending=[True, False]).iter_rows())


def gaps(times: pl.Series, length: timedelta) -> tuple[Gap, ...]:
    """Missing bars between the first and the last of sorted opening times."""
    step = pl.col("opened").diff()
    holes = (
        times.to_frame("opened")
        .with_columns(before=pl.col("opened").shift(1), step=step)
        .filter(pl.col("step") > length)
    )
    return tuple(
        Gap(before + length, opened, round(hole / length) - 1)
        for opened, before, hole in holes.iter_rows()
    )


def flag_jumps(
    bars: pl.DataFrame, length: timedelta, before: pl.DataFrame | None = None
) -> pl.DataFrame:
    r"""Mark bars whose prices jumped further than the bars before them can explain.

    A bar is flagged where the largest :math:`|\log(x / C_{-1})|` of its prices :math:`x` against
    the close before it exceeds ``max(JUMP_RETURN, JUMP_SCALES * s) * sqrt(k)``, with :math:`s` =
    1.4826 times the median absolute log return of the ``JUMP_WINDOW`` bars before it and
    :math:`k` the bars since then (1, more across a gap). Nothing after the bar is looked at.

    Parameters
    ----------
    bars : DataFrame
        Sorted by ``open_time``.
    length : timedelta
        Length of a bar.
    before : DataFrame or None
        Bars just before them, sorted, for the scale; ``JUMP_WINDOW + 1`` of them suffice.

    Returns
    -------
    bars : DataFrame
        With ``flag`` set to ``jump`` or null.
    """
    columns = ["open_time", *PRICES]
    ahead = [] if before is None else [before.tail(JUMP_WINDOW + 1).select(columns)]
    frame = pl.concat([*ahead, bars.select(columns)])
    previous = pl.col("close").shift(1)
    scale = 1.4826 * (
        (pl.col("close") / previous)
        .log()
        .abs()
        .rolling_median(JUMP_WINDOW, min_samples=JUMP_LEAST)
        .shift(1)
    )
    reach = pl.max_horizontal((pl.col("high") / previous).log(), -(pl.col("low") / previous).log())
    since = pl.col("open_time").diff() / length
    limit = pl.max_horizontal(JUMP_RETURN, JUMP_SCALES * scale) * since.sqrt()
    flags = frame.select(pl.when(reach > limit).then(pl.lit("jump")).alias("flag"))
    return bars.with_columns(flags["flag"].tail(bars.height))


def _resolve_bars(good: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per opening time, and the rows that contradict it with their reason."""
    # The same bar without its flows (a poorer source) says nothing against the fuller one.
    fullest = pl.all_horizontal(pl.col(name).is_null() for name in EXTRA).alias("bare")
    ranked = good.with_columns(fullest).with_columns(
        confirmed=pl.col("ingested_at").max().over(CORE),
        richer=(~pl.col("bare")).any().over(CORE),
    )
    told = ranked.filter(~(pl.col("bare") & pl.col("richer")))
    values = list(BAR_VALUES)
    distinct = (
        told.sort("ingested_at", "batch", "row")
        .group_by(values, maintain_order=True)
        .agg(
            pl.col("batch", "ingested_at", "delay", "row").first(),
            pl.col("ingested_at").max().alias("last"),
            pl.col("confirmed").max(),
        )
    )
    order = ["confirmed", "last", "volume", *EXTRA, "close", "high", "low", "open"]
    best = distinct.sort(order, descending=True, nulls_last=True).with_columns(
        place=pl.int_range(pl.len()).over("open_time"),
        winner=pl.format("close {} volume {}", "close", pl.col("volume").fill_null(float("nan")))
        .first()
        .over("open_time"),
    )
    kept = best.filter(pl.col("place") == 0)
    beaten = best.filter(pl.col("place") > 0).select(*values, "winner")
    return kept, _contradictions(good, beaten, values)


def _contradictions(
    good: pl.DataFrame, beaten: pl.DataFrame, values: Iterable[str]
) -> pl.DataFrame:
    """One quarantined row per beaten version; its repeats are duplicates."""
    why = pl.format("contradicted by a row of the same time: kept {}", pl.col("winner"))
    first = good.sort("ingested_at", "batch", "row").unique(
        list(values), keep="first", maintain_order=True
    )
    return (
        first.drop("reason")
        .join(beaten, on=list(values), how="inner", nulls_equal=True)
        .with_columns(why.alias("reason"))
    )


def _resolve_observations(good: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every vintage of each event, and the rows that contradict one that came in with them."""
    values = ["event_time", "ingested_at", "value"]
    told = (
        good.sort("ingested_at", "batch", "row")
        .unique(values, keep="first", maintain_order=True)
        .sort(["event_time", "ingested_at", "value"], descending=[False, False, True])
    )
    together = ["event_time", "ingested_at"]
    placed = told.with_columns(
        place=pl.int_range(pl.len()).over(together),
        winner=pl.col("value").first().over(together),
    )
    why = pl.format("contradicted by a row that came in with it: kept {}", pl.col("winner"))
    lost = placed.filter(pl.col("place") > 0).with_columns(why.alias("reason"))
    chain = placed.filter(pl.col("place") == 0).with_columns(
        earlier=pl.col("value").shift(1).over("event_time")
    )
    changed = pl.col("earlier").is_null() | (pl.col("earlier") != pl.col("value"))
    kept = chain.filter(changed).with_columns(
        revision=pl.int_range(pl.len(), dtype=pl.Int64).over("event_time")
    )
    return kept, lost


def _silver_bars(kept: pl.DataFrame, key: SeriesKey) -> pl.DataFrame:
    length = interval_length(key.interval)
    closed = pl.col("open_time") + length
    return (
        kept.sort("open_time")
        .pipe(flag_jumps, length)
        .with_columns(
            close_time=closed,
            available_at=closed + pl.col("delay"),
            venue=pl.lit(key.venue),
            symbol=pl.lit(key.symbol),
            interval=pl.lit(key.interval),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in BARS.items())
    )


def _silver_observations(kept: pl.DataFrame, key: SeriesKey) -> pl.DataFrame:
    published = pl.col("event_time") + pl.col("delay")
    arrived = pl.max_horizontal(published, pl.col("ingested_at"))
    return (
        kept.sort("event_time", "revision")
        .with_columns(
            series=pl.lit(key.symbol),
            # Of a revision we know only when it came in; of a first value, the supplier's habit.
            available_at=pl.when(pl.col("revision") == 0).then(published).otherwise(arrived),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in OBSERVATIONS.items())
    )


def _positive_zero(rows: pl.DataFrame) -> pl.DataFrame:
    """Write minus zero as zero, so that equal rows are the same bytes."""
    number = pl.col(pl.Float64)
    return rows.with_columns(pl.when(number == 0).then(0.0).otherwise(number).name.keep())
