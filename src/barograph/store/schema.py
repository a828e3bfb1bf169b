"""Tables of the read model: SQLite in WAL mode, one writer, any number of readers.

Nothing here is the truth: bars come from the lake, forecasts from the ledger. Whatever is missing
or damaged is made again from them, so that a new program may change these tables at will.
"""

from typing import Final

FORMAT: Final = 2
"""Written into ``PRAGMA user_version``; another number means: delete and fill anew."""

TABLES: Final = """
CREATE TABLE IF NOT EXISTS meta (
    key TEXT PRIMARY KEY,
    body BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bars (
    symbol TEXT NOT NULL,
    interval TEXT NOT NULL,
    open_time INTEGER NOT NULL,
    open REAL NOT NULL,
    high REAL NOT NULL,
    low REAL NOT NULL,
    close REAL NOT NULL,
    volume REAL,
    quote_volume REAL,
    trades INTEGER,
    taker_buy_base REAL,
    taker_buy_quote REAL,
    closed INTEGER NOT NULL,
    PRIMARY KEY (symbol, interval, open_time)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revisions (
    symbol TEXT NOT NULL,
    interval TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (symbol, interval)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS bar_put_between AFTER INSERT ON bars
WHEN new.closed = 1 AND EXISTS (
    SELECT 1 FROM bars WHERE symbol = new.symbol AND interval = new.interval
    AND open_time > new.open_time AND closed = 1
) BEGIN
    INSERT INTO revisions VALUES (new.symbol, new.interval, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER IF NOT EXISTS bar_changed AFTER UPDATE ON bars
WHEN (old.closed = 1 AND (old.open, old.high, old.low, old.close, old.volume, old.taker_buy_base)
    IS NOT (new.open, new.high, new.low, new.close, new.volume, new.taker_buy_base)
) OR (old.closed = 0 AND new.closed = 1 AND EXISTS (
    SELECT 1 FROM bars WHERE symbol = new.symbol AND interval = new.interval
    AND open_time > new.open_time AND closed = 1
)) OR old.open_time IS NOT new.open_time BEGIN
    INSERT INTO revisions VALUES (new.symbol, new.interval, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TRIGGER IF NOT EXISTS bar_removed AFTER DELETE ON bars WHEN old.closed = 1 BEGIN
    INSERT INTO revisions VALUES (old.symbol, old.interval, 1)
    ON CONFLICT DO UPDATE SET number = number + 1;
END;
CREATE TABLE IF NOT EXISTS beliefs (
    symbol TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    sequence INTEGER,
    issued_at INTEGER,
    body BLOB NOT NULL,
    PRIMARY KEY (symbol, as_of)
);
CREATE TABLE IF NOT EXISTS forecasts (
    symbol TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (symbol, as_of)
);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    body BLOB NOT NULL
);
"""
"""``open_time`` in ms since 1970, ``as_of`` and ``issued_at`` in s.

``revisions`` counts the changes of a series other than closed bars at its end, so that a reader may
keep in memory what it has read. ``beliefs`` holds what was believed at each hour, in binary
(``store.beliefs``): of a walk-forward where ``sequence`` is null, else published as that entry of
the ledger. ``forecasts`` holds the published answers as JSON, cone included. ``events`` is the
outbox of the WebSocket: its sequence numbers are the ones clients resume from; old ones are
dropped.
"""
