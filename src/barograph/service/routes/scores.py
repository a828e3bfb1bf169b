"""The record: how right the forecasts have been."""

from fastapi import APIRouter, Request, Response

from barograph.service.desk import desk_of
from barograph.service.params import FAILURES, Asset
from barograph.service.record import scores
from barograph.service.respond import answer
from barograph.service.schemas import Scores

ROUTER = APIRouter(tags=["record"])


@ROUTER.get("/scores", response_model=Scores, responses=FAILURES)
async def scores_of(request: Request, asset: Asset) -> Response:
    """Coverage, reliability and skill at every horizon: of the walk-forward, and live so far."""
    return answer(await desk_of(request).read(scores, asset))
