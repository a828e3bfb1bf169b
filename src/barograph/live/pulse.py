"""The runner's heartbeat: a thread that keeps telling the store how things stand.

It has a connection of its own, so that it goes on while the runner warms up, waits for a disk or
steps its models. Each half second it writes the open bars that changed, each second the heartbeat
and every symbol's status; a change of status is written at once.
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from barograph.core.errors import LakeError
from barograph.live.board import Board
from barograph.live.candles import Candles
from barograph.live.risk import Risk
from barograph.store.store import Store

LOG: Final = logging.getLogger(__name__)
BEAT: Final = 1.0
OPEN_BARS: Final = 0.5
HUNG: Final = 70
"""Exit status of a runner that ended itself."""


class Pulse(threading.Thread):
    """Writes heartbeat, status and open bars until stopped.

    Parameters
    ----------
    folder : Path
        Where the store lies.
    board : Board
        What to tell.
    candles : Candles
        Open bars.
    market : Callable[[], dict or None]
        The store's ``market``; None until it is known.
    risk : Risk
        Breakers, told here how old the last message is.
    """

    def __init__(
        self,
        folder: Path,
        board: Board,
        candles: Candles,
        market: Callable[[], dict[str, Any] | None],
        risk: Risk,
    ) -> None:
        super().__init__(name="pulse", daemon=True)
        self._folder, self._board, self._candles, self._market = folder, board, candles, market
        self._risk = risk
        self._ended = threading.Event()

    def stop(self) -> None:
        """End the thread and wait for its last word."""
        self._ended.set()
        self._board.changed.set()
        self.join(5.0)

    def _watch(self) -> None:
        """End a process that hangs: it is started again, and nothing is half done."""
        if self._board.hangs:
            LOG.critical("the runner hangs; it ends itself to be started again")
            os._exit(HUNG)

    def run(self) -> None:
        """Beat."""
        store: Store | None = None
        beaten = 0.0
        while not self._ended.is_set():
            told = self._board.changed.wait(OPEN_BARS)
            self._board.changed.clear()
            self._watch()
            try:
                store = store or Store.writer(self._folder)
                self._candles.flush(store)
                if told or time.monotonic() - beaten >= BEAT:
                    beaten = time.monotonic()
                    with store.transaction():
                        self._beat(store)
            except (LakeError, sqlite3.Error) as error:
                LOG.warning("cannot write the heartbeat: %s", error)
                if store is not None:
                    with suppress(sqlite3.Error):
                        store.close()
                store = None
                time.sleep(0.2)

    def _beat(self, store: Store) -> None:
        heartbeat, statuses, market = (
            self._board.heartbeat(),
            self._board.statuses(),
            self._market(),
        )
        store.put_meta("heartbeat", heartbeat)
        for symbol, status in statuses.items():
            self._risk.aged(symbol, status["last_message_wall"])
            status["risk"] = self._risk.holding(symbol)
            store.put_meta(f"status:{symbol}", status)
        if market is not None:
            store.put_meta("market", market)
        body = {"heartbeat": heartbeat, "market": market, "assets": statuses}
        store.publish([("status", body)])
