"""Every bad question gets one shape of answer: a code, what is wrong, what to do meanwhile."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.service.world import Server, beat, build, serving, until

from barograph.service.schemas import Failure, Ready
from barograph.store.store import FILE, Store

DAY = {"asset": "BTC", "horizon_hours": 24}
CHART = {"asset": "BTC", "resolution": "1h"}

BAD: list[tuple[str, dict[str, Any], int, str]] = [
    ("/predict", DAY | {"asset": "DOGE"}, 404, "UNKNOWN_ASSET"),
    ("/predict", DAY | {"asset": "' OR 1=1 --"}, 404, "UNKNOWN_ASSET"),
    ("/predict", DAY | {"asset": ""}, 422, "VALIDATION"),
    ("/predict", {"asset": "BTC"}, 422, "VALIDATION"),
    ("/predict", DAY | {"horizon_hours": 0}, 422, "BAD_HORIZON"),
    ("/predict", DAY | {"horizon_hours": -1}, 422, "BAD_HORIZON"),
    ("/predict", DAY | {"horizon_hours": 10_000}, 422, "BAD_HORIZON"),
    ("/predict", DAY | {"horizon_hours": 10**30}, 422, "BAD_HORIZON"),
    ("/predict", DAY | {"horizon_hours": "day"}, 422, "VALIDATION"),
    ("/predict", DAY | {"engine": "tarot"}, 422, "VALIDATION"),
    ("/predict", DAY | {"at": "yesterday"}, 422, "VALIDATION"),
    ("/predict", DAY | {"at": "9" * 39}, 422, "VALIDATION"),
    ("/predict", DAY | {"at": "-5"}, 422, "VALIDATION"),
    ("/predict", DAY | {"at": "0001-01-01T00:00+14:00"}, 422, "VALIDATION"),
    ("/predict", DAY | {"at": "2100-01-01"}, 422, "BAD_RANGE"),
    ("/predict", DAY | {"at": "2011-01-01"}, 404, "NOT_FOUND"),
    ("/chance", DAY | {"level": 0}, 422, "VALIDATION"),
    ("/chance", DAY | {"level": "nan"}, 422, "VALIDATION"),
    ("/chance", DAY | {"level": "inf"}, 422, "VALIDATION"),
    ("/explain", DAY | {"asset": "DOGE"}, 404, "UNKNOWN_ASSET"),
    ("/explain", DAY | {"horizon_hours": 10_000}, 422, "BAD_HORIZON"),
    ("/explain", DAY | {"at": "2011-01-01"}, 404, "NOT_FOUND"),
    ("/market-data", CHART | {"start": "2025-06-02", "end": "2025-06-01"}, 422, "BAD_RANGE"),
    ("/market-data", CHART | {"start": "2100-01-01"}, 422, "BAD_RANGE"),
    ("/market-data", CHART | {"start": "2025-06-01", "end": "2025-06-01"}, 422, "BAD_RANGE"),
    (
        "/market-data",
        {"asset": "BTC", "resolution": "1m", "start": "2015-01-01", "end": "2025-01-01"},
        422,
        "RANGE_TOO_LONG",
    ),
    ("/market-data", CHART | {"resolution": "1m"}, 404, "NOT_FOUND"),
    ("/market-data", CHART | {"resolution": "7m"}, 422, "VALIDATION"),
    ("/market-data", CHART | {"limit": 0}, 422, "VALIDATION"),
    ("/market-data", CHART | {"limit": 10_001}, 422, "VALIDATION"),
    ("/market-data", CHART | {"layers": "tea_leaves"}, 422, "VALIDATION"),
    ("/ghosts", DAY | {"start": "2025-06-02", "end": "2025-06-01"}, 422, "BAD_RANGE"),
    ("/ghosts", DAY | {"every": 0}, 422, "VALIDATION"),
    ("/ghosts", DAY | {"limit": 501}, 422, "VALIDATION"),
    ("/scores", {"asset": "DOGE"}, 404, "UNKNOWN_ASSET"),
    ("/nothing-here", {}, 404, "NOT_FOUND"),
]


@pytest.mark.parametrize(("path", "query", "status", "code"), BAD)
def test_a_bad_question_is_told_so(
    server: Server, path: str, query: dict[str, Any], status: int, code: str
) -> None:
    response = server.get(path, **query)
    assert response.status_code == status, response.text
    failure = Failure.model_validate_json(response.content)
    assert failure.error.code == code
    assert failure.error.message
    assert failure.fallback.recommendation == "wait"


def test_levels_far_from_any_price_have_the_chances_of_the_tails(server: Server) -> None:
    chances = [
        server.get("/chance", **DAY, level=level).json()["above"]
        for level in (5e-324, 1.0, 98_000, 100_000, 102_000, 1e12)
    ]
    assert chances[0] == pytest.approx(1.0)
    assert chances[-1] == pytest.approx(0.0, abs=1e-12)
    assert chances == sorted(chances, reverse=True)


@pytest.mark.parametrize("path", ["/predict", "/chance", "/health", "/"])
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_a_method_that_is_not_allowed_is_told_so(server: Server, path: str, method: str) -> None:
    response = httpx.request(method, f"{server.url}{path}", timeout=30)
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]
    assert Failure.model_validate_json(response.content).error.code == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    "body", ["{", "[]", '{"asset": "BTC"}', '{"asset": 1, "horizon_hours": {}}']
)
def test_a_body_that_makes_no_sense_is_told_so(server: Server, body: str) -> None:
    headers = {"content-type": "application/json"}
    response = httpx.post(f"{server.url}/predict", content=body, headers=headers, timeout=30)
    assert response.status_code == 422
    assert Failure.model_validate_json(response.content).error.code == "VALIDATION"


def test_a_range_too_long_says_what_is_allowed(server: Server) -> None:
    ask = CHART | {"resolution": "5m", "start": "2024-01-01", "end": "2025-01-01"}
    error = server.get("/market-data", **ask).json()["error"]
    assert error["details"]["bars_asked"] == 366 * 288
    assert error["details"]["bars_allowed"] == 10_000
    assert error["details"]["span_allowed"] == "34 days, 17:20:00"


def test_an_unknown_asset_names_the_known_ones(server: Server) -> None:
    assert server.get("/predict", **DAY | {"asset": "DOGE"}).json()["error"]["details"][
        "known"
    ] == [
        "BTC",
        "ETH",
    ]


def test_nothing_is_told_before_there_is_a_store_and_it_comes_by_itself(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        for path, query in (("/predict", DAY), ("/explain", DAY), ("/market-data", CHART)):
            response = server.get(path, **query)
            assert response.status_code == 503
            assert Failure.model_validate_json(response.content).error.code == "STORE_UNAVAILABLE"
            assert response.headers["retry-after"] == "1"
        assert Failure.model_validate_json(response.content).truth is None, "nothing is known"
        assert server.get("/health").json()["status"] == "down"
        assert server.get("/ready").status_code == 503
        assert server.get("/ready").json()["truth"] is None
        build(tmp_path).close()
        began = time.monotonic()
        until(lambda: server.get("/ready").status_code == 200)
        assert time.monotonic() - began < 2.0
        assert server.get("/predict", **DAY).status_code == 200


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/predict", DAY),
        ("/predict", DAY | {"at": "2025-06-10"}),
        ("/chance", DAY | {"level": 100_000}),
        ("/explain", DAY),
        ("/market-data", CHART),
        ("/ghosts", DAY),
        ("/scores", {"asset": "BTC"}),
    ],
)
def test_before_the_runner_has_said_its_market_no_asset_is_unknown(
    early: Server, path: str, query: dict[str, Any]
) -> None:
    """The asset may well be there in a moment: what is being done is told, not that it is not."""
    response = early.get(path, **query)
    assert response.status_code == 503, response.text
    assert response.headers["retry-after"] == "1"
    failure = Failure.model_validate_json(response.content)
    assert failure.error.code == "PREDICTION_UNAVAILABLE"
    assert failure.error.details["waiting_for"] == "walking forward: 43 %"
    assert failure.truth is None


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A store of a runner that has said that it lives, and nothing else."""
    folder = tmp_path_factory.mktemp("early")
    store = Store.writer(folder)
    store.put_meta(
        "heartbeat",
        {"wall": time.time(), "state": "starting", "doing": "walking forward: 43 %", "pid": 1},
    )
    store.close()
    with serving(folder) as server:
        yield server


