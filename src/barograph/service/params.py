"""The parameters that routes share, and the failures they declare."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query

from barograph.service.schemas import Failure, Resolution

Asset = Annotated[
    str,
    Query(
        description="`BTC`, `ETH`, or a symbol such as `BTCUSDT`",
        min_length=1,
        max_length=20,
        examples=["BTC"],
    ),
]
HorizonHours = Annotated[
    int,
    Query(
        description="hours ahead; one of the `horizons` of `/health` (1, 4, 8, 24, 72, 168)",
        examples=[24],
    ),
]
At = Annotated[
    str | None,
    Query(
        description="the hour in question, ISO 8601 (UTC where no zone is given) or seconds since "
        "1970; the newest forecast where left out",
        max_length=40,
    ),
]
Start = Annotated[
    str | None,
    Query(description="first moment, ISO 8601 or seconds since 1970", max_length=40),
]
End = Annotated[
    str | None,
    Query(
        description="the moment to stop before, ISO 8601 or seconds since 1970; now where left out",
        max_length=40,
    ),
]
EngineName = Literal["calibrated", "gbm"]
Engine = Annotated[
    EngineName,
    Query(
        description="of the cone: `calibrated` agrees with the quantiles at every horizon, `gbm` "
        "is a geometric Brownian motion of the same volatility"
    ),
]
Level = Annotated[
    float,
    Query(description="price in quote currency", gt=0.0, le=1e12, examples=[70000.0]),
]
Bars = Annotated[Resolution, Query(description="length of a bar", examples=["1h"])]
BarLimit = Annotated[int, Query(description="at most so many bars", ge=1, le=10_000)]
LayerNames = Annotated[
    str,
    Query(
        description="what to add, with commas between: `volume_profile`, `levels`, `vwap`, `ema`, "
        "`volatility`",
        max_length=100,
        examples=["volume_profile,levels"],
    ),
]
GhostLimit = Annotated[int, Query(description="at most so many, the newest", ge=1, le=500)]
Every = Annotated[
    int,
    Query(
        description="only forecasts of each so many hours, so that they do not clutter",
        ge=1,
        le=168,
    ),
]

UNKNOWN: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Failure, "description": "no such asset, or nothing was believed then"}
}
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    422: {"model": Failure, "description": "a parameter that makes no sense"}
}
UNAVAILABLE: Final[dict[int | str, dict[str, Any]]] = {
    503: {"model": Failure, "description": "nothing to answer from now; comes back by itself"}
}
FAILURES: Final = UNKNOWN | REFUSED | UNAVAILABLE
