"""Bronze to silver, cut anywhere: resumes, doubles nothing, and ends as if made in one go."""

import gzip
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests import tiny_layout as tiny

from barograph.core.errors import LakeError, LayoutError
from barograph.core.progress import Progress
from barograph.core.time import HOUR
from barograph.lake import bronze, silver
from barograph.lake.lake import Lake, quarantine_table, silver_table
from barograph.lake.report import CleaningReport
from barograph.pipelines.ingest import ingest

TABLE = silver_table(tiny.KEY)
REFUSED = quarantine_table(tiny.KEY)
BAD = (tiny.START + 2 * HOUR, -1.0, 1.0, 1.0, 1.0, 1.0)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def take(lake: Lake, *rows: tiny.Row, hours: int = 0) -> CleaningReport:
    clock = tiny.at(tiny.LATER + hours * HOUR)
    return ingest(lake, [tiny.payload(list(rows))], tiny.LAYOUTS, clock).reports[0]


def test_the_same_bytes_twice_add_nothing(lake: Lake) -> None:
    rows = tiny.payload([tiny.bar(0), tiny.bar(1)])
    first = ingest(lake, [rows], tiny.LAYOUTS, tiny.at(tiny.LATER))
    versions = lake.data_versions("")
    second = ingest(lake, [rows, rows], tiny.LAYOUTS, tiny.at(tiny.LATER + HOUR))
    assert (first.new, first.known) == (1, 0)
    assert (second.new, second.known, second.reports) == (0, 2, ())
    assert lake.data_versions("") == versions
    assert silver.refine(lake, tiny.KEY, tiny.LAYOUTS).read == 0


def test_bronze_keeps_the_bytes_as_they_came(lake: Lake) -> None:
    wrapped = gzip.compress(tiny.content([tiny.bar(0)]), mtime=0)
    sent = replace(tiny.payload([]), content=wrapped)
    report = ingest(lake, [sent], tiny.LAYOUTS, tiny.at(tiny.LATER)).reports[0]
    row = lake.read(bronze.TABLE).row(0, named=True)
    assert row["content"] == wrapped
    assert (row["source"], row["layout"], row["ingested_at"]) == ("file", "tiny", tiny.LATER)
    assert report.silver == 1


def test_newer_rows_are_appended(lake: Lake) -> None:
    take(lake, tiny.bar(0), tiny.bar(1))
    report = take(lake, tiny.bar(1), BAD, tiny.bar(4), hours=1)
    assert (report.read, report.silver, report.duplicates, report.quarantined) == (3, 1, 1, 1)
    assert [gap.bars for gap in report.gaps] == [2]
    assert lake.history(TABLE)[0].version == 1
    assert lake.read(TABLE, 0).height == 2


def test_older_or_other_rows_make_silver_anew(lake: Lake) -> None:
    take(lake, tiny.bar(0), tiny.bar(2), BAD)
    report = take(lake, tiny.bar(2, 105.0), tiny.bar(1), hours=1)
    assert (report.read, report.silver, report.quarantined) == (5, 3, 2)
    bars = lake.bars("BTCUSDT", "1h", ("binance_spot",))
    assert bars["close"].to_list() == [100.0, 100.0, 105.0]
    assert lake.read(REFUSED).height == 2
    assert silver.quality(lake, tiny.KEY).quarantined == report.reasons


def test_appending_gives_what_making_anew_gives(lake: Lake, tmp_path: Path) -> None:
    pages = [
        [tiny.bar(h, 100.0 + (h % 7) * 9) for h in range(i, i + 30)] for i in range(0, 300, 25)
    ]
    for hour, page in enumerate(pages):
        take(lake, *page, hours=hour)
    other = Lake(tmp_path / "other")
    for hour, page in enumerate(pages):
        bronze.add(other, tiny.payload(page), tiny.LATER + hour * HOUR)
    silver.refine(other, tiny.KEY, tiny.LAYOUTS)
    venues = ("binance_spot",)
    assert lake.bars("BTCUSDT", "1h", venues).equals(other.bars("BTCUSDT", "1h", venues))
    assert len(lake.history(TABLE)) == len(pages)
    assert len(other.history(TABLE)) == 1


