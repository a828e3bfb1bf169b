"""Interactive Brokers' history of crypto contracts, over a running TWS or IB Gateway.

One question at a time: a gateway's complaints then belong to the question that is open, also
those that ``ib_async`` takes for warnings and lets hang. What a complaint means is decided here
(:func:`meaning`); when to ask again is decided by whoever asks.

Reference: https://ibkrcampus.com/campus/ibkr-api-page/twsapi-doc/ (error codes, historical bars).
"""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from barograph.core.errors import SourceError
from barograph.sources.retry import TransientError

if TYPE_CHECKING:
    from ib_async import IB, Contract

T = TypeVar("T")

EXCHANGES: Final = ("PAXOS", "ZEROHASH")
WHAT: Final = "AGGTRADES"
"""The one kind of trades IBKR has for crypto contracts."""
BAR_SIZE: Final = "1 hour"
SIMULATED_ACCOUNT: Final = "SIMULATED"
"""Account of the stand-in (:mod:`barograph.simulator.ibkr`): whatever comes from it says so."""

LOST: Final = 1100
BACK: Final = frozenset({1101, 1102})
NO_CONTRACT: Final = 200
HISTORY: Final = 162
TAKEN: Final = 326
PASSING: Final = frozenset({322, 366, 502, 504, 1100, 1300})
"""Too many at once, a question forgotten, connections that broke."""
REFUSED: Final = frozenset({
    200, 201, 203, 320, 321, 326, 354, 420, 460, 10089, 10090, 10167, 10168, 10187, 10197,
})  # fmt: skip
"""No such contract, no such request, no permission, another session: the same again next time."""


class NothingThereError(Exception):
    """The gateway has no bars of that time: an answer, not a failure."""


