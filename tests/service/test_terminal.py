"""The terminal's files and the headers of every answer."""

import asyncio
import os
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.service.world import Server

from barograph.service.app import ORIGINS, create_app
from barograph.service.terminal import FOR_EVER, install

PAGE = b"<!doctype html><title>terminal</title>"
SCRIPT = b"export const one = 1;" * 200


class Local:
    """Asks an application in this process."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.get(path, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def client(tmp_path: Path) -> Local:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "assets" / "main-4f2a.js").write_bytes(SCRIPT)
    app = FastAPI()
    install(app, tmp_path)
    return Local(app)


def test_the_page_is_always_asked_for_and_its_assets_never_again(client: Local) -> None:
    page = client.get("/")
    assert page.content == PAGE
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    script = client.get("/assets/main-4f2a.js")
    assert script.content == SCRIPT
    assert script.headers["cache-control"] == FOR_EVER
    assert "javascript" in script.headers["content-type"]


def test_assets_are_compressed_for_who_can_read_that(client: Local) -> None:
    packed = client.get("/assets/main-4f2a.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(SCRIPT) / 2
    assert packed.content == SCRIPT
    plain = client.get("/assets/main-4f2a.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize("path", ["/..%2fpyproject.toml", "/%2e%2e/%2e%2e/etc/passwd", "/assets/"])
def test_nothing_but_what_was_built_is_given(client: Local, path: str) -> None:
    assert client.get(path, headers={"accept": "*/*"}).status_code == 404


def test_a_browser_that_navigates_gets_the_page_and_a_program_a_failure(
    client: Local,
) -> None:
    assert client.get("/BTC", headers={"accept": "text/html"}).content == PAGE
    assert client.get("/BTC", headers={"accept": "application/json"}).status_code == 404
    assert client.get("/old-4f2b.js", headers={"accept": "text/html"}).status_code == 404


def test_a_terminal_that_is_built_anew_is_read_anew(client: Local, tmp_path: Path) -> None:
    assert client.get("/").content == PAGE
    (tmp_path / "index.html").write_bytes(b"new")
    os.utime(tmp_path / "index.html", (1, 1))
    assert client.get("/").content == b"new"


def test_without_a_terminal_the_page_says_what_to_build(tmp_path: Path) -> None:
    app = FastAPI()
    install(app, tmp_path / "none")
    answer = Local(app).get("/")
    assert answer.status_code == 200
    assert "make web" in answer.text


@pytest.mark.parametrize("path", ["/", "/health", "/predict?asset=DOGE&horizon_hours=1", "/none"])
def test_every_answer_carries_the_headers_that_protect_its_reader(
    server: Server, path: str
) -> None:
    headers = httpx.get(f"{server.url}{path}", timeout=30).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "script" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
    assert headers["cache-control"] in {"no-store", "no-cache"}


def test_pages_from_elsewhere_read_nothing_unless_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    friend, stranger = {"origin": "https://desk.example"}, {"origin": "https://evil.example"}
    monkeypatch.delenv(ORIGINS, raising=False)
    closed = Local(create_app(tmp_path))
    assert "access-control-allow-origin" not in closed.get("/health", headers=friend).headers
    monkeypatch.setenv(ORIGINS, "https://desk.example")
    opened = Local(create_app(tmp_path))
    allowed = opened.get("/health", headers=friend).headers["access-control-allow-origin"]
    assert allowed == "https://desk.example"
    assert "access-control-allow-origin" not in opened.get("/health", headers=stranger).headers


def test_a_fault_of_the_program_is_told_without_its_inside(tmp_path: Path) -> None:
    app = create_app(tmp_path)

    def broken(*_: object) -> None:
        raise RuntimeError("the password is swordfish")

    app.state.desk.current = broken
    answer = Local(app).get("/chance?asset=BTC&horizon_hours=1&level=1")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "INTERNAL"
    assert "swordfish" not in answer.text


def test_long_answers_are_compressed_for_who_can_read_that(server: Server) -> None:
    query = {"asset": "BTC", "resolution": "1h", "limit": "500"}
    url = f"{server.url}/market-data"
    plain = httpx.get(url, params=query, headers={"accept-encoding": "identity"}, timeout=30)
    packed = httpx.get(url, params=query, headers={"accept-encoding": "gzip"}, timeout=30)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.json()["candles"] == plain.json()["candles"]


def test_metrics_tell_how_long_each_route_took(server: Server) -> None:
    server.get("/predict", asset="BTC", horizon_hours=1)
    server.get("/predict", asset="DOGE", horizon_hours=1)
    text = server.get("/metrics").text
    assert 'barograph_request_seconds_count{route="/predict",status="200"}' in text
    assert 'barograph_request_seconds_count{route="/predict",status="404"}' in text
    assert 'barograph_age_seconds{asset="BTC",of="price"}' in text
    assert 'barograph_runner{state="down"}' in text
