"""What a gateway's complaints mean, and that a moment without a zone is refused."""

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gateways import FIRST, SHELF, Ahead, address, gateway

from barograph.core.errors import SourceError
from barograph.simulator import ibkr_wire as wire
from barograph.simulator.ibkr import Shelf
from barograph.sources.ibkr import Gateway, Listed, NoContractError, NothingThereError, meaning
from barograph.sources.retry import TransientError

HISTORY = "Historical Market Data Service error message:"


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (162, f"{HISTORY}HMDS query returned no data: BTC@PAXOS AggTrades", NothingThereError),
        (162, f"{HISTORY}No historical market data for BTC/CRYPTO@PAXOS", NothingThereError),
        (162, f"{HISTORY}Historical data request pacing violation", TransientError),
        (162, f"{HISTORY}API historical data query cancelled: 28", TransientError),
        (162, f"{HISTORY}No market data permissions for PAXOS CRYPTO", SourceError),
        (322, "Error processing request: Max number of requests reached", TransientError),
        (366, "No historical data query found for ticker id:3", TransientError),
        (1100, "Connectivity between IBKR and Trader Workstation has been lost", TransientError),
        (200, "No security definition has been found for the request", NoContractError),
        (321, "Error validating request", SourceError),
        (326, "Unable to connect as the client id is already in use", SourceError),
        (99_999, "something new", SourceError),
    ],
)  # fmt: skip
def test_a_complaint_is_an_answer_a_delay_or_an_end(
    code: int, text: str, kind: type[Exception]
) -> None:
    error = meaning(code, text)
    assert type(error) is kind
    assert f"IBKR {code}" in str(error)


def test_bars_are_those_before_a_moment_as_the_gateway_has_them() -> None:
    ahead = Ahead()
    rows = SHELF.rows["ETH"]
    end = datetime.fromtimestamp(rows[60][0], UTC)

    async def ask(where: Gateway) -> tuple[Listed, datetime, list[list[float]]]:
        await where.connect()
        assert where.simulated
        listed = await where.listed("ETH")
        first, bars = await where.first_moment(listed), await where.bars(listed, end, "2 D")
        await where.close()
        return listed, first, bars

    with gateway(ahead) as running:
        listed, first, bars = asyncio.run(ask(Gateway(address(running))))
    assert listed.name == "ETH PAXOS AGGTRADES"
    assert first == FIRST
    assert [tuple(bar) for bar in bars] == list(rows[12:60])


def test_a_gateway_that_writes_hours_of_its_own_zone_is_refused() -> None:
    """Eight in the morning of nobody knows where would be a look into the future, or a lag."""
    ahead = Ahead()
    row: tuple[Any, ...] = ("20240101 08:00:00", *SHELF.rows["BTC"][0][1:])
    local = Shelf({"BTC": [row]})

    async def ask(where: Gateway) -> None:
        await where.connect()
        try:
            await where.first_moment(await where.listed("BTC"))
        finally:
            await where.close()

    wanted = "wanted seconds since 1970"
    with gateway(ahead, shelf=local) as running, pytest.raises(SourceError, match=wanted):
        asyncio.run(ask(Gateway(address(running))))


def test_a_length_no_question_has_is_hung_up_on() -> None:
    """Whoever speaks another protocol to the stand-in costs it neither memory nor its life."""
    with gateway(Ahead()) as running:
        for greeting in (b"GET / HTTP/1.1\r\n\r\n", b"API\0\xff\xff\xff\xffv1"):
            with socket.create_connection(("127.0.0.1", running.port), timeout=10) as stranger:
                stranger.sendall(greeting)
                assert stranger.recv(100) == b""
        assert running.book.clients == 0


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
@settings(max_examples=30, deadline=None)
def test_what_is_framed_is_read_back(cells: list[str]) -> None:
    async def read(content: bytes) -> list[str]:
        reader = asyncio.StreamReader()
        reader.feed_data(content)
        return await wire.question(reader)

    assert asyncio.run(read(wire.frame(cells))) == cells
