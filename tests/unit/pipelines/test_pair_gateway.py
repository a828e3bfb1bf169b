"""The real ib_async client, a real socket, a gateway that goes wrong, and time that runs ahead."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from tests.gateways import (
    FIRST,
    MONTHS,
    PATIENT,
    PRESENT,
    SHELF,
    Ahead,
    address,
    gateway,
    history,
)

from barograph.core.errors import NotEnoughDataError, SourceError
from barograph.pair.heartbeat import Heartbeat
from barograph.pair.prepare import RAW
from barograph.pair.workspace import Workspace, read_table
from barograph.pipelines.pair_gateway import Tempo, from_gateway
from barograph.pipelines.pair_prepare import prepare, raw_stem
from barograph.simulator.ibkr import Fault, Running, Shelf, shelf_of
from barograph.simulator.tape import from_files
from barograph.sources.ibkr import Address, Gateway

LAST = datetime(2024, 3, 10, 11, tzinfo=UTC)
"""Opening of the last bar that had ended."""


def download(
    root: Path, running: Running, ahead: Ahead, said: list[str] | None = None, **more: Any
) -> dict[str, Any]:
    heart = Heartbeat((said if said is not None else []).append)
    where = more.pop("where", address(running))
    more.setdefault("retry", PATIENT)
    return from_gateway(Workspace(root), heart, where, tempo=ahead.tempo, **more)


def bars(root: Path, symbol: str = "BTC") -> pl.DataFrame:
    return read_table(raw_stem(Workspace(root), symbol).with_suffix(".parquet"), RAW)


def test_both_legs_come_whole_paced_and_marked(tmp_path: Path) -> None:
    ahead = Ahead()
    said: list[str] = []
    with gateway(ahead) as running:
        origins = download(tmp_path / "w", running, ahead, said)
    assert running.book.violations == []
    assert len(running.book.asked) == 2 * len(MONTHS)
    assert running.book.asked[0].what == "AGGTRADES"
    assert {one.everything.split("|")[-5] for one in running.book.asked} == {"0"}, "useRTH"
    for symbol, price in (("BTC", 100.0), ("ETH", 7.0)):
        table = bars(tmp_path / "w", symbol)
        wanted = [row for row in history(price=price) if row[0] <= LAST.timestamp()]
        cells = table.select(
            pl.col("ts").dt.epoch("s"), "open", "high", "low", "close", "volume", "trades"
        )
        assert cells.rows() == [(*row[:6], row[7]) for row in wanted]
        leg = origins["legs"][symbol]
        assert (leg["first"], leg["last"], leg["rows"]) == (FIRST, LAST, len(wanted))
        assert leg["simulated"] is True
        assert leg["venue"] == "simulated"
        assert list(leg["months"]) == list(MONTHS)
    assert said[0] == "[pair] download: start"
    assert "12 requests" in said[-1]
    assert any("100 %" in line for line in said)
    csv = read_table(raw_stem(Workspace(tmp_path / "w"), "BTC").with_suffix(".csv"), RAW)
    assert csv.equals(bars(tmp_path / "w"))


WRONG = {
    "pacing violation": Fault("complain", 2, 1, 162, "Historical data request pacing violation"),
    "too many": Fault("complain", 2, 1, 322, "Error processing request: max number reached"),
    "hang up": Fault("hang_up", 2, 2),
    "cut": Fault("cut", 2),
    "silence": Fault("silence", 2),
    "line lost and back": Fault("lost", 2, 2),
    "first of all": Fault("cut", 0),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Raw bars of both legs as a gateway without faults gives them."""
    root, ahead = tmp_path_factory.mktemp("undisturbed") / "w", Ahead()
    with gateway(ahead) as running:
        download(root, running, ahead)
    return {symbol: bars(root, symbol) for symbol in ("BTC", "ETH")}


@pytest.mark.parametrize("fault", WRONG.values(), ids=WRONG)
def test_a_failure_that_passes_changes_nothing_but_the_time(
    tmp_path: Path, undisturbed: dict[str, pl.DataFrame], fault: Fault
) -> None:
    ahead = Ahead()
    said: list[str] = []
    with gateway(ahead, fault) as running:
        where = address(running, answer_patience=1.0 if fault.kind == "silence" else 20.0)
        download(tmp_path / "w", running, ahead, said, where=where)
    assert running.book.violations == []
    assert len(running.book.asked) == 2 * len(MONTHS) + fault.times
    for symbol, table in undisturbed.items():
        assert bars(tmp_path / "w", symbol).drop("arrived_at").equals(table.drop("arrived_at"))
    assert sum("asking again in" in line for line in said) == fault.times
    assert ahead.present - PRESENT >= timedelta(seconds=15), "an identical request waits its time"


