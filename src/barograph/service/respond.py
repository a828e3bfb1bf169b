"""Answers as bytes: what is sent was made once, and is not checked again on every request."""

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, ParamSpec

import orjson
from fastapi import Request, Response

if TYPE_CHECKING:
    from barograph.service.desk import Desk

P = ParamSpec("P")
JSON_TYPE: Final = "application/json"
SQUEEZED: Final = 2048
"""Answers shorter than this, in bytes, are sent as they are."""


def dumps(body: object) -> bytes:
    """JSON of an answer; NaN becomes null."""
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)


def answer(body: bytes | dict[str, Any], status: int = 200) -> Response:
    """Respond with JSON."""
    content = body if isinstance(body, bytes) else dumps(body)
    return Response(content, status, media_type=JSON_TYPE)


async def packed(
    request: Request,
    desk: "Desk",
    make: Callable[P, dict[str, Any]],
    *args: Any,  # noqa: ANN401 - of the function
) -> Response:
    """Make a long answer away from the event loop, compressed where the client can read that."""
    gzip = "gzip" in request.headers.get("accept-encoding", "")
    body, squeezed = await desk.read(_made, make, gzip, *args)
    headers = {"vary": "accept-encoding"}
    if squeezed:
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers, media_type=JSON_TYPE)


def _made(
    reading: object,
    make: Callable[..., dict[str, Any]],
    gzip: bool,
    *args: object,
) -> tuple[bytes, bool]:
    body = dumps(make(reading, *args))
    if not gzip or len(body) < SQUEEZED:
        return body, False
    return squeeze(body), True


def squeeze(body: bytes, level: int = 1) -> bytes:
    """Compress as gzip."""
    packer = zlib.compressobj(level, wbits=31)
    return packer.compress(body) + packer.flush()
