"""The chain: every byte counts, a torn end costs nothing, and standard tools can check it."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import orjson
import pytest
from tests.unit.ledger.samples import overwritten

from barograph.core.errors import AuditError, InputError, LakeError, LakeVersionError
from barograph.ledger import writer as writer_module
from barograph.ledger.chain import Chain
from barograph.ledger.writer import writing


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    """Three records about three hours."""
    made = Chain(tmp_path / "notes.jsonl", "notes")
    with writing(made) as writer:
        for hour in range(3):
            writer.append([{"symbol": "BTCUSDT", "as_of": f"2024-05-01T0{hour}:00:00Z", "x": 0.1}])
    return made


def count(chain: Chain) -> int:
    return sum(1 for _ in chain.records())


def test_what_was_written_is_read_back(chain: Chain) -> None:
    records = list(chain.records())
    assert [record.sequence for record in records] == [1, 2, 3]
    assert [record.body["as_of"][12] for record in records] == ["0", "1", "2"]
    assert records[0].previous_hash == hashlib.sha256(b"barograph notes 1").hexdigest()
    assert [r.previous_hash for r in records[1:]] == [r.entry_hash for r in records[:-1]]


def test_a_person_can_check_a_line_with_sed_and_sha256sum(chain: Chain) -> None:
    command = (
        f'sed -n 2p {chain.path} | sed \'s/,"entry_hash":"[0-9a-f]*"}}$/}}/\' '
        "| tr -d '\\n' | sha256sum"
    )
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == list(chain.records())[1].entry_hash


@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_every_flipped_byte_is_caught_and_its_entry_named(chain: Chain, mask: int) -> None:
    sound = chain.path.read_bytes()
    for place, byte in enumerate(sound):
        entry = sound[:place].count(b"\n") + 1
        with (
            overwritten(chain.path, place, byte ^ mask),
            pytest.raises(AuditError, match=rf"notes\.jsonl entry {entry} \("),
        ):
            count(chain)
    assert count(chain) == 3


def test_every_byte_turned_into_a_newline_is_caught(chain: Chain) -> None:
    sound = chain.path.read_bytes()
    for place in (place for place, byte in enumerate(sound) if byte != ord("\n")):
        entry = sound[:place].count(b"\n") + 1
        with (
            overwritten(chain.path, place, ord("\n")),
            pytest.raises(AuditError, match=rf"entry {entry} \("),
        ):
            count(chain)


def test_every_flipped_byte_of_the_head_is_caught(chain: Chain) -> None:
    for place, byte in enumerate(chain.head_path.read_bytes()):
        for mask in (0x01, 0x02, 0x20):
            with (
                overwritten(chain.head_path, place, byte ^ mask),
                pytest.raises((AuditError, LakeVersionError), match=r"notes\.(head|jsonl)"),
            ):
                count(chain)


def test_every_truncation_is_caught(chain: Chain) -> None:
    sound = chain.path.read_bytes()
    for size in reversed(range(len(sound))):
        os.truncate(chain.path, size)
        entry = sound[:size].count(b"\n") + 1
        with pytest.raises(AuditError, match=rf"entry {entry} "):
            count(chain)
        with pytest.raises(AuditError), writing(chain):
            pass
        assert chain.path.stat().st_size == size, "a damaged record is left as found"


@pytest.mark.parametrize(
    ("order", "named"),
    [((0, 2), 2), ((1, 2), 1), ((0, 1), 3), ((1, 0, 2), 1), ((0, 2, 1), 2), ((0, 0, 1, 2), 2)],
)
def test_a_deleted_moved_or_doubled_line_is_caught(
    chain: Chain, order: tuple[int, ...], named: int
) -> None:
    lines = chain.path.read_bytes().splitlines(keepends=True)
    chain.path.write_bytes(b"".join(lines[i] for i in order))
    with pytest.raises(AuditError, match=rf"entry {named} "):
        count(chain)


def test_a_line_with_a_good_hash_of_its_own_cannot_be_slipped_in(
    chain: Chain, tmp_path: Path
) -> None:
    other = Chain(tmp_path / "other" / "notes.jsonl", "notes")
    with writing(other) as writer:
        writer.append([{"as_of": "2024-05-01T00:00:00Z", "x": 0.2}] * 3)
    lines = chain.path.read_bytes().splitlines(keepends=True)
    lines[1] = other.path.read_bytes().splitlines(keepends=True)[1]
    chain.path.write_bytes(b"".join(lines))
    with pytest.raises(AuditError, match=r"entry 2 .*previous hash is not"):
        count(chain)


def test_one_kind_cannot_pass_for_another(chain: Chain) -> None:
    with pytest.raises(AuditError, match=r"entry 1 .*previous hash"):
        count(Chain(chain.path, "outcomes"))


def test_a_rewritten_end_is_caught_by_the_head(chain: Chain, tmp_path: Path) -> None:
    forged = Chain(tmp_path / "forged" / "notes.jsonl", "notes")
    with writing(forged) as writer:
        bodies = [dict(record.body) for record in chain.records()]
        writer.append([*bodies[:2], bodies[2] | {"x": 0.9}])
    shutil.copy(forged.path, chain.path)
    with pytest.raises(AuditError, match=r"entry 3 .*notes.head"):
        count(chain)
    with pytest.raises(AuditError, match="entry 3"), writing(chain):
        pass


def test_a_torn_line_is_ignored_and_removed_by_the_next_writer(chain: Chain) -> None:
    sound = chain.path.read_bytes()
    further = sound.splitlines(keepends=True)[2].replace(b'"sequence":3', b'"sequence":4')
    for length in range(1, len(further)):
        chain.path.write_bytes(sound + further[:length])
        assert count(chain) == 3
    with writing(chain) as writer:
        writer.append([{"as_of": "2024-05-01T03:00:00Z"}])
    assert count(chain) == 4
    assert chain.path.read_bytes().startswith(sound)


def test_a_whole_line_written_just_before_the_end_is_kept(chain: Chain) -> None:
    head = chain.head_path.read_bytes()
    with writing(chain) as writer:
        writer.append([{"as_of": "2024-05-01T03:00:00Z"}, {"as_of": "2024-05-01T04:00:00Z"}])
    chain.head_path.write_bytes(head)
    assert count(chain) == 5
    with writing(chain) as writer:
        writer.append([{"as_of": "2024-05-01T05:00:00Z"}])
    assert [record.sequence for record in chain.records()] == [1, 2, 3, 4, 5, 6]


def test_a_foreign_line_after_the_end_is_not_taken_in(chain: Chain) -> None:
    with chain.path.open("ab") as file:
        file.write(b'{"as_of":"2024-05-01T03:00:00Z"}\n')
    with pytest.raises(AuditError, match="entry 4 "), writing(chain):
        pass
    with pytest.raises(AuditError, match="entry 4 "):
        count(chain)


def test_a_missing_head_is_an_error_only_beside_a_record(chain: Chain, tmp_path: Path) -> None:
    chain.head_path.unlink()
    with pytest.raises(AuditError, match=r"notes\.head is missing"):
        count(chain)
    assert count(Chain(tmp_path / "none.jsonl", "notes")) == 0


def test_a_record_of_a_newer_program_is_refused(chain: Chain) -> None:
    head = orjson.loads(chain.head_path.read_bytes()) | {"format": 2}
    chain.head_path.write_bytes(orjson.dumps(head))
    with pytest.raises(LakeVersionError, match="has format 2, this program reads 1"):
        count(chain)


def test_what_cannot_be_recorded_is_refused_whole(chain: Chain) -> None:
    with writing(chain) as writer:
        with pytest.raises(InputError, match="sequence is set by the ledger"):
            writer.append([{"x": 1}, {"sequence": 9}])
        with pytest.raises(InputError, match="cannot hash"):
            writer.append([{"x": 1}, {"x": object()}])
        assert writer.append([]) == ()
    assert count(chain) == 3


def test_a_folder_in_the_way_is_one_clear_line(chain: Chain) -> None:
    chain.path.unlink()
    chain.path.mkdir()
    with pytest.raises(LakeError, match=r"cannot read .*notes.jsonl: Is a directory"):
        list(chain.lines())
    with pytest.raises(LakeError, match=r"cannot write .*notes.jsonl"), writing(chain):
        pass
    chain.head_path.unlink()
    chain.head_path.mkdir()
    with pytest.raises(LakeError, match=r"cannot read .*notes.head"):
        chain.head()


def test_a_disk_that_refuses_the_line_leaves_the_record_as_it_was(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = chain.path.read_bytes()

    def half(file: int, content: bytes) -> None:
        real(file, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    real = writer_module.write_all
    monkeypatch.setattr(writer_module, "write_all", half)
    with (
        writing(chain) as writer,
        pytest.raises(LakeError, match="No space left on device; nothing was recorded"),
    ):
        writer.append([{"x": 1}])
    monkeypatch.undo()
    assert chain.path.read_bytes() == sound
    with writing(chain) as writer:
        writer.append([{"x": 2}])
    assert count(chain) == 4


def test_a_disk_that_refuses_the_head_takes_the_line_back(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = chain.path.read_bytes()

    def refuse(path: Path, content: bytes) -> None:
        raise OSError(28, f"No space left on device for {len(content)} bytes of {path.name}")

    with writing(chain) as writer:
        monkeypatch.setattr(writer_module, "replace", refuse)
        with pytest.raises(LakeError, match="nothing was recorded"):
            writer.append([{"x": 1}])
        monkeypatch.undo()
        writer.append([{"x": 2}])
    assert chain.path.read_bytes().startswith(sound)
    assert [record.body.get("x") for record in chain.records()][3:] == [2]