def test_bars_sent_twice_or_spoilt_are_counted_not_hidden(tmp_path: Path) -> None:
    ahead = Ahead()
    with gateway(ahead, Fault("twice", 1), Fault("spoilt", 2)) as running:
        download(tmp_path / "w", running, ahead)
    leg = prepare(Workspace(tmp_path / "w"), Heartbeat(lambda _: None))["legs"]["BTC"]
    february, january = 29 * 24, 1
    assert leg["rows"]["duplicates"] == february
    assert leg["rows"]["quarantined"] <= january
    assert leg["rows"]["kept"] + leg["rows"]["quarantined"] == len(history()) - 1


def test_a_failure_that_stays_ends_in_one_line_and_the_next_run_goes_on(tmp_path: Path) -> None:
    ahead = Ahead()
    lost = Fault("lost", 3, 99, back=False)
    with gateway(ahead, lost) as running, pytest.raises(SourceError, match="4 attempts") as told:
        download(tmp_path / "w", running, ahead)
    assert "IBKR 1100" in str(told.value)
    assert "run the same command to go on" in str(told.value)
    with gateway(ahead) as running:
        download(tmp_path / "w", running, ahead)
    asked = [one.end for one in running.book.asked if one.symbol == "BTC"]
    assert len(asked) == len(MONTHS) - 3, "what is on disk is not asked for again"


def test_the_month_that_was_not_over_is_asked_for_again_and_no_other(tmp_path: Path) -> None:
    ahead = Ahead()
    with gateway(ahead) as running:
        download(tmp_path / "w", running, ahead)
    with gateway(ahead) as running:
        download(tmp_path / "w", running, ahead)
    assert running.book.asked == [], "the same hour: nothing new can be there"
    ahead.present += timedelta(hours=3)
    later = Shelf({leg: history(until=ahead.present) for leg in ("BTC", "ETH")})
    with gateway(ahead, shelf=later) as running:
        origins = download(tmp_path / "w", running, ahead)
    assert [one.symbol for one in running.book.asked] == ["BTC", "ETH"]
    assert origins["legs"]["BTC"]["last"] == LAST + timedelta(hours=3)


def test_a_second_run_counts_what_the_first_one_asked(tmp_path: Path) -> None:
    """31 months of each leg: more than both runs may ask for in ten minutes."""
    ahead, first = Ahead(), datetime(2021, 9, 1, tzinfo=UTC)
    rows = [row for row in history(first) if row[0] % (240 * 3600) == 0]
    shelf = Shelf({"BTC": rows, "ETH": rows})
    with gateway(ahead, Fault("complain", 50, 99, 10187, "no"), shelf=shelf) as running:
        with pytest.raises(SourceError, match="IBKR 10187"):
            download(tmp_path / "w", running, ahead)
        download_failed_at = ahead.present
        running.book.faults.clear()
        download(tmp_path / "w", running, ahead)
    assert running.book.violations == []
    assert ahead.present - download_failed_at > timedelta(minutes=9)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault("complain", 0, 9, 321, "Error validating request: bad duration"), "IBKR 321"),
        (Fault("complain", 0, 9, 354, "Requested market data is not subscribed"), "IBKR 354"),
        (Fault("complain", 0, 9, 162, "No market data permissions for PAXOS"), "subscribe"),
    ],
)
def test_what_asking_again_cannot_mend_is_not_asked_again(
    tmp_path: Path, fault: Fault, said: str
) -> None:
    ahead = Ahead()
    with gateway(ahead, fault) as running, pytest.raises(SourceError, match=said):
        download(tmp_path / "w", running, ahead)
    assert len(running.book.asked) == 1


def test_the_second_venue_is_tried_where_the_first_lists_nothing(tmp_path: Path) -> None:
    ahead = Ahead()
    with gateway(ahead, shelf=Shelf(SHELF.rows, ("ZEROHASH",))) as running:
        origins = download(tmp_path / "w", running, ahead)
        assert origins["legs"]["ETH"]["contract"] == "ETH ZEROHASH AGGTRADES"
        only = address(running, exchanges=("PAXOS",))
        with pytest.raises(SourceError, match=r"BTC in USD is not listed on PAXOS.*--exchange"):
            download(tmp_path / "v", running, ahead, where=only)


