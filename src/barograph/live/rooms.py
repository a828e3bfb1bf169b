"""Everything a runner works with, opened once."""

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import barograph
from barograph.core.settings import load_settings
from barograph.core.time import HOUR
from barograph.features.catalogue import features
from barograph.lake.lake import Lake
from barograph.ledger.outcomes import Outcome
from barograph.live.backfill import Rest
from barograph.live.board import Board
from barograph.live.book import Series
from barograph.live.candles import Candles
from barograph.live.job import Job
from barograph.live.keeper import Keeper
from barograph.live.mind import EngineMind
from barograph.live.projection import Projection
from barograph.live.publisher import Publisher
from barograph.live.pulse import Pulse
from barograph.live.record import Record
from barograph.live.risk import Risk
from barograph.live.state import FOLDER, code_hash, data_hash
from barograph.models.base import Output
from barograph.pipelines.append import LiveLake
from barograph.pipelines.ingest import unpacking
from barograph.pipelines.prepare import named
from barograph.pipelines.scorecards import baseline, walk_forward
from barograph.pipelines.scorecards import live as live_cards
from barograph.sources.catalogue import layouts
from barograph.store.store import Store

LOG: Final = logging.getLogger(__name__)
LAKE: Final = "lake"
"""Folder of the lake within the serving folder."""
WALKED: Final = "walked:"
"""Begins the keys of ``meta`` that say which code and bars the beliefs are of."""
SCORED_FROM: Final = datetime(2021, 1, 1, tzinfo=UTC)
"""First origin of the walk-forward's record, as in the published studies."""
HISTORY: Final = {"1h": timedelta(days=8 * 365), "5m": timedelta(days=60), "1m": timedelta(days=7)}
"""How far back a series that the lake does not have is fetched."""


def open_rooms(job: Job) -> "Rooms":
    """Open lake and store of a serving folder and let the heart beat."""
    settings = load_settings(named("small").with_name("live.yaml"))
    settings = settings.model_copy(update={"symbols": job.symbols})
    lake = LiveLake(Lake(job.serving / LAKE), settings, features(), unpacking(layouts()))
    board, candles = Board(job.symbols), Candles()
    risk = Risk(job.symbols, job.clock)
    store = Store.writer(job.serving)
    projection = Projection(store, lake, candles)
    rest = Rest(risk.watched(job.get), job.exchange.rest, job.exchange.venue, job.clock)
    keeper = Keeper(lake, projection, rest, job.clock)
    record = Record.read(lake)
    publisher = Publisher({}, record, projection, keeper, board, job.clock)
    rooms = Rooms(job, lake, store, board, candles, projection, keeper, publisher, risk)
    rooms.pulse.start()
    return rooms


