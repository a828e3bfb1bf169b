"""The folder of tables: versions, names, formats, and a disk that says no."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests import tiny_layout as tiny

from barograph.core.errors import InputError, LakeError, LakeVersionError, NotEnoughDataError
from barograph.core.payload import SeriesKey
from barograph.lake import bronze, tables
from barograph.lake.lake import Lake, describe, silver_table
from barograph.lake.tables import Note
from barograph.pipelines.ingest import ingest

ROWS = pl.DataFrame({"a": [1, 2, 3]})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_new_lake_says_its_format(lake: Lake) -> None:
    assert json.loads((lake.root / "lake.json").read_text()) == {"format": 1}
    assert Lake(lake.root, create=False).tables() == ()


def test_a_lake_of_a_newer_program_is_refused_in_one_line(lake: Lake) -> None:
    (lake.root / "lake.json").write_text('{"format": 2}')
    with pytest.raises(LakeVersionError, match=r"lake format 2 .* up to 1; upgrade") as caught:
        Lake(lake.root)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "x"}', '{"format": null}'])
def test_a_damaged_lake_file_is_refused(lake: Lake, text: str) -> None:
    (lake.root / "lake.json").write_text(text)
    with pytest.raises(LakeError, match="wanted"):
        Lake(lake.root)


def test_no_lake_where_one_was_expected(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="no lake at"):
        Lake(tmp_path / "nowhere", create=False)
    (tmp_path / "file").write_text("x")
    with pytest.raises(LakeError, match="cannot open the lake"):
        Lake(tmp_path / "file" / "lake")


def test_every_version_stays_readable(lake: Lake) -> None:
    assert lake.version("t") is None
    assert lake.mark("t", "m") is None
    assert lake.append("t", ROWS, Note(seen={"m": 7}, words={"why": "first"}, about="it")) == 0
    assert lake.append("t", ROWS) == 1
    assert lake.overwrite("t", pl.DataFrame({"b": ["x"]})) == 2
    assert lake.read("t", 0)["a"].to_list() == [1, 2, 3]
    assert lake.read("t", 1).height == 6
    assert lake.read("t").columns == ["b"]
    assert lake.mark("t", "m") == 7
    assert [commit.version for commit in lake.history("t")] == [2, 1, 0]
    assert lake.history("t")[-1].words["why"] == "first"
    assert lake.data_versions("") == {"t": 2}
    with pytest.raises(LakeError, match="version 9"):
        lake.read("t", 9)
    with pytest.raises(LakeError, match="cannot open"):
        lake.read("none")


def test_compaction_changes_no_row_and_no_old_version(lake: Lake) -> None:
    for i in range(12):
        lake.append("t", pl.DataFrame({"a": [i]}))
    before = lake.version("t")
    assert lake.compact("t") == 12
    assert sorted(lake.read("t")["a"]) == list(range(12))
    assert sorted(lake.read("t", before)["a"]) == list(range(12))
    assert lake.read("t", 3).height == 4


def test_a_schema_that_does_not_fit_changes_nothing(lake: Lake) -> None:
    lake.append("t", ROWS)
    with pytest.raises(LakeError, match="nothing was changed"):
        lake.append("t", pl.DataFrame({"z": ["x"]}))
    assert lake.read("t").equals(ROWS)


def test_without_fallocate_the_engine_is_asked_directly(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.posix_fallocate")
    assert lake.append("t", ROWS) == 0


@pytest.mark.parametrize("name", ["../out", "/etc", "a//b", "a/../b", "a b", "", ".hidden"])
def test_a_name_that_leaves_the_lake_is_refused(lake: Lake, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a table"):
        lake.path(name)


def test_a_missing_data_file_is_named(lake: Lake) -> None:
    lake.append("t", ROWS)
    for part in (lake.root / "t").glob("*.parquet"):
        part.unlink()
    with pytest.raises(LakeError, match="cannot read table"):
        lake.read("t")


def test_a_writer_that_lost_the_race_adds_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tiny.payload([tiny.bar(0)])

    def other(*_: object) -> None:
        monkeypatch.undo()
        assert bronze.add(lake, rows, tiny.LATER)

    bronze.add(lake, tiny.payload([tiny.bar(9)]), tiny.LATER)
    monkeypatch.setattr(tables, "_check_marks", other)
    assert not bronze.add(lake, rows, tiny.LATER)
    assert lake.read(bronze.TABLE).height == 2


def test_two_writers_that_start_from_one_mark_cannot_both_commit(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.append("t", ROWS, Note(seen={"m": 1}))

    def other(path: Path, table: object, note: Note) -> None:
        monkeypatch.undo()
        lake.append("t", ROWS, Note(seen={"m": 2}, expects={"m": 1}))

    monkeypatch.setattr(tables, "_check_marks", other)
    with pytest.raises(LakeError, match="nothing was changed"):
        lake.append("t", ROWS, Note(seen={"m": 3}, expects={"m": 1}))
    assert lake.mark("t", "m") == 2
    with pytest.raises(LakeError, match=r"mark m is at 2, wanted 1\); run again"):
        lake.append("t", ROWS, Note(seen={"m": 3}, expects={"m": 1}))
    assert lake.read("t").height == 6


def test_the_first_venue_that_has_the_bars_is_taken(lake: Lake) -> None:
    ingest(lake, [tiny.payload([tiny.bar(h) for h in range(5)])], tiny.LAYOUTS, tiny.at(tiny.LATER))
    bars = lake.bars("BTCUSDT", "1h", ("okx_spot", "binance_spot"))
    assert bars["venue"].unique().to_list() == ["binance_spot"]
    seen = lake.bars("BTCUSDT", "1h", ("binance_spot",), as_of=tiny.START + timedelta(hours=3))
    assert seen.height == 3
    with pytest.raises(NotEnoughDataError, match="the lake has binance_spot_BTCUSDT_1h"):
        lake.bars("ETHUSDT", "1h", ("binance_spot",))
    with pytest.raises(NotEnoughDataError, match="the lake has none"):
        lake.observations("x", ("binance_spot",))


def test_cited_versions_give_the_old_rows(lake: Lake) -> None:
    ingest(lake, [tiny.payload([tiny.bar(0), tiny.bar(1)])], tiny.LAYOUTS, tiny.at(tiny.LATER))
    cited = lake.data_versions()
    later = tiny.LATER + timedelta(hours=1)
    revised = [tiny.bar(1, 105.0), tiny.bar(2)]
    ingest(lake, [tiny.payload(revised), tiny.values([(0, 0.1)])], tiny.LAYOUTS, tiny.at(later))
    venues = ("binance_spot",)
    assert lake.bars("BTCUSDT", "1h", venues)["close"].to_list() == [100.0, 105.0, 100.0]
    assert lake.bars("BTCUSDT", "1h", venues, versions=cited)["close"].to_list() == [100.0, 100.0]
    with pytest.raises(NotEnoughDataError):
        lake.observations("funding_rate_BTCUSDT", ("binance_perp",), versions=cited)
    rates = lake.observations("funding_rate_BTCUSDT", ("binance_perp",), as_of=later)
    assert rates["value"].to_list() == [0.1]


def test_series_are_listed_by_their_keys(lake: Lake) -> None:
    odd = SeriesKey("observations", "a_b", "c_d_e", "event")
    lake.append(silver_table(tiny.KEY), ROWS, Note(about=describe(tiny.KEY)))
    lake.append(silver_table(odd), ROWS, Note(about=describe(odd)))
    assert lake.series() == (tiny.KEY, odd)
    assert lake.series("observations") == (odd,)


FULL_DISK = """
import resource, sys
from pathlib import Path
from barograph.core.errors import LakeError
from barograph.lake.lake import Lake
from barograph.pipelines.ingest import ingest
from tests import tiny_layout as tiny

lake = Lake(Path(sys.argv[1]))
small = tiny.payload([tiny.bar(h) for h in range(3)])
large = tiny.payload([tiny.bar(h) for h in range(3, 3000)])
ingest(lake, [small], tiny.LAYOUTS, tiny.at(tiny.LATER))
resource.setrlimit(resource.RLIMIT_FSIZE, (80_000, 80_000))
try:
    ingest(lake, [large], tiny.LAYOUTS, tiny.at(tiny.LATER))
except LakeError as error:
    print(error)
    sys.exit(error.exit_code)
"""


def test_a_full_disk_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "lake")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 4, done.stderr
    assert done.stdout.count("\n") == 1
    assert "nothing was changed" in done.stdout
    assert done.stderr == ""
    lake = Lake(tmp_path / "lake")
    assert lake.read(bronze.TABLE).height == 1
    assert lake.bars("BTCUSDT", "1h", ("binance_spot",)).height == 3
    again = [tiny.payload([tiny.bar(h) for h in range(3, 3000)])]
    report = ingest(lake, again, tiny.LAYOUTS, tiny.at(tiny.LATER)).reports[0]
    assert (report.read, report.silver) == (2997, 2997)
    assert not list(lake.root.rglob(".room-*"))
