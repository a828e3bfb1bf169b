"""The typed models of the API; the terminal's client is generated from them.

Moments are ISO 8601 in UTC, but columns of candles and layers are epoch seconds. Returns, moves
and volatilities are log returns over the horizon as fractions (0.01 is 1 %); prices are in quote
currency. Null means unknown.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Resolution = Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d"]
Grade = Literal["low", "medium", "high"]
Regime = Literal[
    "low_volatility",
    "normal",
    "high_volatility",
    "trending_up",
    "trending_down",
    "panic",
    "unknown",
]
Layer = Literal["volume_profile", "levels", "vwap", "ema", "volatility"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Model(BaseModel):
    """Base of all: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Truth(Model):
    """What a reader must know before believing an answer; part of every answer."""

    simulated: bool = Field(description="the prices do not come from a live exchange now")
    market: Literal["live", "recorded", "invented"] = Field(
        description="live exchange; a recording replayed by the simulated exchange; or invented"
    )
    stale: bool = Field(description="older than it should be; see reasons")
    unreliable: bool = Field(description="fresh, but not to be trusted; see reasons")
    reasons: tuple[str, ...] = Field(description="in plain words, the gravest first")
    market_time: datetime = Field(description="what time it is at the exchange")


class ConePoint(Model):
    """The cone at one hour ahead; prices."""

    t: datetime
    lower_2sigma: float = Field(description="2.3 %")
    lower_1sigma: float = Field(description="15.9 %")
    mid: float = Field(description="median")
    upper_1sigma: float = Field(description="84.1 %")
    upper_2sigma: float = Field(description="97.7 %")


class Quantile(Model):
    """One point of the distribution."""

    level: Share
    log_return: float
    price: float


class Refusal(Model):
    """A gate that refuses a signal."""

    gate: str = Field(description="volatility or confidence")
    reason: str = Field(description="in words, with the value seen and the limit")
    until: datetime = Field(description="when the next forecast is judged")


class Holding(Model):
    """A breaker that holds."""

    breaker: str = Field(description="api_errors, crash or staleness")
    effect: Literal["no_entries", "half_size", "conservative", "stale"]
    does: str = Field(description="the effect in words")
    reason: str = Field(description="in words, with the value seen")
    since: datetime
    until: datetime | None = Field(description="its release; null until it is resolved")


class Risk(Model):
    """What gates and breakers leave of a signal on the likelier side; no advice to trade."""

    size: Share = Field(description="part of a signal that is granted: 0, 0.5 or 1")
    refused: tuple[Refusal, ...] = Field(description="gates; each judges one forecast by itself")
    holding: tuple[Holding, ...] = Field(description="breakers, of now; none for a past forecast")


class Prediction(Model):
    """The forecast of one horizon (R-A1)."""

    asset: str
    symbol: str
    horizon_hours: int
    as_of: datetime = Field(description="end of the last complete bar it used")
    target_time: datetime
    issued_at: datetime | None = Field(description="null for a walk-forward's answer")
    source: Literal["published", "walk_forward"]
    ledger_sequence: int | None
    price: float = Field(description="close at as_of")
    p_up: Share
    p_down: Share
    expected_move: float = Field(description="mean log return")
    expected_price: float = Field(description="price times exp of the median")
    volatility: float = Field(description="standard deviation of the log return")
    confidence: Grade
    confidence_reason: str
    regime: Regime
    quantiles: tuple[Quantile, ...]
    cone: tuple[ConePoint, ...] = Field(description="hourly, from now to the horizon")
    cone_engine: Literal["calibrated", "gbm"]
    model: str
    model_version: str
    risk: Risk
    truth: Truth


class Chance(Model):
    """Chance of a price above a level at a horizon, from the same distribution."""

    asset: str
    horizon_hours: int
    as_of: datetime
    level: float
    above: Share
    truth: Truth


class Contribution(Model):
    """One part of a sum; log units."""

    group: str = Field(description="seasonality, recent_volatility, trend, volume, calendar ...")
    name: str
    words: str = Field(description="the reason in plain words, with its numbers")
    value: float = Field(description="contribution; all of a sum add up to its total")
    before: float | None = Field(description="the same one bar earlier")


class Sum(Model):
    """Contributions that add up."""

    base: float = Field(description="where the sum starts, a contribution too")
    total: float = Field(description="base + all contributions, to 1e-9")
    contributions: tuple[Contribution, ...]


class Explanation(Model):
    """Why the forecast of one bar is what it is (R-A2)."""

    asset: str
    symbol: str
    horizon_hours: int
    as_of: datetime
    source: Literal["published", "walk_forward"]
    price: float
    p_up: Share
    expected_move: float
    volatility: float
    lower_1sigma: float
    upper_1sigma: float
    lower_2sigma: float
    upper_2sigma: float
    confidence: Grade
    regime: Regime
    log_volatility: Sum = Field(description="adds up to log(volatility)")
    log_odds_up: Sum = Field(description="adds up to log(p_up / p_down)")
    changed: tuple[str, ...] = Field(description="what changed since the bar before, in words")
    reasons: tuple[str, ...] = Field(description="the weightiest reasons, in words")
    realised: float | None = Field(description="log return that came; null while it is open")
    truth: Truth


