"""The OpenAPI document: ``docs/reference/openapi.json``, the contract of the terminal's client.

Written by ``python -m barograph.service.document > docs/reference/openapi.json``; a test keeps it
current.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

EXAMPLES: Final = Path(__file__).parent / "examples"
FRAMEWORK: Final = ("HTTPValidationError", "ValidationError")
"""Shapes of failures that are never sent: ours replace them."""
ABOUT: Final = """Forecasts of the Bitcoin market as distributions, with their reasons and record.

Every answer carries `truth`: whether prices are simulated, stale or unreliable, and why. Every
failure is a `Failure` with a code, what to do next, and the last valid prediction where there is
one. Live updates: WebSocket `/ws`. An engineering evaluation, not financial advice.
"""


def document(app: FastAPI) -> dict[str, Any]:
    """Describe the API, with an example of every answer."""
    described = get_openapi(
        title=app.title, version=app.version, description=ABOUT, routes=app.routes, tags=TAGS
    )
    for path, operations in described["paths"].items():
        for operation in operations.values():
            _exemplify(path, operation)
    for name in FRAMEWORK:
        described["components"]["schemas"].pop(name, None)
    return described


TAGS: Final = [
    {"name": "forecast", "description": "What is expected, and why."},
    {"name": "market", "description": "Bars and what can be read from them."},
    {"name": "record", "description": "How right the forecasts have been."},
    {"name": "service", "description": "How the service fares."},
]


def _exemplify(path: str, operation: dict[str, Any]) -> None:
    for status, response in operation["responses"].items():
        name = path.strip("/") if status == "200" else f"failure_{status}"
        if path == "/ready" and status == "503":
            name = "not_ready"
        file = EXAMPLES / f"{name}.json"
        if "application/json" in response.get("content", {}) and file.exists():
            response["content"]["application/json"]["example"] = json.loads(file.read_bytes())


def page() -> str:
    """Text of the document."""
    from barograph.service.app import create_app

    app = create_app(Path("serving"))
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":  # pragma: no cover - the page itself is under test
    sys.stdout.write(page())
