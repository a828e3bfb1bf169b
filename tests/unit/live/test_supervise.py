"""Children are started again with growing pauses, and end when told."""

import os
import signal
import sys
import time
from pathlib import Path

from barograph.live.supervise import Child, Supervisor


def wait(true: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sleeper(tmp_path: Path, script: str = "import time; time.sleep(60)") -> Child:
    return Child("sleeper", lambda: [sys.executable, "-c", script], tmp_path / "child.log")


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    supervisor = Supervisor([child])
    supervisor.start()
    try:
        wait(lambda: child.pid is not None)
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait(lambda: child.pid not in {None, first})
        assert child.starts == 2
    finally:
        supervisor.stop()
    assert child.pid is None


def test_one_that_keeps_dying_is_started_ever_later(tmp_path: Path) -> None:
    child = sleeper(tmp_path, "raise SystemExit('no')")
    pauses = []
    for _ in range(4):
        child.tend()
        assert child.process is not None
        child.process.wait()
        child.tend()
        pauses.append(child._next - time.monotonic())
        child._next = 0.0
    assert [round(pause, 1) for pause in pauses] == [0.2, 0.4, 0.8, 1.6]
    assert "no" in (tmp_path / "child.log").read_text()


def test_one_that_does_not_listen_is_made_to_end(tmp_path: Path, monkeypatch: object) -> None:
    import barograph.live.supervise as supervise

    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(60)"
    )
    child = sleeper(tmp_path, script)
    monkeypatch.setattr(supervise, "PARTING", 0.2)  # type: ignore[attr-defined]
    child.tend()
    wait(lambda: "deaf" in (tmp_path / "child.log").read_text())
    child.stop()
    assert child.pid is None
