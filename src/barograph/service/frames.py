"""Frames of the WebSocket: reading a client's, writing ours, and what lies behind a topic."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from barograph.core.time import INTERVALS
from barograph.service.problems import failure
from barograph.service.reading import Reading
from barograph.service.respond import dumps
from barograph.service.view import View
from barograph.store.store import Bar, Event

FRAME_BYTES: Final = 8192
TOPICS: Final = 64
OPS: Final = ("subscribe", "unsubscribe", "ping")


class BadFrame(Exception):  # noqa: N818 - gets an answer
    """A frame that makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a client wants."""

    op: Literal["subscribe", "unsubscribe", "ping"]
    topics: tuple[str, ...] = ()
    resume: int | None = None


def parse(text: str | None) -> Order:
    """Read a frame.

    Raises
    ------
    BadFrame
        If it is binary, too long, no JSON, or not what a client may say.
    """
    if text is None:
        raise BadFrame("frames are JSON text, this one is binary")
    if len(text) > FRAME_BYTES:
        raise BadFrame(f"a frame of {len(text)} characters; at most {FRAME_BYTES}")
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFrame(f"no JSON: {error}") from error
    if not isinstance(said, dict) or said.get("op") not in OPS:
        raise BadFrame(f'wanted {{"op": ...}} with one of {", ".join(OPS)}')
    if said["op"] == "ping":
        return Order("ping")
    return Order(said["op"], _topics(said.get("topics")), _resume(said.get("resume")))


def _topics(said: object) -> tuple[str, ...]:
    named = isinstance(said, list) and said and all(isinstance(topic, str) for topic in said)
    if not named or len(said) > TOPICS:  # type: ignore[arg-type]
        raise BadFrame(f'"topics" is a list of 1 to {TOPICS} names')
    return tuple(dict.fromkeys(said))  # type: ignore[call-overload]


def _resume(said: object) -> int | None:
    if said is None or (isinstance(said, int) and not isinstance(said, bool) and said >= 0):
        return said
    raise BadFrame('"resume" is the last "seq" seen, or null')


def check_topic(view: View, topic: str) -> None:
    """Refuse a topic nothing can come on.

    Raises
    ------
    BadFrame
        If it is none of ours. Before the runner has said which symbols there are, any may be.
    """
    kind, _, rest = topic.partition(":")
    symbol, _, interval = rest.partition(":")
    known = (
        topic == "status"
        or (kind == "forecast" and bool(symbol) and not interval)
        or (kind == "candle" and interval in INTERVALS)
    )
    if not known:
        raise BadFrame(
            f"unknown topic {topic!r}; there are candle:SYMBOL:INTERVAL, forecast:SYMBOL, status"
        )
    if topic != "status" and view.symbols and symbol not in view.symbols:
        raise BadFrame(f"unknown symbol in {topic!r}; there are {', '.join(view.symbols)}")


def seq_frame(kind: str, topic: str, seq: int, data: bytes) -> str:
    """A frame that carries a sequence number; ``data`` is JSON already."""
    head = dumps({"type": kind, "topic": topic, "seq": seq})
    return (head[:-1] + b',"data":' + data + b"}").decode()


def error_frame(code: str, message: str) -> str:
    """Say what was wrong with a frame."""
    return dumps({"type": "error", "error": failure(code, message, {})["error"]}).decode()


def resumed(reading: Reading, topics: tuple[str, ...], after: int, upto: int) -> list[str] | None:
    """Updates a client missed, headed by their count; None where the outbox no longer holds all.

    Parameters
    ----------
    reading : Reading
    topics : tuple of str
    after : int
        Last sequence number the client saw.
    upto : int
        Last one that the client would not get live.
    """
    first, last = reading.store.event_span()
    if last == 0 or not first - 1 <= after <= upto:
        return None
    marks = ",".join("?" * len(topics))
    rows = reading.store.connection.execute(
        "SELECT seq, topic, body FROM events WHERE seq > ? AND seq <= ? "  # noqa: S608 - marks
        f"AND topic IN ({marks}) ORDER BY seq",
        (after, upto, *topics),
    )
    events = [Event(*row) for row in rows]
    head = dumps({"type": "resumed", "from": after, "count": len(events)}).decode()
    return [head, *(seq_frame("update", one.topic, one.seq, one.body) for one in events)]


def snapshots(
    reading: Reading, topics: tuple[str, ...], seq: int
) -> tuple[list[str], tuple[str, ...]]:
    """State of topics as of a sequence number, or later; and the topics that have none yet."""
    states = {one: _state(reading, one) for one in topics}
    frames = [
        seq_frame("snapshot", one, seq, dumps(state))
        for one, state in states.items()
        if state is not None
    ]
    return frames, tuple(one for one, state in states.items() if state is None)


def has_begun(view: View, topic: str) -> bool:
    """Whether there is something to make a snapshot of."""
    if topic == "status":
        return view.market is not None and bool(view.heartbeat)
    kind, _, symbol = topic.partition(":")
    return kind == "candle" or symbol in view.newest


def _state(reading: Reading, topic: str) -> Any:  # noqa: ANN401 - JSON
    """What a snapshot tells; None where there is nothing yet."""
    store, view = reading.store, reading.view
    if topic == "status":
        said = {symbol: store.meta(f"status:{symbol}") for symbol in view.symbols}
        assets = {symbol: one for symbol, one in said.items() if one is not None}
        heartbeat, market = store.meta("heartbeat"), store.meta("market")
        if heartbeat is None or market is None:
            return None
        return {"heartbeat": heartbeat, "market": market, "assets": assets}
    kind, symbol, *interval = topic.split(":")
    if kind == "forecast":
        return store.forecast(symbol)
    return [_candle(Bar(*row)) for row in store.bars(symbol, interval[0], 0, 1 << 62, 2)]


def _candle(bar: Bar) -> dict[str, Any]:
    prices = {"o": bar.open, "h": bar.high, "l": bar.low, "c": bar.close}
    return {"t": bar.open_time // 1000, **prices, "v": bar.volume, "closed": bool(bar.closed)}
