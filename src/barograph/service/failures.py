"""Every failure has one shape, the framework's own included."""

import logging
import time
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from barograph.service.problems import RETRY_SECONDS, Details, Problem, failure
from barograph.service.respond import answer
from barograph.service.truth import truth_if_known

LOG: Final = logging.getLogger("barograph.service")
CODES: Final = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


def install(app: FastAPI) -> None:
    """Answer every failure with ``schemas.Failure``."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def _told(request: Request, body: dict[str, Any], status: int) -> Response:
    """Send a failure with the truth of the service, as far as it is known."""
    view = request.app.state.desk.view
    return answer(body | {"truth": truth_if_known(view, time.time())}, status)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - starlette's handlers are typed loosely
    response = _told(request, error.body(), error.status)
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["retry-after"] = str(RETRY_SECONDS)
    return response


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    details: Details = {}
    lines: list[str] = []
    for one in error.errors():
        name = ".".join(str(part) for part in one["loc"][1:]) or str(one["loc"][0])
        details[name] = one["msg"]
        lines.append(f"{name}: {one['msg']}")
    return _told(request, failure("VALIDATION", "; ".join(lines), details), 422)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = CODES.get(error.status_code, f"HTTP_{error.status_code}")
    message = f"{request.method} {request.url.path}: {error.detail}; see /openapi.json"
    if error.status_code == HTTPStatus.BAD_REQUEST:  # a body that is no UTF-8: as no JSON is
        body = failure("VALIDATION", message, {})
        return _told(request, body, HTTPStatus.UNPROCESSABLE_ENTITY)
    response = _told(request, failure(code, message, {}), error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _fault(request: Request, error: Exception) -> Response:
    LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    message = "the service failed to answer; its log says why"
    # Without truth: what made the answer fail may make that fail too.
    return answer(failure("INTERNAL", message, {"kind": type(error).__name__}), 500)
