"""Bars from the exchanges, with the real ccxt against the simulated one; and without a network."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit.sources.markets import START, bars, market, no_sleep

from barograph.core.errors import SourceError
from barograph.core.settings import Settings, WalkForward
from barograph.core.time import HOUR
from barograph.lake.lake import Lake
from barograph.pipelines import gather, prepare
from barograph.pipelines.gather import age, from_exchanges, holds, online
from barograph.pipelines.prepare import Source, fill
from barograph.simulator.server import Running, serve
from barograph.sources.ccxt_rest import Exchange, Venue, connect
from barograph.sources.fallback import Connect, Switch
from barograph.sources.request import Manner
from barograph.sources.retry import Retry

TABLE = "silver/bars/binance_spot_BTCUSDT_1h"
SETTINGS = Settings(
    size="small",
    symbols=("BTCUSDT",),
    peers=("ETHUSDT",),
    venues=("binance_spot", "simulated"),
    models=("har_x",),
    walk_forward=WalkForward(train_days=10),
    seed=1,
)


def at(running: Running) -> Connect:
    """Connect every venue to the simulator; only Binance is there."""

    @contextmanager
    def opened(venue: Venue) -> Iterator[Exchange]:
        if venue.exchange != "binance":
            raise SourceError(f"{venue.name} is not simulated")
        with connect(venue, running.url, timeout=2.0, rate_limit=False) as exchange:
            yield exchange

    return opened


def nobody(venue: Venue) -> AbstractContextManager[Exchange]:
    raise SourceError(f"{venue.name}: NetworkError")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "FIRST", START - timedelta(days=10))


def test_bars_up_to_the_last_complete_one_and_then_only_new_ones(
    tmp_path: Path, hasty: None
) -> None:
    table = bars(400)
    lake = Lake(tmp_path / "lake")
    present = START + 300 * HOUR + timedelta(minutes=30)
    asked = []
    for now, rows in ((present, 300), (present, 300), (present + 50 * HOUR, 350)):
        with serve(market(table, now)) as running:
            patient = Manner(Retry(attempts=2, sleep=no_sleep), clock=lambda now=now: now)  # type: ignore[misc]
            from_exchanges(lake, ["BTCUSDT"], manner=patient, connect=at(running))
            asked.append(sum(path.endswith("klines") for path in running.faults.requests))
        assert lake.read(TABLE).height == rows
    assert asked[1] == 0  # nothing new: nothing is fetched again
    assert 0 < asked[2] <= asked[0]
    assert age(lake, "BTCUSDT", present + 50 * HOUR) == timedelta(minutes=30)
    assert holds(lake, ["BTCUSDT"], real=True)
    assert not holds(lake, ["BTCUSDT", "ETHUSDT"])


def test_every_exchange_failing_is_one_error_and_every_switch_is_told(tmp_path: Path) -> None:
    switches: list[Switch] = []
    with pytest.raises(SourceError, match="no exchange gave 1h bars of BTCUSDT"):
        from_exchanges(
            Lake(tmp_path / "lake"), ["BTCUSDT"], connect=nobody, on_switch=switches.append
        )
    assert [switch.failed for switch in switches][:2] == ["binance_spot", "bybit_spot"]


def test_a_silent_network_is_given_up_soon() -> None:
    began = time.monotonic()
    assert not online(("host.invalid", "127.0.0.1"), patience=1.0)
    assert time.monotonic() - began < 5.0


def test_an_answer_is_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        assert online((), patience=0.1)


def test_a_peer_that_nobody_has_is_left_out(
    tmp_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = START + 100 * HOUR + timedelta(minutes=30)
    notes: list[str] = []
    monkeypatch.delenv("BAROGRAPH_OFFLINE", raising=False)
    monkeypatch.setattr(prepare, "online", lambda: True)
    with serve(market(bars(200), present)) as running:
        patient = Manner(Retry(attempts=1, sleep=no_sleep), clock=lambda: present)

        def asked(lake: Lake, symbols: list[str], listener: object, on_switch: object) -> object:
            return from_exchanges(
                lake,
                symbols,
                manner=patient,
                connect=at(running),
                on_switch=on_switch,  # type: ignore[arg-type]
            )

        monkeypatch.setattr(prepare, "from_exchanges", asked)
        done = fill(Lake(tmp_path / "lake"), SETTINGS, Source(None, warn=notes.append))
    assert done is not None
    assert done.reports[0].silver == 100
    assert any("no exchange gave bars of ETHUSDT" in note for note in notes)
    assert any("the last bar of BTCUSDT in the lake is" in note for note in notes)
    assert not any("SIMULATED" in note for note in notes)


def test_without_a_network_the_lake_is_used_and_its_age_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BAROGRAPH_OFFLINE", raising=False)
    monkeypatch.setattr(prepare, "online", lambda: False)
    lake = Lake(tmp_path / "lake")
    bars(100).rename({"open_time": "ts"}).write_parquet(
        tmp_path / "binance_spot_BTCUSDT_1h.parquet"
    )
    gather.from_files(lake, [tmp_path / "binance_spot_BTCUSDT_1h.parquet"])
    notes: list[str] = []
    assert fill(lake, SETTINGS, Source(None, warn=notes.append)) is None
    assert notes[0] == "no exchange can be reached"
    assert "days old" in notes[1]
    assert fill(lake, SETTINGS, Source(None, fresh=False, warn=notes.append)) is None
    assert len(notes) == 2
