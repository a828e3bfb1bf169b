"""The pair's folder: nothing outside it, whole files, one run at a time."""

import hashlib
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barograph.core.errors import InputError, LakeError, LakeVersionError
from barograph.core.hashing import frame_hash
from barograph.pair.prepare import RAW
from barograph.pair.workspace import SYMBOLS, Workspace, as_csv, as_parquet, read_table

MOMENTS = st.integers(0, 4_000_000_000_000_000).map(
    lambda micros: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
)
CELLS = {
    pl.Datetime: MOMENTS,
    pl.Float64: st.floats(),
    pl.Int64: st.integers(-(2**62), 2**62),
    pl.String: st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1),
}


@st.composite
def raw_tables(draw: st.DrawFn) -> pl.DataFrame:
    """Any table of raw bars: nulls, NaN, infinities and quotes in it."""
    height = draw(st.integers(0, 4))
    columns = {
        name: draw(st.lists(st.none() | CELLS[kind.base_type()], min_size=height, max_size=height))
        for name, kind in RAW.items()
    }
    return pl.DataFrame(columns, schema=RAW)


@given(raw_tables())
@settings(max_examples=40, deadline=None)
def test_csv_and_parquet_hold_the_same_table_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, table: pl.DataFrame
) -> None:
    folder = tmp_path_factory.mktemp("formats")
    (folder / "a.csv").write_bytes(as_csv(table))
    (folder / "a.parquet").write_bytes(as_parquet(table))
    read = [read_table(folder / f"a.{end}", RAW) for end in ("csv", "parquet")]
    assert read[0].schema == read[1].schema == pl.Schema(RAW)
    assert frame_hash(read[0]) == frame_hash(read[1]) == frame_hash(table)


def snapshot(folder: Path) -> dict[str, str]:
    """Every file and folder with its content's hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    place = Workspace(tmp_path / "pair")
    with place.held():
        place.raw.parent.mkdir(parents=True)
        place.raw.symlink_to(outside)
        before = snapshot(outside)
        with pytest.raises(LakeError, match="outside of the workspace"):
            place.write(place.raw / "btc_1h_all.csv", b"")
        with pytest.raises(LakeError, match="outside of the workspace"):
            place.write(place.root / ".." / "elsewhere" / "a", b"")
    assert snapshot(outside) == before
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match=r"holds thesis\.tex and no pair\.json"), _held(tmp_path):
        pass
    assert snapshot(tmp_path) == before


def test_a_workspace_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    marker = tmp_path / "pair.json"
    for content, error, said in (
        (b'{"format": 99}', LakeVersionError, "format 99"),
        (b"{", InputError, "cannot read"),
        (b"[]", InputError, "no JSON object"),
        (b"{}", InputError, "no format"),
    ):
        marker.write_bytes(content)
        with pytest.raises(error, match=said), _held(tmp_path):
            pass
        assert marker.read_bytes() == content


def test_two_runs_cannot_hold_one_workspace(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "pair")
    code = (
        "import sys\nfrom pathlib import Path\nfrom barograph.pair.workspace import Workspace\n"
        f"with Workspace(Path({str(place.root)!r})).held():\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LakeError, match=f"process {other.pid}"), place.held():
            pass
        other.kill()
        other.wait()
    with place.held():  # the lock ends with its process, however that ends
        pass


def test_a_killed_write_leaves_the_file_as_it_was_and_no_litter(tmp_path: Path) -> None:
    place = Workspace(tmp_path / "pair")
    with place.held():
        place.write(place.raw / "a.json", b"whole")
    code = (
        "import os\nfrom pathlib import Path\nfrom barograph.pair.workspace import Workspace\n"
        "Path.replace = lambda *_: os._exit(9)\n"
        f"place = Workspace(Path({str(place.root)!r}))\n"
        "place.write(place.raw / 'a.json', b'other')\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert (place.raw / "a.json").read_bytes() == b"whole"
    assert len(list(place.raw.iterdir())) == 2, "the draft of the killed run"
    with place.held():
        assert [path.name for path in place.raw.iterdir()] == ["a.json"]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match="cannot write"), _held(tmp_path / "file" / "pair"):
        pass


def test_paths_name_the_two_coins_only(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    names = [str(path) for path in (place.raw, place.clean, place.out, place.final)]
    assert SYMBOLS == ("BTC", "ETH")
    assert not [name for name in names if "spy" in name.lower() or "qqq" in name.lower()]
    assert os.path.relpath(Workspace().root) == "workspace/pair/btc_eth"


def _held(root: Path) -> AbstractContextManager[None]:
    return Workspace(root).held()
