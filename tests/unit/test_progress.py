"""Heartbeats of long work in plain lines."""

import io

import pytest

from barograph.core.progress import Progress, line, plain_lines, silent


def test_a_heartbeat_reads_well() -> None:
    beat = Progress("ingest", "BTCUSDT", 12.34, rows=68868, requests=4, done=0.4)
    assert beat.eta == pytest.approx(18.51)
    assert line(beat) == "ingest BTCUSDT: 12.3 s, 4 requests, 68,868 rows, 40 %, 19 s left"
    assert line(Progress("refine", "", 1.0)) == "refine: 1.0 s"
    assert (
        line(Progress("refine", "", 2.0, requests=1, done=1.0)) == "refine: 2.0 s, 1 request, 100 %"
    )
    assert Progress("x", "", 1.0, done=0.0).eta is None
    silent(beat)


def test_lines_are_few_but_the_last_is_always_said() -> None:
    out = io.StringIO()
    say = plain_lines(out, every=5.0)
    for second in range(12):
        say(Progress("ingest", "BTCUSDT", float(second), done=(second + 1) / 12))
    said = out.getvalue().splitlines()
    assert [text.split(" s,")[0] for text in said] == [
        f"ingest BTCUSDT: {second}" for second in ("0.0", "5.0", "10.0", "11.0")
    ]


def test_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    plain_lines()(Progress("ingest", "ETHUSDT", 0.0))
    assert capsys.readouterr().err.startswith("ingest ETHUSDT: 0.0 s")
