r"""TWS's wire protocol, as far as history needs it: frames of text cells that end in a zero byte.

Reference: the protocol as ``ibapi`` and ``ib_async`` speak it at server version 178; a client
greets with ``API\0``, a length and ``v157..178``, the server answers with its version and time.
"""

import asyncio
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

GREETING: Final = b"API\0"
VERSION: Final = 178
LONGEST: Final = 1 << 20
"""Bytes beyond which a length is no length of a question."""

DETAILS, HISTORY, CANCEL, POSITIONS, SUMMARY, START, HEAD = 9, 20, 25, 61, 62, 71, 87
"""Questions, by the number each begins with."""
SAID_ERROR, SAID_ID, SAID_DETAILS, SAID_ACCOUNTS, SAID_HISTORY = 4, 9, 10, 15, 17
SAID_DETAILS_END, SAID_POSITIONS_END, SAID_SUMMARY_END, SAID_HEAD = 52, 62, 64, 88
"""Answers, likewise."""

UNITS: Final = {"S": 1, "D": 86_400, "W": 7 * 86_400, "M": 30 * 86_400, "Y": 365 * 86_400}


@dataclass(frozen=True, slots=True)
class Bars:
    """A question for history.

    Attributes
    ----------
    number : int
        Of the question.
    symbol, kind, exchange, currency : str
        Contract.
    end : datetime or None
        Before which; None for the present.
    seconds : int
        Duration.
    size, what : str
        ``1 hour`` and ``AGGTRADES``.
    everything : str
        All of it but the number: equal for identical questions.
    """

    number: int
    symbol: str
    kind: str
    exchange: str
    currency: str
    end: datetime | None
    seconds: int
    size: str
    what: str
    everything: str

    @property
    def series(self) -> str:
        """Contract and kind of data, by which bursts are counted."""
        return f"{self.symbol} {self.exchange} {self.what}"


def frame(cells: Iterable[object]) -> bytes:
    """One message: its length, and each cell with a zero byte after it."""
    body = "".join(f"{cell}\0" for cell in cells).encode()
    return struct.pack(">I", len(body)) + body


async def greeted(reader: asyncio.StreamReader) -> bool:
    """Whether a client greets as one of TWS does."""
    if await reader.readexactly(len(GREETING)) != GREETING:
        return False
    versions = await body(reader)
    return versions.startswith(b"v")


async def question(reader: asyncio.StreamReader) -> list[str]:
    """Cells of the next question."""
    return (await body(reader)).decode(errors="replace").split("\0")[:-1]


async def body(reader: asyncio.StreamReader) -> bytes:
    """What a length announces."""
    (size,) = struct.unpack(">I", await reader.readexactly(4))
    if size > LONGEST:
        raise ConnectionError(f"a question of {size} bytes is none of TWS's")
    return await reader.readexactly(size)


def bars_of(cells: Sequence[str]) -> Bars:
    """A question for history (20): number, contract of twelve cells, then what is wanted."""
    number, contract, rest = int(cells[1]), cells[2:14], cells[14:]
    _, end, size, duration, _, what = rest[:6]
    amount, unit = duration.split()
    return Bars(
        number=number,
        symbol=contract[1], kind=contract[2], exchange=contract[7], currency=contract[9],
        end=None if not end else datetime.strptime(end, "%Y%m%d %H:%M:%S UTC").replace(tzinfo=UTC),
        seconds=int(amount) * UNITS[unit],
        size=size, what=what,
        everything="|".join(cells[2:]),
    )  # fmt: skip


def contract_of(cells: Sequence[str]) -> tuple[int, str, str, str, str]:
    """Number, symbol, kind, exchange and currency of a question for details (9)."""
    contract = cells[3:15]
    return int(cells[2]), contract[1], contract[2], contract[7], contract[9]


def head_of(cells: Sequence[str]) -> tuple[int, str, str]:
    """Number, symbol and kind of data of a question for the first moment (87)."""
    return int(cells[1]), cells[3], cells[16]


def complaint(number: int, code: int, text: str) -> bytes:
    """An error or a notice; ``number`` is -1 where it is about no question."""
    return frame([SAID_ERROR, 2, number, code, text, ""])


def history(number: int, asked: Bars, rows: Sequence[Sequence[object]]) -> bytes:
    """Bars: time, open, high, low, close, volume, average, count."""
    end = asked.end or datetime.now(UTC)
    start = end - timedelta(seconds=asked.seconds)
    span = [moment.strftime("%Y%m%d %H:%M:%S UTC") for moment in (start, end)]
    return frame([SAID_HISTORY, number, *span, len(rows), *(cell for row in rows for cell in row)])


def details(number: int, symbol: str, exchange: str, currency: str, contract_id: int) -> bytes:
    """One contract, and that there are no others."""
    hours = "20240101:0000-20240102:0000"
    cells = [
        SAID_DETAILS, number, symbol, "CRYPTO", "", "0", "", exchange, currency,
        f"{symbol}.{currency}", symbol, symbol, contract_id, "0.25",
        "", "LMT,MKT", exchange, "1", "0", f"{symbol} cryptocurrency", "", "", "", "", "",
        "UTC", hours, hours, "", "0", "0",
        "1", "", "", "", "", "", "0.00000001", "0.00000001", "0.00000001",
    ]  # fmt: skip
    return frame(cells) + frame([SAID_DETAILS_END, 1, number])
