"""The outermost layer: headers of every answer, and how long each took."""

import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from barograph.service.meters import Meters

POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Inline styles are how charts are laid out; scripts come from this origin alone."""
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
FRESH: Final = (b"cache-control", b"no-store")


class Edge:
    """ASGI middleware; plain, because one that wraps requests would halve the throughput.

    Parameters
    ----------
    app : ASGIApp
    meters : Meters
    """

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self.requests = meters.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its answer back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def headed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"] = [*message["headers"], *HEADERS]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append(FRESH)
            await send(message)

        try:
            await self.app(scope, receive, headed)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self.requests.labels(route, status).observe(time.perf_counter() - began)
