"""Everything a runner works with, opened once."""

import hashlib
import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import barograph
from barograph.core.settings import load_settings
from barograph.features.catalogue import features
from barograph.lake.lake import Lake
from barograph.live.backfill import Rest
from barograph.live.board import Board
from barograph.live.book import Series
from barograph.live.candles import Candles
from barograph.live.keeper import Keeper
from barograph.live.projection import Projection
from barograph.live.publisher import Publisher
from barograph.live.pulse import Pulse
from barograph.live.record import Record
from barograph.live.reread import RereadMind
from barograph.pipelines.append import LiveLake
from barograph.pipelines.ingest import unpacking
from barograph.pipelines.prepare import named
from barograph.pipelines.scorecards import live as live_cards
from barograph.sources.catalogue import layouts
from barograph.store.store import Store

if TYPE_CHECKING:
    from barograph.live.runner import Job

LOG: Final = logging.getLogger(__name__)
LAKE: Final = "lake"
"""Folder of the lake within the serving folder."""
HISTORY: Final = {"1h": timedelta(days=8 * 365), "5m": timedelta(days=60), "1m": timedelta(days=7)}
"""How far back a series that the lake does not have is fetched."""


def open_rooms(job: "Job") -> "Rooms":
    """Open lake and store of a serving folder and let the heart beat."""
    settings = load_settings(named("small").with_name("live.yaml"))
    settings = settings.model_copy(update={"symbols": job.symbols})
    lake = LiveLake(Lake(job.serving / LAKE), settings, features(), unpacking(layouts()))
    board, candles = Board(job.symbols), Candles()
    store = Store.writer(job.serving)
    projection = Projection(store, lake, candles)
    rest = Rest(job.get, job.exchange.rest, job.exchange.venue, job.clock)
    keeper = Keeper(lake, projection, rest, job.clock, set())
    record = Record.read(lake)
    publisher = Publisher({}, record, projection, keeper, board, job.clock)
    rooms = Rooms(job, lake, store, board, candles, projection, keeper, publisher)
    rooms.pulse.start()
    return rooms


@dataclass
class Rooms:
    """Parts of a runner, and the work that needs several of them."""

    job: "Job"
    lake: LiveLake
    store: Store
    board: Board
    candles: Candles
    projection: Projection
    keeper: Keeper
    publisher: Publisher
    pulse: Pulse = field(init=False)
    outcomes: dict[str, list[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pulse = Pulse(self.job.serving, self.board, self.candles, self.market)

    def close(self) -> None:
        """Stop the heart, close the store."""
        self.pulse.stop()
        self.store.close()

    def market(self) -> dict[str, Any]:
        """The store's ``market``."""
        return self.job.clock.meta() | {
            "venue": self.job.exchange.venue,
            "symbols": list(self.job.symbols),
            "horizons": list(self.lake.settings.horizons),
            "model_version": f"barograph {barograph.__version__}",
            "exchange": self.job.exchange.rest,
        }

    def say(self, words: str) -> None:
        """Tell what is being done."""
        self.board.doing(words)

    def beginning(self, series: Series) -> int:
        """Opening time from which a series is fetched that the lake does not have, ms."""
        begin = self.job.clock() - HISTORY.get(series[1], timedelta(days=30))
        return int(begin.timestamp()) // 86400 * 86_400_000

    def warm(self) -> None:
        """Let every symbol's mind learn from the whole lake, and write what it believed."""
        for symbol in self.job.symbols:
            self.say(f"walking forward over the history of {symbol}")
            began = time.monotonic()
            mind = RereadMind(self.lake, symbol)
            LOG.info("%s walked in %.1f s", symbol, time.monotonic() - began)
            past, layout = mind.past(), mind.layout
            identity = hashlib.sha256(past.quantiles.tobytes()).hexdigest()
            self.projection.beliefs(symbol, past, layout, identity, self.say)
            self.publisher.minds[symbol] = mind

    def repair(self) -> None:
        """After a failure: make the store say what lake and ledger say."""
        keys = [self.keeper.key((s, i)) for s in self.job.symbols for i in self.job.intervals]
        self.projection.bars(keys, lambda _: None)
        if self.publisher.minds:
            self.publisher.mend()

    def after(self) -> None:
        """What follows a publication: outcomes, scorecards, tidiness."""
        record = self.publisher.record
        self.keep_outcomes(record.mature(self.job.clock()))
        self.lake.tidy()
        self.board.doing("following the market", "running")

    def keep_outcomes(self, fresh: list[Any]) -> None:
        """Sum up the live record of the symbols whose outcomes are new."""
        for outcome in fresh:
            self.outcomes.setdefault(outcome.symbol, []).append(outcome)
        for symbol in {outcome.symbol for outcome in fresh}:
            entries = [
                entry for (s, _), entry in self.publisher.record.entries.items() if s == symbol
            ]
            cards = live_cards(entries, self.outcomes[symbol], self.lake.settings.horizons)
            held = self.store.meta(f"scorecards:{symbol}") or {"walk_forward": []}
            with self.store.transaction():
                self.store.put_meta(f"scorecards:{symbol}", held | {"live": cards})
