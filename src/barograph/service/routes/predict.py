"""What is expected at one horizon."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from barograph.service.desk import desk_of
from barograph.service.params import FAILURES, Asset, At, Engine, EngineName, HorizonHours
from barograph.service.respond import answer
from barograph.service.schemas import Prediction

ROUTER = APIRouter(tags=["forecast"])


class Question(BaseModel):
    """The same question as a body."""

    model_config = ConfigDict(extra="forbid")

    asset: str = Field(min_length=1, max_length=20)
    horizon_hours: int
    at: str | None = Field(default=None, max_length=40)
    engine: EngineName = "calibrated"


@ROUTER.get("/predict", response_model=Prediction, responses=FAILURES)
async def predict(
    request: Request,
    asset: Asset,
    horizon_hours: HorizonHours,
    at: At = None,
    engine: Engine = "calibrated",
) -> Response:
    """Forecast of one horizon, the newest or a past one: P(up), quantiles, cone."""
    return answer(await desk_of(request).predict(asset, horizon_hours, at, engine))


@ROUTER.post("/predict", response_model=Prediction, responses=FAILURES)
async def predict_from_body(
    request: Request,
    question: Annotated[
        Question, Body(openapi_examples={"day": {"value": {"asset": "BTC", "horizon_hours": 24}}})
    ],
) -> Response:
    """Answer the same question asked as a JSON body."""
    q = question
    return answer(await desk_of(request).predict(q.asset, q.horizon_hours, q.at, q.engine))
