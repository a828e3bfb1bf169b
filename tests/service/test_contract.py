"""What is sent is what the document says, byte for byte of the document."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter
from tests.service.world import END, Server

from barograph.service import schemas
from barograph.service.document import EXAMPLES, page

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
SAID: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
GETS = [path for path, operations in SAID["paths"].items() if "get" in operations]


def model_of(path: str, status: str = "200") -> Any:
    answer = SAID["paths"][path]["get"]["responses"][status]
    reference = answer["content"]["application/json"]["schema"]["$ref"]
    return TypeAdapter(getattr(schemas, reference.rpartition("/")[2]))


def examples(path: str) -> dict[str, Any]:
    """The example of each parameter a request needs."""
    parameters = SAID["paths"][path]["get"].get("parameters", [])
    return {one["name"]: one["schema"]["examples"][0] for one in parameters if one["required"]}


def test_the_committed_document_is_the_one_the_code_makes() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == page(), "renew it: make docs"


@pytest.mark.parametrize("path", [path for path in GETS if path != "/metrics"])
def test_the_example_request_gets_what_the_document_says(server: Server, path: str) -> None:
    response = server.get(path, **examples(path))
    assert response.status_code == 200, response.text
    model_of(path).validate_json(response.content)  # unknown and missing fields are refused


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/predict", {"at": END - 48 * 3600}),
        ("/predict", {"at": END, "engine": "gbm"}),
        ("/explain", {"at": "2025-06-10T12:00Z"}),
        ("/market-data", {"layers": "volume_profile,levels,vwap,ema,volatility", "limit": 300}),
        ("/ghosts", {"every": 24, "limit": 500}),
    ],
)
def test_so_does_every_option(server: Server, path: str, more: dict[str, Any]) -> None:
    response = server.get(path, **examples(path) | more)
    assert response.status_code == 200, response.text
    model_of(path).validate_json(response.content)


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_every_example_answer_is_of_its_model(file: Path) -> None:
    failed = file.stem.startswith("failure_")
    path, status = ("/predict", file.stem.removeprefix("failure_")) if failed else (None, "200")
    if file.stem == "not_ready":
        path, status = "/ready", "503"
    model_of(path or f"/{file.stem}", status).validate_json(file.read_bytes())


def test_every_answer_has_an_example() -> None:
    for path, operations in SAID["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                body = answer.get("content", {}).get("application/json")
                assert body is None or "example" in body, (path, status)


def test_asking_by_body_is_asking_by_query(server: Server) -> None:
    body = {"asset": "ETH", "horizon_hours": 72}
    posted = httpx.post(f"{server.url}/predict", json=body, timeout=30).json()
    asked = server.get("/predict", **body).json()
    posted.pop("truth")
    asked.pop("truth")
    assert posted == asked
    assert posted["asset"] == "ETH"
    assert len(posted["cone"]) == 73