def test_no_gateway_is_one_line_at_once_and_says_what_else_there_is(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ahead = Ahead()
    with pytest.raises(SourceError, match=f"127.0.0.1:{port} .connection refused.*--data FOLDER"):
        from_gateway(
            Workspace(tmp_path / "w"), Heartbeat(lambda _: None), Address(port=port),
            tempo=ahead.tempo, retry=PATIENT,
        )  # fmt: skip
    assert ahead.slept == []


def test_a_stranger_that_listens_there_is_no_gateway(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        where = Address(port=mute.getsockname()[1], connect_patience=0.2)
        with pytest.raises(SourceError, match=r"no IBKR gateway answers at .*no answer"):
            from_gateway(Workspace(tmp_path / "w"), Heartbeat(lambda _: None), where)


def test_where_ibkr_does_not_say_when_it_begins_three_empty_months_are_the_beginning(
    tmp_path: Path,
) -> None:
    ahead = Ahead()
    said: list[str] = []
    with gateway(ahead, shelf=Shelf({"BTC": [], "ETH": []})) as running:
        with pytest.raises(NotEnoughDataError, match="no bar of BTC"):
            download(tmp_path / "w", running, ahead, said)
        assert len(running.book.asked) == 3
    assert any("does not say when BTC begins" in line for line in said)


def test_a_start_that_is_named_is_the_first_month(tmp_path: Path) -> None:
    ahead = Ahead()
    with gateway(ahead) as running:
        start = datetime(2024, 2, 11, tzinfo=UTC)
        origins = download(tmp_path / "w", running, ahead, start=start)
    assert list(origins["legs"]["BTC"]["months"]) == ["2024-02", "2024-03"]


def test_nothing_outside_of_the_workspace_is_touched(tmp_path: Path) -> None:
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "qqq_1h.csv").write_text("precious")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    ahead = Ahead()
    with gateway(ahead) as running:
        download(tmp_path / "pair" / "btc_eth", running, ahead)
    prepare(Workspace(tmp_path / "pair" / "btc_eth"), Heartbeat(lambda _: None))
    outside = {
        path: path.stat().st_mtime_ns
        for path in tmp_path.rglob("*")
        if not path.is_relative_to(tmp_path / "pair")
    }
    assert outside == before
    names = [path.name.lower() for path in (tmp_path / "pair").rglob("*")]
    assert not [name for name in names if "spy" in name or "qqq" in name]
    legs = [name for name in names if name.endswith((".csv", ".parquet"))]
    assert {name[:3] for name in legs} == {"btc", "eth"}


def test_an_interrupted_download_leaves_whole_months_only(tmp_path: Path) -> None:
    ahead = Ahead()
    left = 7

    async def interrupted(seconds: float) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt
        ahead.present += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    quiet = Heartbeat(lambda _: None)
    stumbling = [Fault("hang_up", after) for after in (0, 1, 1, 1, 1, 1, 1, 1)]
    with gateway(ahead, *stumbling) as running:
        where, place = address(running), Workspace(tmp_path / "w")
        tempo = Tempo(lambda: ahead.present, interrupted)
        with pytest.raises(KeyboardInterrupt):
            from_gateway(place, quiet, where, tempo=tempo, retry=PATIENT)
        there = sorted(place.raw.rglob("20*.json"))
        assert there
        assert all(orjson.loads(path.read_bytes())["bars"] for path in there)
        assert not raw_stem(place, "BTC").with_suffix(".csv").exists()
        running.book.faults.clear()
        before = len(running.book.asked)
        from_gateway(place, quiet, where, tempo=ahead.tempo, retry=PATIENT)
    assert len(running.book.asked) - before == 2 * len(MONTHS) - len(there)


def test_a_month_that_was_damaged_on_disk_is_asked_for_again(tmp_path: Path) -> None:
    ahead = Ahead()
    with gateway(ahead) as running:
        download(tmp_path / "w", running, ahead)
        before = len(running.book.asked)
        (file,) = (tmp_path / "w").rglob("btc/2024-01.json")
        file.write_bytes(file.read_bytes()[:100])
        download(tmp_path / "w", running, ahead)
    assert [one.symbol for one in running.book.asked[before:]] == ["BTC"]
    assert bars(tmp_path / "w").height == len(history()) - 1


def test_a_client_number_that_another_program_has_is_one_line(tmp_path: Path) -> None:
    ahead = Ahead()

    async def first(where: Address) -> None:
        other = Gateway(where)
        await other.connect()
        try:
            await asyncio.to_thread(download, tmp_path / "w", running, ahead, where=where)
        finally:
            await other.close()

    with gateway(ahead) as running:
        where = address(running)
        with pytest.raises(SourceError, match=r"IBKR 326.*name another --client-id"):
            asyncio.run(first(where))
        download(tmp_path / "w", running, ahead, where=where)  # it is free again
    assert running.book.violations == []


@pytest.mark.real
def test_two_years_of_real_bars_come_through_the_socket_to_the_bit(
    tmp_path: Path, data_dir: Path
) -> None:
    tape = from_files(data_dir, ["BTCUSDT", "ETHUSDT"])
    start, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    inside = pl.col("open_time").is_between(start, end, closed="left")
    cut = {key: table.filter(inside) for key, table in tape.bars.items() if key[1] == "1h"}
    ahead = Ahead(end + timedelta(minutes=1))
    shelf = shelf_of(type(tape)(cut))
    with gateway(ahead, Fault("cut", 9), Fault("lost", 9), shelf=shelf) as running:
        download(tmp_path / "w", running, ahead)
    assert running.book.violations == []
    names = ["ts", "open", "high", "low", "close", "volume", "trades"]
    for symbol in ("BTC", "ETH"):
        wanted = cut[f"{symbol}USDT", "1h"].rename({"open_time": "ts"}).select(names)
        assert bars(tmp_path / "w", symbol).select(names).equals(wanted)
