"""The outermost layer: headers of every answer, and how long each took."""

import time
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from barograph.service.desk import Desk

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


HOT: Final = "/predict"
HOT_ANSWERS: Final = 1_000


class Edge:
    """ASGI middleware; plain, because one that wraps requests would halve the throughput.

    An answer of ``/predict`` is given again to whoever asks the same within a fifth of a second,
    before any routing: it is the question of every client after every bar.

    Parameters
    ----------
    app : ASGIApp
    desk : Desk
    repeat : bool
        Whether answers may be given again; not where they depend on who asks.
    """

    def __init__(self, app: ASGIApp, desk: Desk, *, repeat: bool) -> None:
        self.app = app
        self.desk = desk
        self.hot = desk.hot
        self.requests = desk.meters.requests
        self.repeated = self.requests.labels(HOT, 200)
        self.repeat = repeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its answer back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        hot = self.repeat and scope["path"] == HOT and scope["method"] == "GET"
        kept = self.hot.get(scope["query_string"]) if hot else None
        if kept is None:
            await self._passed(scope, receive, send, began, keep=hot)
            return
        head, body = kept
        await send(head)
        await send(body)
        self.repeated.observe(time.perf_counter() - began)

    async def _passed(
        self, scope: Scope, receive: Receive, send: Send, began: float, *, keep: bool
    ) -> None:
        status, head, view = 500, None, self.desk.view

        def repeatable(status: int) -> bool:
            return keep and status == HTTPStatus.OK and len(self.hot) < HOT_ANSWERS

        async def headed(message: Message) -> None:
            nonlocal status, head
            if message["type"] == "http.response.start":
                status, head = message["status"], message
                headers = message["headers"] = [*message["headers"], *HEADERS]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append(FRESH)
            elif repeatable(status) and view is self.desk.view and head is not None:
                # What was made of an older view must not outlive it.
                self.hot[scope["query_string"]] = (head, message)
            await send(message)

        try:
            await self.app(scope, receive, headed)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self.requests.labels(route, status).observe(time.perf_counter() - began)
