"""A serving folder belongs to one runner at a time, however that one ends."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from barograph.core.errors import LakeError
from barograph.live.alone import FILE, alone
from barograph.live.supervise import BAROGRAPH

HOLD = (
    "import sys, time; from pathlib import Path; from barograph.live.alone import alone\n"
    "with alone(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def holder(tmp_path: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Another process that holds the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_runner_is_refused_and_told_who_is_there(
    tmp_path: Path, holder: "subprocess.Popen[bytes]"
) -> None:
    with pytest.raises(LakeError, match=rf"process {holder.pid}\) holds"), alone(tmp_path, 0.2):
        pass


def test_one_that_was_killed_is_followed_at_once(
    tmp_path: Path, holder: "subprocess.Popen[bytes]"
) -> None:
    holder.kill()
    with alone(tmp_path, 5.0):
        assert int((tmp_path / FILE).read_text()) != holder.pid


def test_one_that_is_ending_is_waited_for(
    tmp_path: Path, holder: "subprocess.Popen[bytes]", caplog: pytest.LogCaptureFixture
) -> None:
    timer = threading.Timer(0.5, holder.kill)
    timer.start()
    with caplog.at_level("INFO", "barograph.live.alone"), alone(tmp_path, 10.0):
        timer.join()
    assert f"process {holder.pid}" in caplog.text


def test_the_command_ends_with_one_line(tmp_path: Path, holder: "subprocess.Popen[bytes]") -> None:
    """After its patience, before it asks the exchange or opens anything."""
    command = [*BAROGRAPH, "live", "--serving", str(tmp_path), "--exchange", "http://127.0.0.1:9"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 4
    *log, line = ended.stderr.strip().splitlines()
    assert line.startswith(f"error: another runner (process {holder.pid}) holds ")
    assert "waiting up to 15 s" in "".join(log)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE]