def test_a_failure_tells_whether_prices_are_simulated(server: Server) -> None:
    for path, query in (("/predict", DAY | {"asset": "DOGE"}), ("/predict", {}), ("/nowhere", {})):
        told = Failure.model_validate_json(server.get(path, **query).content).truth
        assert told is not None
        assert (told.simulated, told.market) == (True, "recorded")
    told = Ready.model_validate_json(server.get("/ready").content).truth
    assert told is not None
    assert told.simulated


@pytest.mark.parametrize("how", ["gone", "garbage", "other format"])
def test_a_store_that_breaks_leaves_the_last_prediction_flagged_and_heals(
    tmp_path: Path, how: str
) -> None:
    build(tmp_path).close()
    file, aside = tmp_path / FILE, tmp_path / "aside"
    with serving(tmp_path) as server:
        good = server.get("/predict", **DAY).json()
        file.rename(aside)
        if how == "garbage":
            file.write_bytes(b"no database at all" * 1000)
        if how == "other format":
            import sqlite3

            with sqlite3.connect(file) as other:
                other.execute("PRAGMA user_version=999")
            other.close()
        began = time.monotonic()
        until(lambda: server.get("/predict", **DAY).status_code == 503)
        assert time.monotonic() - began < 1.0
        failure = Failure.model_validate_json(server.get("/predict", **DAY).content)
        assert failure.error.code == "STORE_UNAVAILABLE"
        last = failure.fallback.last_prediction
        assert last is not None
        assert last.truth.stale
        assert last.truth.reasons
        assert last.p_up == good["p_up"]
        assert server.get("/explain", **DAY).status_code == 503
        aside.replace(file)
        until(lambda: server.get("/predict", **DAY).status_code == 200)
        assert server.get("/explain", **DAY).status_code == 200


