"""The read model as a file: opened by one writer and any number of readers."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from barograph.core.errors import LakeError
from barograph.store.schema import FORMAT, TABLES

FILE: Final = "store.sqlite"
KEPT_EVENTS: Final = 20_000
"""Events a client may be behind before it is given a snapshot instead."""
BUSY_SECONDS: Final = 1.0


class Bar(NamedTuple):
    """One bar as the terminal needs it; moments in ms since 1970, flows None where unknown."""

    symbol: str
    interval: str
    open_time: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None
    quote_volume: float | None
    trades: int | None
    taker_buy_base: float | None
    taker_buy_quote: float | None
    closed: bool


class Event(NamedTuple):
    """One message for the terminal; ``body`` is JSON."""

    seq: int
    topic: str
    body: bytes


class BeliefRow(NamedTuple):
    """What was believed at an hour; ``body`` as ``store.beliefs`` packs it, moments in s."""

    symbol: str
    as_of: int
    sequence: int | None
    issued_at: int | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Store:
    """A connection to the read model.

    Not shared between threads: each opens its own.

    Attributes
    ----------
    connection : sqlite3.Connection
        The connection beneath.
    """

    connection: sqlite3.Connection

    @classmethod
    def writer(cls, folder: Path) -> "Store":
        """Open for writing; made where it is missing or of another program.

        Raises
        ------
        LakeError
            If the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / FILE
            if path.exists() and _format(path) not in (0, FORMAT):
                for part in ("", "-wal", "-shm"):
                    path.with_name(path.name + part).unlink(missing_ok=True)
            connection = _connect(path)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(TABLES)
            # A client of a store that was made anew must not resume on a number of the old one.
            connection.execute(
                "INSERT INTO sqlite_sequence SELECT 'events', ? "
                "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'events')",
                (time.time_ns() // 1_000_000,),
            )
            connection.execute(f"PRAGMA user_version={FORMAT}")
        except (OSError, sqlite3.Error) as error:
            raise LakeError(
                f"cannot open the store in {folder}: {error}; free some space"
            ) from error
        return cls(connection)

    @classmethod
    def reader(cls, folder: Path) -> "Store":
        """Open for reading.

        Raises
        ------
        LakeError
            If there is no store, or it is of another program.
        """
        path = folder / FILE
        try:
            if not path.exists() or _format(path) != FORMAT:
                raise LakeError(f"no store in {folder}; start the runner with `barograph serve`")
            connection = _connect(path)
            connection.execute("PRAGMA query_only=ON")
        except sqlite3.Error as error:
            raise LakeError(f"cannot read {path}: {error}; delete it and start again") from error
        return cls(connection)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing.

        Raises
        ------
        LakeError
            If the disk refuses; nothing was written then.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield
            self.connection.execute("COMMIT")
        except BaseException as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise LakeError(f"cannot write the store: {error}; free some space") from error
            raise

    @property
    def data_version(self) -> int:
        """A number that changes when another connection has committed; cheap to ask."""
        (number,) = self.connection.execute("PRAGMA data_version").fetchone()
        return int(number)

    def put_meta(self, key: str, body: object) -> None:
        """Keep a JSON value under a key."""
        self.connection.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            (key, orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)),
        )

    def meta(self, key: str) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON value of a key; None where there is none."""
        row = self.connection.execute("SELECT body FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else orjson.loads(row[0])

    def put_bars(self, bars: Iterable[Bar]) -> None:
        """Add bars; one that is there is replaced, but an open one never replaces a closed one."""
        self.connection.executemany(
            "INSERT INTO bars VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) "
            "ON CONFLICT (symbol, interval, open_time) DO UPDATE SET open=excluded.open, "
            "high=excluded.high, low=excluded.low, close=excluded.close, volume=excluded.volume, "
            "quote_volume=excluded.quote_volume, trades=excluded.trades, "
            "taker_buy_base=excluded.taker_buy_base, taker_buy_quote=excluded.taker_buy_quote, "
            "closed=excluded.closed WHERE excluded.closed >= bars.closed",
            bars,
        )

    def bars(
        self, symbol: str, interval: str, start: int, end: int, limit: int = 1_000_000
    ) -> list[tuple[Any, ...]]:
        """The last ``limit`` bars that open in ``[start, end)``, ascending, in ``Bar`` order."""
        rows = self.connection.execute(
            "SELECT * FROM bars WHERE symbol = ? AND interval = ? AND open_time >= ? "
            "AND open_time < ? ORDER BY open_time DESC LIMIT ?",
            (symbol, interval, start, end, limit),
        ).fetchall()
        rows.reverse()
        return rows

    def span(self, symbol: str, interval: str) -> tuple[int, int] | None:
        """First and last opening time of a series, ms; None where it is empty."""
        one = "(SELECT {}(open_time) FROM bars WHERE symbol = ?1 AND interval = ?2)"
        first, last = self.connection.execute(  # asked apart, each is one look at the index
            f"SELECT {one.format('min')}, {one.format('max')}", (symbol, interval)
        ).fetchone()
        return None if first is None else (first, last)

    def revision(self, symbol: str, interval: str) -> int:
        """A number that changes with any closed bar of a series but new ones at its end."""
        row = self.connection.execute(
            "SELECT number FROM revisions WHERE symbol = ? AND interval = ?", (symbol, interval)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def series(self) -> list[tuple[str, str]]:
        """Every (symbol, interval) there are bars of."""
        found: list[tuple[str, str]] = []
        row = self.connection.execute("SELECT symbol, interval FROM bars LIMIT 1").fetchone()
        while row is not None:  # a skip scan: DISTINCT would read every bar
            found.append((row[0], row[1]))
            row = (
                self.connection.execute(
                    "SELECT symbol, interval FROM bars WHERE symbol = ? AND interval > ? LIMIT 1",
                    row,
                ).fetchone()
                or self.connection.execute(
                    "SELECT symbol, interval FROM bars WHERE symbol > ? LIMIT 1", row[:1]
                ).fetchone()
            )
        return found

    def put_beliefs(self, rows: Iterable[BeliefRow]) -> None:
        """Add what was believed; a published belief is never replaced by a walk-forward's."""
        self.connection.executemany(
            "INSERT INTO beliefs VALUES (?,?,?,?,?) ON CONFLICT (symbol, as_of) DO UPDATE SET "
            "sequence=excluded.sequence, issued_at=excluded.issued_at, body=excluded.body "
            "WHERE excluded.sequence IS NOT NULL OR beliefs.sequence IS NULL",
            rows,
        )

    def belief(self, symbol: str, as_of: int) -> BeliefRow | None:
        """What was believed at an hour; None where nothing was."""
        row = self.connection.execute(
            "SELECT * FROM beliefs WHERE symbol = ? AND as_of = ?", (symbol, as_of)
        ).fetchone()
        return None if row is None else BeliefRow(*row)

    def beliefs(self, symbol: str, start: int, end: int, limit: int) -> list[BeliefRow]:
        """The last ``limit`` beliefs with ``as_of`` in ``[start, end)``, ascending."""
        rows = self.connection.execute(
            "SELECT * FROM beliefs WHERE symbol = ? AND as_of >= ? AND as_of < ? "
            "ORDER BY as_of DESC LIMIT ?",
            (symbol, start, end, limit),
        ).fetchall()
        return [BeliefRow(*row) for row in reversed(rows)]

    def put_forecast(self, symbol: str, as_of: int, body: Mapping[str, Any]) -> None:
        """Keep a published answer."""
        self.connection.execute(
            "INSERT OR REPLACE INTO forecasts VALUES (?,?,?)",
            (symbol, as_of, orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)),
        )

    def forecast(self, symbol: str, as_of: int | None = None) -> dict[str, Any] | None:
        """Return the published answer of an hour, the newest when None."""
        where = "ORDER BY as_of DESC LIMIT 1" if as_of is None else "AND as_of = ?"
        given = (symbol,) if as_of is None else (symbol, as_of)
        row = self.connection.execute(
            f"SELECT body FROM forecasts WHERE symbol = ? {where}",  # noqa: S608 - two constants
            given,
        ).fetchone()
        return None if row is None else orjson.loads(row[0])

    def publish(self, events: Sequence[tuple[str, object]]) -> None:
        """Put messages into the outbox, as (topic, JSON value), and drop old ones."""
        self.connection.executemany(
            "INSERT INTO events (topic, body) VALUES (?, ?)",
            [
                (topic, orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY))
                for topic, body in events
            ],
        )
        self.connection.execute(
            "DELETE FROM events WHERE seq <= (SELECT max(seq) FROM events) - ?", (KEPT_EVENTS,)
        )

    def events(self, after: int, limit: int = 1_000) -> list[Event]:
        """Messages after a sequence number, oldest first."""
        rows = self.connection.execute(
            "SELECT seq, topic, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        )
        return [Event(*row) for row in rows]

    def event_span(self) -> tuple[int, int]:
        """First and last sequence number held; (0, 0) where there is none."""
        first, last = self.connection.execute(
            "SELECT (SELECT min(seq) FROM events), (SELECT max(seq) FROM events)"
        ).fetchone()
        return (first or 0, last or 0)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _format(path: Path) -> int:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        (number,) = connection.execute("PRAGMA user_version").fetchone()
    finally:
        connection.close()
    return int(number)
