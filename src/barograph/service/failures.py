"""Every failure has one shape, the framework's own included."""

import logging
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from barograph.service.problems import RETRY_SECONDS, Details, Problem, failure
from barograph.service.respond import answer

LOG: Final = logging.getLogger("barograph.service")
CODES: Final = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


def install(app: FastAPI) -> None:
    """Answer every failure with ``schemas.Failure``."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - starlette's handlers are typed loosely
    response = answer(error.body(), error.status)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["retry-after"] = str(RETRY_SECONDS)
    return response


async def _validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    details: Details = {}
    lines: list[str] = []
    for one in error.errors():
        name = ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0])
        details[name] = one["msg"]
        lines.append(f"{name}: {one['msg']}")
    return answer(failure("VALIDATION", "; ".join(lines), details), 422)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = CODES.get(error.status_code, f"HTTP_{error.status_code}")
    message = f"{request.method} {request.url.path}: {error.detail}; see /openapi.json"
    if error.status_code == HTTPStatus.BAD_REQUEST:  # a body that is no UTF-8: as no JSON is
        return answer(failure("VALIDATION", message, {}), HTTPStatus.UNPROCESSABLE_ENTITY)
    response = answer(failure(code, message, {}), error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _fault(request: Request, error: Exception) -> Response:
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    message = "the service failed to answer; its log says why"
    return answer(failure("INTERNAL", message, {"kind": type(error).__name__}), 500)