def test_a_crash_between_the_commits_leaves_no_double(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(lake, tiny.bar(0), tiny.bar(1))
    real = Lake.append

    def cut(self: Lake, table: str, *rest: object) -> int:
        if table == TABLE:
            raise KeyboardInterrupt
        return real(self, table, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Lake, "append", cut)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            take(lake, BAD, tiny.bar(3), hours=1)
        assert lake.read(REFUSED).height == 1
        assert lake.read(TABLE).height == 2
    monkeypatch.undo()
    assert silver.pending(lake) == (tiny.KEY,)
    report = ingest(lake, [], tiny.LAYOUTS).reports[0]
    assert (report.read, report.silver, report.quarantined) == (2, 1, 1)
    assert lake.read(REFUSED).height == 1
    assert silver.pending(lake) == ()


def test_ctrl_c_between_payloads_keeps_what_came(lake: Lake) -> None:
    def some() -> object:
        yield tiny.payload([tiny.bar(0)])
        yield tiny.payload([tiny.bar(1)])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(lake, some(), tiny.LAYOUTS, tiny.at(tiny.LATER))  # type: ignore[arg-type]
    assert lake.read(bronze.TABLE).height == 2
    assert not lake.exists(TABLE)
    assert ingest(lake, [], tiny.LAYOUTS).reports[0].silver == 2


def test_an_empty_lake_has_nothing_to_refine(lake: Lake) -> None:
    assert bronze.keys(lake) == ()
    assert bronze.fresh(lake, tiny.KEY, None).is_empty()
    assert silver.refine(lake, tiny.KEY, tiny.LAYOUTS).read == 0
    assert ingest(lake, [], tiny.LAYOUTS).reports == ()


def test_a_series_with_nothing_new_is_left_alone(lake: Lake) -> None:
    take(lake, tiny.bar(0), tiny.bar(2))
    ingest(lake, [tiny.values([(0, 1.0)])], tiny.LAYOUTS, tiny.at(tiny.LATER))
    report = silver.refine(lake, tiny.KEY, tiny.LAYOUTS)
    assert (report.read, report.missing) == (0, 1)
    assert lake.version(TABLE) == 0


def test_a_failing_write_of_bronze_is_told(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise LakeError("no space")

    monkeypatch.setattr(Lake, "append", full)
    with pytest.raises(LakeError, match="no space"):
        bronze.add(lake, tiny.payload([tiny.bar(0)]), tiny.LATER)


def test_a_damaged_payload_is_quarantined_whole(lake: Lake) -> None:
    damaged = replace(tiny.payload([]), content=b"DAMAGED", name="x.csv")
    good = tiny.payload([tiny.bar(0)])
    report = ingest(lake, [damaged, good], tiny.LAYOUTS, tiny.at(tiny.LATER)).reports[0]
    assert (report.read, report.silver, report.quarantined) == (2, 1, 1)
    reason = lake.read(REFUSED)["reason"][0]
    assert reason == "unreadable: whole payload x.csv: the payload is damaged"


def test_an_unknown_layout_is_refused(lake: Lake) -> None:
    odd = replace(tiny.payload([tiny.bar(0)]), layout="odd")
    with pytest.raises(LayoutError, match="'odd'; known: tiny"):
        ingest(lake, [odd], tiny.LAYOUTS)
    assert not lake.exists(bronze.TABLE)
    bronze.add(lake, odd, tiny.LATER)
    with pytest.raises(LakeError, match="in layout 'odd'; this program reads tiny"):
        silver.refine(lake, tiny.KEY, tiny.LAYOUTS)


def test_bytes_that_changed_in_the_lake_are_noticed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    bronze.add(lake, tiny.payload([tiny.bar(0)]), tiny.LATER)
    other = lake.read(bronze.TABLE).with_columns(content=pl.lit(b"other"))
    lake.overwrite(bronze.TABLE, other)
    with pytest.raises(LakeError, match="not the bytes that came in"):
        silver.refine(lake, tiny.KEY, tiny.LAYOUTS)


def test_a_clock_that_went_back_makes_silver_anew(lake: Lake) -> None:
    take(lake, tiny.bar(0), hours=5)
    report = take(lake, tiny.bar(1), hours=0)
    assert report.read == 2
    assert lake.bars("BTCUSDT", "1h", ("binance_spot",)).height == 2


def test_a_batch_of_refused_rows_only(lake: Lake) -> None:
    assert take(lake, BAD).silver == 0
    quality = silver.quality(lake, tiny.KEY)
    assert (quality.rows, quality.first, quality.last) == (0, None, None)
    assert take(lake, tiny.bar(1), hours=1).silver == 1
    other = (tiny.START + 9 * HOUR, 1.0, 1.0, 1.0, 1.0, -1.0)
    assert take(lake, other, hours=2).quarantined == 1
    assert silver.quality(lake, tiny.KEY).rows == 1


def test_flows_that_come_later_are_taken(lake: Lake) -> None:
    take(lake, tiny.bar(0))

    def with_flows(text: bytes) -> pl.DataFrame:
        return tiny.parse_bars(text).with_columns(trades=pl.lit(9, pl.Int64))

    layouts = {"rich": replace(tiny.LAYOUTS["tiny"], name="rich", parse=with_flows), **tiny.LAYOUTS}
    rich = replace(tiny.payload([tiny.bar(0)]), layout="rich")
    ingest(lake, [rich], layouts, tiny.at(tiny.LATER + HOUR))
    poor = tiny.payload([tiny.bar(0), tiny.bar(1)])
    report = ingest(lake, [poor], layouts, tiny.at(tiny.LATER + 2 * HOUR)).reports[0]
    assert (report.read, report.silver, report.duplicates) == (2, 1, 1)
    assert lake.bars("BTCUSDT", "1h", ("binance_spot",))["trades"].to_list() == [9, None]


def test_observations_append_and_revise(lake: Lake) -> None:
    for hours, pairs in enumerate(([(0, 1.0)], [(0, 1.0), (8, 2.0)], [(8, 3.0)])):
        clock = tiny.at(tiny.LATER + hours * HOUR)
        ingest(lake, [tiny.values(pairs)], tiny.LAYOUTS, clock)
    name, venues = tiny.RATE.symbol, (tiny.RATE.venue,)
    assert lake.observations(name, venues).select("value", "revision").rows() == [
        (1.0, 0),
        (2.0, 0),
        (3.0, 1),
    ]
    then = lake.observations(name, venues, as_of=tiny.LATER + HOUR)
    assert then["value"].to_list() == [1.0, 2.0]
    assert silver.quality(lake, tiny.RATE).rows == 3
    assert silver.refine(lake, tiny.RATE, tiny.LAYOUTS).gaps == ()


def test_many_small_appends_are_compacted(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silver, "SMALL_FILES", 4)
    for hour in range(9):
        take(lake, tiny.bar(hour), hours=hour)
    operations = {commit.operation for commit in lake.history(TABLE)}
    assert "OPTIMIZE" in operations
    assert lake.bars("BTCUSDT", "1h", ("binance_spot",)).height == 9
    assert lake.read(TABLE, 2).height == 3


def test_progress_is_told(lake: Lake) -> None:
    told: list[Progress] = []
    rows = [tiny.payload([tiny.bar(h)]) for h in range(4)]
    ingest(lake, rows, tiny.LAYOUTS, tiny.at(tiny.LATER), told.append)
    assert [one.what for one in told] == ["ingest"] * 4 + ["refine"]
    assert [one.done for one in told[:4]] == [0.25, 0.5, 0.75, 1.0]
    assert (told[-1].symbol, told[-1].rows, told[-1].done) == ("BTCUSDT", 4, 1.0)
    ingest(lake, iter(rows), tiny.LAYOUTS, tiny.at(tiny.LATER), told.append)
    assert told[-1].done is None
    assert told[-1].elapsed < timedelta(minutes=1).total_seconds()