class NoContractError(SourceError):
    """The gateway knows no such contract."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a gateway listens, and what is asked of it.

    Attributes
    ----------
    host, port : str, int
        TWS listens on 7496 (paper 7497), IB Gateway on 4001 (paper 4002).
    client_id : int
        Number among the gateway's clients; another program with it is refused or pushes us out.
    exchanges : tuple of str
        Venues whose crypto contracts are tried, in this order.
    connect_patience, answer_patience : float
        Seconds until a connection or an answer counts as failed.
    """

    host: str = "127.0.0.1"
    port: int = 4002
    client_id: int = 17
    exchanges: tuple[str, ...] = EXCHANGES
    connect_patience: float = 8.0
    answer_patience: float = 90.0

    def __str__(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A contract as the gateway knows it.

    Attributes
    ----------
    symbol, exchange : str
        For instance ``BTC`` and ``PAXOS``.
    contract : Contract
        The gateway's own.
    """

    symbol: str
    exchange: str
    contract: "Contract"

    @property
    def name(self) -> str:
        """What IBKR counts requests by: contract, venue, kind of data."""
        return f"{self.symbol} {self.exchange} {WHAT}"


def meaning(code: int, text: str) -> Exception:
    """What a gateway's complaint about a question means.

    Parameters
    ----------
    code : int
        IBKR's message code.
    text : str
        Its words; 162 is told apart by them.

    Returns
    -------
    error : Exception
        ``NothingThereError``: an answer. ``TransientError``: ask again later. ``SourceError``:
        asking again would change nothing.
    """
    said = f"IBKR {code}: {' '.join(text.split())[:200]}"
    lowered = text.lower()
    if code == HISTORY and ("no data" in lowered or "no historical market data" in lowered):
        return NothingThereError(said)
    if code == HISTORY and "permission" in lowered:
        return SourceError(f"{said}; subscribe to the crypto data in your account's settings")
    if code == HISTORY or code in PASSING:
        return TransientError(said)
    if code == NO_CONTRACT:
        return NoContractError(f"{said}; name another --exchange")
    if code == TAKEN:
        return SourceError(f"{said}; name another --client-id")
    return SourceError(f"{said}; see IBKR's list of message codes")


@dataclass(slots=True)
class Gateway:
    """A connection to a gateway, made when first needed and again after it broke.

    Attributes
    ----------
    address : Address
    simulated : bool
        Whether the one that was reached last is the stand-in.
    """

    address: Address
    simulated: bool = False
    _ib: "IB | None" = None
    _lost: str = ""
    _open: "asyncio.Future[None] | None" = None
    _complaints: list[Exception] = field(default_factory=list)
    _settled: int = -1
    """Number below which no question is open any more."""

    @property
    def connected(self) -> bool:
        """Whether the socket stands and the gateway answered the greeting."""
        return self._ib is not None and self._ib.isConnected()

    async def connect(self) -> None:
        """Greet the gateway, unless that is done.

        Raises
        ------
        TransientError
            If nobody answers there.
        SourceError
            If the client number is in use.
        """
        if self.connected:
            return
        from ib_async import IB
        from ib_async.ib import StartupFetchNONE

        await self.close()
        ib, where = IB(), self.address
        ib.RaiseRequestErrors = True
        self._ib, self._lost, self._settled = ib, "", -1
        ib.errorEvent += self._complained
        ib.disconnectedEvent += self._parted
        greeting = ib.connectAsync(
            where.host, where.port, where.client_id, where.connect_patience,
            readonly=True, fetchFields=StartupFetchNONE,
        )  # fmt: skip
        try:
            await self._first(greeting, None)
        except (OSError, TimeoutError) as error:
            await self.close()
            refused = isinstance(error, ConnectionRefusedError)
            why = "connection refused" if refused else str(error) or "no answer"
            raise TransientError(f"no IBKR gateway answers at {where} ({why})") from error
        self.simulated = SIMULATED_ACCOUNT in ib.client.getAccounts()

    async def close(self) -> None:
        """Part from the gateway, and let the socket close while there is a loop."""
        if self._ib is not None:
            self._ib.errorEvent.clear()
            self._ib.disconnectedEvent.clear()
            if self._ib.client.isReady():
                self._ib.disconnect()
                await asyncio.sleep(0)
        self._ib = None

    async def listed(self, symbol: str) -> Listed:
        """Crypto contract of a symbol on the first of the venues that lists it.

        Raises
        ------
        NoContractError
            If none does.
        TransientError
            If the gateway did not answer.
        """
        from ib_async import Crypto

        told = "no venue was named"
        for exchange in self.address.exchanges:
            wanted = Crypto(symbol, exchange, "USD")
            try:
                found = await self._answer(self._known().reqContractDetailsAsync(wanted))
            except NoContractError as error:
                told = str(error)
                continue
            contracts = [one.contract for one in found if one.contract is not None]
            if contracts:
                return Listed(symbol, exchange, contracts[0])
        venues = " or ".join(self.address.exchanges)
        raise NoContractError(f"{symbol} in USD is not listed on {venues}: {told}")

    async def first_moment(self, listed: Listed) -> datetime:
        """When a contract's history begins.

        Raises
        ------
        NothingThereError, TransientError, SourceError
            As in ``meaning``.
        """
        ask = self._known().reqHeadTimeStampAsync(listed.contract, WHAT, False, 2)
        try:
            return _aware(await self._answer(ask))
        except ValueError as error:
            raise SourceError(f"IBKR's first moment of {listed.name}: {error}") from error

    async def bars(self, listed: Listed, end: datetime, duration: str) -> list[list[float]]:
        """Hourly bars before a moment, the oldest first.

        Parameters
        ----------
        listed : Listed
        end : datetime
        duration : str
            As IBKR has it: ``32 D``.

        Returns
        -------
        bars : list of list
            Opening time (seconds since 1970), open, high, low, close, volume in units of the
            coin, average price, count of trades; -1 where IBKR knows none.

        Raises
        ------
        NothingThereError, TransientError, SourceError
            As in ``meaning``; a silent or broken gateway is transient.
        """
        ib = self._known()
        number = self._settled + 1  # ib_async tells it only with the answer
        ask = ib.reqHistoricalDataAsync(
            listed.contract, end, duration, BAR_SIZE, WHAT,
            useRTH=False, formatDate=2, timeout=0,
        )  # fmt: skip
        try:
            found = await self._answer(ask)
        except TransientError:
            if self.connected:
                ib.client.cancelHistoricalData(number)  # type: ignore[no-untyped-call]
            raise
        return [
            [
                _aware(bar.date).timestamp(), bar.open, bar.high, bar.low, bar.close,
                bar.volume, bar.average, float(bar.barCount),
            ]
            for bar in found
        ]  # fmt: skip

    def _known(self) -> "IB":
        if self._ib is None or not self._ib.isConnected():
            raise TransientError(f"the connection to the gateway at {self.address} is gone")
        if self._lost:
            raise TransientError(self._lost)
        # A number is drawn to know what is said of earlier questions, which nobody waits for.
        self._settled = self._ib.client.getReqId()
        return self._ib

    async def _answer(self, ask: Awaitable[T]) -> T:
        """Answer to a question, or what became of it."""
        patience = self.address.answer_patience
        try:
            return await self._first(ask, patience)
        except ConnectionError as error:
            raise TransientError(f"the connection to {self.address} broke: {error}") from error
        except TimeoutError as error:
            said = f"the gateway at {self.address} is silent for {patience:g} s"
            raise TransientError(said) from error

    async def _first(self, ask: Awaitable[T], patience: float | None) -> T:
        """What comes first: the answer, a complaint about the question, or the end of patience."""
        self._complaints.clear()
        self._open = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(ask)
        either: set[asyncio.Future[Any]] = {task, self._open}
        try:
            await asyncio.wait(either, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if self._complaints:
                raise self._complaints[0]
            if not task.done():
                raise TimeoutError
            return await task
        finally:
            self._open = None
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task

    def _complained(self, number: int, code: int, text: str, _: object) -> None:
        """Take in what the gateway says beside its answers."""
        if code == LOST:
            self._lost = str(meaning(code, text))
        if code in BACK:
            self._lost = ""
        about_us = number > self._settled and not _is_notice(code)
        if code == LOST or about_us or (number == -1 and code in REFUSED):
            self._complaints.append(meaning(code, text))
            self._wake()

    def _parted(self) -> None:
        self._complaints.append(TransientError(f"the gateway at {self.address} hung up"))
        self._wake()

    def _wake(self) -> None:
        if self._open is not None and not self._open.done():
            self._open.set_result(None)


def _is_notice(code: int) -> bool:
    """Whether a message only says how the gateway itself is."""
    return 2100 <= code < 2200 or code == 165


def _aware(moment: date | datetime | None) -> datetime:
    """Moment in UTC; one without a zone would be of the gateway's own zone, which we do not know.

    Raises
    ------
    SourceError
        If it is no moment, or has no zone.
    """
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise SourceError(f"IBKR dated an hour {moment!r}; wanted seconds since 1970: update TWS")
    return moment.astimezone(UTC)
