"""The API's answers without a server: the same models, read straight from a serving folder (R-A8).

Nothing is cached and nothing is followed: every call reads the folder as it is now.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from barograph.core.errors import InputError, LakeError
from barograph.service.explanations import explanation
from barograph.service.ghosts import Past, ghosts
from barograph.service.market import Wanted, market_data
from barograph.service.params import EngineName
from barograph.service.past import predicted
from barograph.service.predictions import published, with_truth
from barograph.service.problems import Problem, prediction_unavailable
from barograph.service.reading import Reading
from barograph.service.record import scores
from barograph.service.respond import dumps
from barograph.service.risk import with_breakers
from barograph.service.schemas import Explanation, Ghosts, MarketData, Model, Prediction, Scores
from barograph.service.truth import truth
from barograph.service.view import read_view
from barograph.store.store import Store

T = TypeVar("T", bound=Model)
UNAVAILABLE: Final = 503


class Served:
    """What a serving folder holds, asked from Python.

    Parameters
    ----------
    folder : Path
        Of a runner, at work or stopped: ``truth`` in every answer says how old it is.

    Notes
    -----
    Every method raises ``InputError`` for a question that makes no sense, and ``LakeError`` where
    the folder holds no answer yet or cannot be read; messages are those of the HTTP API.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def predict(
        self, asset: str, horizon_hours: int = 24, at: str | None = None, engine: str = "calibrated"
    ) -> Prediction:
        """As ``GET /predict``."""
        if engine not in get_args(EngineName):
            raise InputError(f"no engine {engine!r}; there are: {', '.join(get_args(EngineName))}")
        return self._ask(Prediction, _predict, asset, horizon_hours, at, engine)

    def explain(self, asset: str, horizon_hours: int = 24, at: str | None = None) -> Explanation:
        """As ``GET /explain``."""
        return self._ask(Explanation, explanation, asset, horizon_hours, at)

    def market_data(
        self,
        asset: str,
        resolution: str = "1h",
        start: str | None = None,
        end: str | None = None,
        limit: int = 1000,
        layers: str = "",
    ) -> MarketData:
        """As ``GET /market-data``."""
        wanted = Wanted(asset, resolution, start, end, limit, layers)
        return self._ask(MarketData, market_data, wanted)

    def ghosts(
        self,
        asset: str,
        horizon_hours: int = 24,
        start: str | None = None,
        end: str | None = None,
        limit: int = 100,
        every: int = 1,
    ) -> Ghosts:
        """As ``GET /ghosts``."""
        return self._ask(Ghosts, ghosts, Past(asset, horizon_hours, start, end, limit, every))

    def scores(self, asset: str) -> Scores:
        """As ``GET /scores``."""
        return self._ask(Scores, scores, asset)

    def _ask(self, model: type[T], make: Callable[..., dict[str, Any]], *args: object) -> T:
        with self._reading() as reading:
            try:
                return model.model_validate_json(dumps(make(reading, *args)))
            except Problem as problem:
                kind = LakeError if problem.status == UNAVAILABLE else InputError
                raise kind(problem.message) from problem

    @contextmanager
    def _reading(self) -> Iterator[Reading]:
        store = Store.reader(self._folder)
        try:
            yield Reading(store, read_view(store), time.time())
        finally:
            store.close()


def _predict(
    reading: Reading, asset: str, hours: int, at: str | None, engine: str
) -> dict[str, Any]:
    """Predict as the server does: without a moment, the newest that was published."""
    if at is not None:
        return predicted(reading, asset, hours, at, engine)
    view = reading.view
    symbol = view.symbol(asset)
    view.horizon(hours)
    body = view.newest.get(symbol)
    if body is None:
        raise prediction_unavailable(view.waiting_for() or "the runner")
    guarded = with_breakers(published(body, hours, engine), view.statuses.get(symbol, {}))
    return with_truth(guarded, truth(view, symbol, reading.wall))