def test_a_runner_that_falls_silent_is_told_within_seconds(tmp_path: Path) -> None:
    """The forecast is still answered, but nobody can take it for a fresh one."""
    store = build(tmp_path)
    with serving(tmp_path) as server:
        with store.transaction():
            beat(store)
        until(lambda: not server.get("/predict", **DAY).json()["truth"]["stale"])
        silent = time.monotonic()
        until(lambda: server.get("/predict", **DAY).json()["truth"]["stale"], seconds=8)
        assert 1.5 < time.monotonic() - silent < 4.5
        told = server.get("/predict", **DAY).json()["truth"]
        assert "the runner has not been heard" in told["reasons"][0]
        assert told["simulated"]
        assert told["market"] == "recorded"
        health = server.get("/health").json()
        assert health["runner"] == "down"
        assert health["status"] == "degraded"
    store.close()


def test_an_answer_that_is_given_again_grows_no_older_than_a_fifth_of_a_second(
    server: Server,
) -> None:
    """The market runs at 60 times life, so half a second of ours is half a minute of its."""
    moments = []
    for _ in range(20):
        moments.append(server.get("/predict", **DAY).json()["truth"]["market_time"])
        time.sleep(0.05)
    assert moments == sorted(moments)
    assert len(set(moments)) >= 3
    headers = [dict(server.get("/predict", **DAY).headers) for _ in range(2)]
    for one in headers:
        one.pop("date")
    assert headers[0] == headers[1]


def test_prices_of_the_record_are_never_of_the_future(server: Server) -> None:
    """A ghost whose hour has not come is open, whatever bars lie in the store."""
    ghosts = server.get("/ghosts", asset="BTC", horizon_hours=168, limit=500).json()["ghosts"]
    for ghost in ghosts:
        ripe = ghost["target_time"] <= "2025-06-19T00:00:00Z"
        assert (ghost["realised"] is not None) == (ripe and ghost["outcome"] != "missing")
    assert ghosts[-1]["outcome"] == "open"