@dataclass
class Rooms:
    """Parts of a runner, and the work that needs several of them."""

    job: Job
    lake: LiveLake
    store: Store
    board: Board
    candles: Candles
    projection: Projection
    keeper: Keeper
    publisher: Publisher
    risk: Risk
    pulse: Pulse = field(init=False)

    def __post_init__(self) -> None:
        self.pulse = Pulse(self.job.serving, self.board, self.candles, self.market, self.risk)

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
        """Give every symbol a mind that has learnt what the lake holds: from its file, or walking.

        A mind whose history has not changed since is kept as it is.
        """
        minds = self.publisher.minds
        for symbol in self.job.symbols:
            if symbol in minds and not minds[symbol].outdated:
                continue
            began = time.monotonic()
            mind = self._restored(symbol)
            if mind is None:
                self.board.doing(f"walking forward over the history of {symbol}", "starting")
                mind = EngineMind.warm(self.lake, symbol)
                self._believe(mind)
            minds[symbol] = mind
            LOG.info("%s is ready after %.1f s", symbol, time.monotonic() - began)
        self.say("publishing what is owed")

    def catch_up(self) -> None:
        """Mend the store, then publish every hour that is owed, oldest first."""
        last = self._last_hour()
        for mind in self.publisher.minds.values():
            while mind.at < last:
                mind.step()
        # A state may be older than the ledger's last entry: only now can every entry be shown.
        self.publisher.mend()
        self._publish_owed()
        for mind in self.walked():
            mind.rehearse()
        self.save()

    def _publish_owed(self) -> None:
        for hour in self.publisher.owed():
            self.publisher.publish(hour)

    def save(self) -> None:
        """Keep every mind in a file, so that a restart need not walk."""
        for mind in self.walked():
            mind.save(self.job.serving / FOLDER)

    def _restored(self, symbol: str) -> EngineMind | None:
        """Mind of an earlier run, where the store has what that run believed."""
        walked = self.store.meta(WALKED + symbol) or {}
        if walked.get("code") != code_hash():
            return None
        venue = self.job.exchange.venue
        return EngineMind.restored(self.lake, symbol, venue, self.job.serving / FOLDER)

    def _believe(self, mind: EngineMind) -> None:
        """Write what a walk believed, as far as an earlier walk of the same bars did not."""
        past = mind.past
        assert past is not None  # noqa: S101 - it has just walked
        rows = self.lake.rows(self.keeper.key((mind.symbol, "1h")))
        code, held = code_hash(), self.store.meta(WALKED + mind.symbol) or {}
        upto = int(held.get("upto", 0)) if held.get("code") == code else 0
        if upto and data_hash(rows, upto) != held.get("data"):
            upto = 0
        self.projection.beliefs(mind.symbol, past, mind.layout, upto, self.say)
        end = int(past.hours[-1])
        with self.store.transaction():
            said = {"code": code, "upto": end, "data": data_hash(rows, end)}
            self.store.put_meta(WALKED + mind.symbol, said)

    def walked(self) -> list[EngineMind]:
        """Every mind."""
        return [mind for mind in self.publisher.minds.values() if isinstance(mind, EngineMind)]

    def _last_hour(self) -> datetime:
        """End of the last hour that is not under way: of it, a symbol's bar may still come."""
        keys = [self.keeper.key((symbol, "1h")) for symbol in self.job.symbols]
        ends = [self.lake.rows(key)["close_time"].max() for key in keys]
        known = [end for end in ends if isinstance(end, datetime)]
        whole = len(known) == len(keys) and min(known) == max(known)
        return max(known) if whole else max(known) - HOUR

    def repair(self) -> None:
        """After a failure: make the store say what lake and ledger say, and publish what is owed.

        An hour whose entry the disk refused is behind the minds already.
        """
        keys = [self.keeper.key((s, i)) for s in self.job.symbols for i in self.job.intervals]
        self.projection.bars(keys, lambda _: None)
        if self.publisher.minds:
            self.publisher.mend()
            self._publish_owed()

    def after(self) -> None:
        """What follows a publication: outcomes, scorecards, tidiness."""
        record = self.publisher.record
        self.keep_outcomes(record.mature(self.job.clock()))
        self.lake.tidy()

    def keep_outcomes(self, fresh: list[Outcome]) -> None:
        """Sum up the live record of the symbols whose outcomes are new."""
        record = self.publisher.record
        for symbol in {outcome.symbol for outcome in fresh}:
            entries = [entry for (each, _), entry in record.entries.items() if each == symbol]
            held = record.outcomes[symbol]
            self._put_cards(symbol, "live", live_cards(entries, held, self.lake.settings.horizons))

    def cards(self, mind: EngineMind) -> list[dict[str, Any]]:
        """Sum up the record of a walk; may run beside everything else."""
        past, panel = mind.past, mind.panel
        if past is None or panel is None:
            return []
        output = Output(past.variance, past.quantiles)
        return walk_forward(panel, output, baseline(panel), SCORED_FROM)

    def keep_cards(self, mind: EngineMind, cards: list[dict[str, Any]]) -> None:
        """Write the record of a walk, and let go of the walk."""
        if cards:
            self._put_cards(mind.symbol, "walk_forward", cards)
        mind.past = mind.panel = None

    def _put_cards(self, symbol: str, part: str, cards: list[dict[str, Any]]) -> None:
        name = f"scorecards:{symbol}"
        held = self.store.meta(name) or {"walk_forward": [], "live": []}
        with self.store.transaction():
            self.store.put_meta(name, held | {part: cards})