class Candles(Model):
    """Bars as columns, ascending; t is the opening time."""

    t: tuple[int, ...]
    open: tuple[float, ...]
    high: tuple[float, ...]
    low: tuple[float, ...]
    close: tuple[float, ...]
    volume: tuple[float | None, ...]
    last_closed: bool = Field(description="whether the last bar is complete")


class ProfileBin(Model):
    """Volume traded in a range of price."""

    low: float
    high: float
    volume: float
    buy_share: float | None


class Level(Model):
    """A price at which the market turned before."""

    price: float
    kind: Literal["support", "resistance"]
    touches: int
    first: int
    last: int
    strength: Share


class Line(Model):
    """A value per bar, on the t of the candles."""

    name: str
    values: tuple[float | None, ...]


class Layers(Model):
    """What was asked for beside the candles; null where it was not."""

    volume_profile: tuple[ProfileBin, ...] | None = None
    levels: tuple[Level, ...] | None = None
    lines: tuple[Line, ...] = Field(
        default=(),
        description="vwap, ema_9, ema_21, volatility_forecast and volatility_realised "
        "(per hour, fractions)",
    )


class MarketData(Model):
    """Everything the chart needs (R-A3)."""

    asset: str
    symbol: str
    resolution: Resolution
    resolutions: tuple[Resolution, ...] = Field(description="those that can be had")
    candles: Candles
    layers: Layers
    next_before: int | None = Field(description="pass as `end` for the page before; null at start")
    gaps: tuple[tuple[int, int], ...] = Field(description="missing bars: first and last t")
    truth: Truth


class Ghost(Model):
    """A past forecast and whether its 1 sigma band held."""

    as_of: datetime
    target_time: datetime
    price: float
    lower_2sigma: float
    lower_1sigma: float
    mid: float
    upper_1sigma: float
    upper_2sigma: float
    realised: float | None = Field(description="price that came; null while it is open")
    outcome: Literal["inside_1sigma", "inside_2sigma", "outside", "open", "missing"]
    source: Literal["published", "walk_forward"]


class Ghosts(Model):
    """Past forecasts of one horizon."""

    asset: str
    horizon_hours: int
    ghosts: tuple[Ghost, ...]
    truth: Truth


class Interval(Model):
    """A figure with its 95 % interval."""

    value: float
    low: float | None
    high: float | None


class Coverage(Model):
    """How often an interval held."""

    nominal: float
    held: Interval


class Bucket(Model):
    """One point of a reliability curve."""

    said: float
    happened: float
    count: int


class Scorecard(Model):
    """The record at one horizon."""

    horizon_hours: int
    source: Literal["walk_forward", "live"]
    first: datetime | None
    last: datetime | None
    count: int
    effective_count: float | None = Field(description="outcomes that do not overlap")
    coverage: tuple[Coverage, ...] = Field(description="50, 68, 80, 90, 95 %")
    reliability_up: tuple[Bucket, ...]
    pit: tuple[float, ...] = Field(description="shares of ten equal bins; 0.1 each is perfect")
    pinball: float | None
    qlike: float | None
    skill: Interval | None = Field(description="pinball below the baseline's, %, positive better")
    baseline: str | None
    direction: Interval | None = Field(description="share of signs right")


class Scores(Model):
    """The record of an asset."""

    asset: str
    walk_forward: tuple[Scorecard, ...]
    live: tuple[Scorecard, ...]
    truth: Truth


class Freshness(Model):
    """How old one kind of data is; ages in seconds of this machine's clock."""

    name: str
    age: float | None
    limit: float
    stale: bool


class AssetHealth(Model):
    """One asset's state."""

    asset: str
    symbol: str
    venue: str
    last_price: float | None
    last_bar: datetime | None
    last_forecast: datetime | None
    horizons: tuple[int, ...]
    resolutions: tuple[Resolution, ...]
    freshness: tuple[Freshness, ...]
    holding: tuple[Holding, ...] = Field(description="breakers of trading that hold now")


class Health(Model):
    """State of the whole service."""

    status: Literal["ok", "degraded", "down"]
    version: str
    runner: Literal["running", "starting", "down"]
    assets: tuple[AssetHealth, ...]
    truth: Truth


class Ready(Model):
    """Whether forecasts can be served."""

    ready: bool
    waiting_for: str | None
    truth: Truth | None = Field(default=None, description="null until the runner has said")


class ErrorBody(Model):
    """What went wrong."""

    code: str = Field(description="for machines, e.g. UNKNOWN_ASSET")
    message: str = Field(description="one line: value seen, value wanted, next step")
    details: dict[str, str | int | float | bool | list[str] | None] = {}


class Fallback(Model):
    """What to do meanwhile (R-A6)."""

    regime: Regime = "unknown"
    confidence: Grade = "low"
    recommendation: Literal["wait"] = "wait"
    last_prediction: Prediction | None = None


class Failure(Model):
    """Body of every answer that is not a success."""

    error: ErrorBody
    fallback: Fallback
    truth: Truth | None = Field(
        default=None, description="of the whole service; null where nothing is known"
    )
