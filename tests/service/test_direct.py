"""From Python the answers are those of the server."""

from pathlib import Path
from typing import Any

import pytest
from tests.service.world import Server

from barograph import Project
from barograph.core.errors import InputError, LakeError
from barograph.service.schemas import Model

CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("predict", "/predict", {"asset": "BTC", "horizon_hours": 24}),
    (
        "predict",
        "/predict",
        {"asset": "BTC", "horizon_hours": 4, "at": "2025-06-10", "engine": "gbm"},
    ),
    ("explain", "/explain", {"asset": "ETH", "horizon_hours": 72}),
    ("market_data", "/market-data", {"asset": "ETH", "resolution": "4h", "layers": "levels,ema"}),
    ("ghosts", "/ghosts", {"asset": "BTC", "horizon_hours": 8, "limit": 5}),
    ("scores", "/scores", {"asset": "BTC"}),
]


@pytest.mark.parametrize(("method", "path", "query"), CALLS)
def test_python_answers_what_the_server_answers(
    server: Server, method: str, path: str, query: dict[str, Any]
) -> None:
    served = Project().served(server.folder)
    answer = getattr(served, method)(**query)
    assert isinstance(answer, Model)
    over_http = type(answer).model_validate_json(server.get(path, **query).content)
    here, there = (one.model_dump(exclude={"truth"}) for one in (answer, over_http))
    assert here == there


def test_a_question_that_makes_no_sense_is_an_input_error(folder: Path) -> None:
    served = Project().served(folder)
    with pytest.raises(InputError, match="DOGE"):
        served.predict("DOGE")
    with pytest.raises(InputError, match="horizon_hours=0"):
        served.predict("BTC", 0)
    with pytest.raises(InputError, match="tarot"):
        served.predict("BTC", 24, engine="tarot")
    with pytest.raises(InputError, match="7m"):
        served.market_data("BTC", "7m")
    with pytest.raises(InputError, match="swap them"):
        served.market_data("BTC", start="2025-06-02", end="2025-06-01")


def test_a_folder_without_a_store_is_a_lake_error(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="barograph serve"):
        Project().served(tmp_path).predict("BTC")
