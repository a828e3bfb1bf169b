"""Whether the service lives, can answer, and how it fares."""

from fastapi import APIRouter, Request, Response

from barograph.service.conditions import health, ready
from barograph.service.desk import desk_of
from barograph.service.meters import exposition
from barograph.service.respond import answer
from barograph.service.schemas import Health, Ready

ROUTER = APIRouter(tags=["service"])


@ROUTER.get("/health", response_model=Health)
async def health_of(request: Request) -> Response:
    """State of the service and of every asset; 200 as long as the process lives."""
    return answer(health(desk_of(request).view))


@ROUTER.get(
    "/ready",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "not yet; `waiting_for` says for what"}},
)
async def ready_of(request: Request) -> Response:
    """Whether forecasts can be served."""
    told = ready(desk_of(request).view)
    return answer(told, 200 if told["ready"] else 503)


@ROUTER.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics_of(request: Request) -> Response:
    """Counters and histograms in Prometheus' text format."""
    return exposition(desk_of(request))
