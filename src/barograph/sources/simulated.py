"""A simulated market, for when there is neither data nor network.

1. Log volatility is a seasonal pattern over the hour of the week plus three AR(1) processes whose
   half-lives are hours, days and weeks: together they fade as slowly as the real one does.
2. Its shocks lean against the return of the hour before (leverage).
3. Each hour is twelve five-minute steps of a normal return at that volatility, one factor common
   to all symbols and one of its own, and now and then a jump.
4. Within a step the path is a Brownian bridge, whose maximum and minimum are drawn from their exact
   law, so the range of a bar is that of a continuous path; open, high, low, close always agree.

The same seed gives the same bars, and a later end only adds bars. Whatever is made from them must
say SIMULATED: their venue is ``simulated``.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Final

import numpy as np
import polars as pl

from barograph.core.payload import Payload, SeriesKey
from barograph.core.time import HOUR, MOMENT
from barograph.core.types import Floats, Ints
from barograph.sources.names import funding_key

VENUE: Final = "simulated"
STEPS: Final = 12
HALF_LIVES: Final = (5.0, 60.0, 700.0)
"""Hours."""
DEVIATIONS: Final = (0.30, 0.32, 0.33)
"""Standard deviation of each part of the log volatility."""
ANNUAL_VOLATILITY: Final = 0.6
ANNUAL_GROWTH: Final = 0.5
"""Mean of the yearly return; far too small to be seen in an hour."""
LEVERAGE: Final = -0.35
CORRELATION: Final = 0.8
JUMPS_PER_HOUR: Final = 1 / 120
JUMP_SIZE: Final = 3.0
"""Standard deviation of a jump, in hourly volatilities."""
START: Final = datetime(2019, 1, 1, tzinfo=UTC)
PRICES: Final = {"BTC": 7_000.0, "ETH": 200.0}
FUNDING_HOURS: Final = 8


@dataclass(frozen=True, slots=True)
class _Noise:
    """Independent draws of one stream, shape ``(hours, STEPS)`` or ``(hours,)``."""

    steps: Floats
    volatility: Floats
    jump_time: Floats
    jump_size: Floats
    high: Floats
    low: Floats
    volume: Floats
    taker: Floats


def market(
    symbols: Sequence[str], end: datetime, start: datetime = START, seed: int = 0
) -> dict[str, pl.DataFrame]:
    """Five-minute bars of every symbol.

    Parameters
    ----------
    symbols : sequence of str
        Any names; each has noise of its own, so leaving one out does not change the others.
    end : datetime
        Bars close at or before it.
    start : datetime
        First opening time, a full hour.
    seed : int
        The same seed gives the same bars.

    Returns
    -------
    bars : dict of str to DataFrame
        ``ts`` (opening time), ``open, high, low, close, volume, quote_volume, trades,
        taker_buy_base, taker_buy_quote``; five-minute, whole hours.
    """
    hours = max(0, int((end - start) / HOUR))
    common = _draw(np.random.SeedSequence([seed]), hours)
    return {symbol: _bars(symbol, start, hours, seed, common) for symbol in symbols}


def hourly(bars: pl.DataFrame) -> pl.DataFrame:
    """Five-minute bars to hourly ones, labelled by their opening time."""
    return _coarser(bars, STEPS)


def payloads(
    symbols: Sequence[str],
    end: datetime,
    intervals: Sequence[str] = ("1h",),
    start: datetime = START,
    seed: int = 0,
) -> Iterator[Payload]:
    """Yield bars (``1h`` and ``5m``) and funding rates of the simulated market.

    Parameters
    ----------
    symbols, end, start, seed
        As in ``market``.
    intervals : sequence of str
        Of ``1h`` and ``5m``.
    """
    for symbol, fine in market(symbols, end, start, seed).items():
        name = f"seed {seed}"
        for interval in intervals:
            table = fine if interval == "5m" else hourly(fine)
            key = SeriesKey("bars", VENUE, symbol, interval)
            yield Payload(key, VENUE, name, "bars_parquet", _parquet(table))
        key = funding_key(symbol, VENUE)
        yield Payload(key, VENUE, name, "observations_parquet", _parquet(funding(hourly(fine))))


def funding(bars: pl.DataFrame) -> pl.DataFrame:
    """Funding rate every eight hours: a base rate plus a share of the return of the last day."""
    drift = pl.col("close").log() - pl.col("close").log().shift(24)
    rate = (0.0001 + 0.002 * drift.fill_null(0.0)).clip(-0.003, 0.003)
    settles = pl.col("ts").dt.hour() % FUNDING_HOURS == FUNDING_HOURS - 1
    return bars.select(ts=pl.col("ts") + HOUR, funding_rate=rate, settles=settles).filter(
        "settles"
    ).drop("settles")  # fmt: skip


def season(hours: Ints) -> Floats:
    """Log of the volatility's pattern over the hour of the week; mean about zero.

    Parameters
    ----------
    hours : Ints
        Hours since 1970-01-01 UTC, a Thursday.
    """
    hour = hours % 24
    day = (hours // 24 + 3) % 7
    us_session = np.exp(-(((hour - 15.0) / 3.0) ** 2))
    asia = np.exp(-(((hour - 1.0) / 2.0) ** 2))
    pattern: Floats = 0.55 * us_session + 0.25 * asia - 0.35 * (day >= 5) - 0.1
    return pattern


def _bars(symbol: str, start: datetime, hours: int, seed: int, common: _Noise) -> pl.DataFrame:
    own = _draw(np.random.SeedSequence([seed, zlib.crc32(symbol.encode())]), hours)
    normal = _mixed(common.steps, own.steps)
    first = int(start.timestamp()) // 3600
    clock = np.arange(first, first + hours, dtype=np.int64)
    log_vol = _log_volatility(_mixed(common.volatility, own.volatility), normal) + season(clock)
    base = ANNUAL_VOLATILITY / np.sqrt(365 * 24)
    sigma = base * np.exp(log_vol - _unconditional())
    step = sigma[:, None] / np.sqrt(STEPS) * normal
    drift = (ANNUAL_GROWTH / (365 * 24) - sigma[:, None] ** 2 / 2) / STEPS
    closes = np.cumsum((step + _jumps(own, sigma) + drift).ravel())
    opens = np.concatenate(([0.0], closes[:-1])) if hours else closes
    per_step = np.repeat(sigma / np.sqrt(STEPS), STEPS)
    high, low = _extremes(opens, closes, per_step, own)
    price = next((price for base, price in PRICES.items() if symbol.startswith(base)), 20.0)
    frame = pl.DataFrame(
        {
            "open": price * np.exp(opens),
            "high": price * np.exp(high),
            "low": price * np.exp(low),
            "close": price * np.exp(closes),
        }
    ).with_columns(pl.all().round(6))
    return _stamped(frame, start).with_columns(**_flows(frame, sigma, base, step, own))


def _draw(seed: np.random.SeedSequence, hours: int) -> _Noise:
    """Draws, each from a stream of its own and row by row, so that more hours only add rows."""
    streams = [np.random.default_rng(child) for child in seed.spawn(8)]
    fine = (hours, STEPS)
    return _Noise(
        steps=streams[0].standard_normal(fine),
        volatility=streams[1].standard_normal((hours, len(HALF_LIVES))),
        jump_time=streams[2].random(fine),
        jump_size=streams[3].standard_normal(fine),
        high=streams[4].random(fine),
        low=streams[5].random(fine),
        volume=streams[6].standard_normal(fine),
        taker=streams[7].standard_normal(fine),
    )


def _mixed(common: Floats, own: Floats) -> Floats:
    """Normal draws whose correlation between symbols is ``CORRELATION``."""
    mixed: Floats = np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * own
    return mixed


def _log_volatility(shocks: Floats, normal: Floats) -> Floats:
    """Sum of AR(1) processes; the fast one leans against the return of the hour before."""
    from scipy.signal import lfilter

    surprise = normal.sum(axis=1) / np.sqrt(STEPS)
    before = np.concatenate(([0.0], surprise))[: len(surprise)]
    total = np.zeros(len(shocks))
    for place, (half_life, deviation) in enumerate(zip(HALF_LIVES, DEVIATIONS, strict=True)):
        fade = 0.5 ** (1 / half_life)
        lean = LEVERAGE if place == 0 else 0.0
        shock = lean * before + np.sqrt(1 - lean**2) * shocks[:, place]
        total += lfilter([deviation * np.sqrt(1 - fade**2)], [1.0, -fade], shock)
    return total


def _unconditional() -> float:
    """Half the log of what stochastic volatility, its season and jumps add to the variance."""
    week = season(np.arange(168, dtype=np.int64))
    seasonal = float(np.log(np.mean(np.exp(2 * week))))
    jumps = float(np.log1p(JUMPS_PER_HOUR * JUMP_SIZE**2))
    return (2 * sum(d**2 for d in DEVIATIONS) + seasonal + jumps) / 2


def _jumps(own: _Noise, sigma: Floats) -> Floats:
    happens = own.jump_time < JUMPS_PER_HOUR / STEPS
    return np.where(happens, JUMP_SIZE * sigma[:, None] * own.jump_size, 0.0)


def _extremes(opens: Floats, closes: Floats, sigma: Floats, own: _Noise) -> tuple[Floats, Floats]:
    r"""Maximum and minimum of a Brownian bridge between the ends of each step.

    .. math:: M = \tfrac12\left(a + b + \sqrt{(b - a)^2 - 2\sigma^2\log U}\right)

    Reference: Beaglehole, Dybvig & Zhou (1997), "Going to extremes", Financial Analysts Journal
    53(1), 62-68. Maximum and minimum are drawn independently given the ends.
    """
    squared = (closes - opens) ** 2
    high = np.sqrt(squared - 2 * sigma**2 * np.log1p(-own.high.ravel()))
    low = np.sqrt(squared - 2 * sigma**2 * np.log1p(-own.low.ravel()))
    return (opens + closes + high) / 2, (opens + closes - low) / 2


def _flows(
    prices: pl.DataFrame, sigma: Floats, base: float, step: Floats, own: _Noise
) -> dict[str, pl.Series | pl.Expr]:
    """Volume follows volatility; takers buy when the price rises."""
    busy = (sigma / base)[:, None] ** 0.9 * np.exp(0.5 * own.volume)
    lean = step / (sigma[:, None] / np.sqrt(STEPS))
    share = np.clip(0.5 + 0.04 * lean + 0.04 * own.taker, 0.02, 0.98).ravel()
    typical = prices.select(pl.mean_horizontal("open", "high", "low", "close")).to_series()
    volume = pl.Series((2e6 / STEPS * busy).ravel() / typical.to_numpy()).round(6)
    return {
        "volume": volume,
        "quote_volume": volume * typical,
        "trades": pl.Series((1 + 300 * busy).ravel().astype(np.int64)),
        "taker_buy_base": volume * share,
        "taker_buy_quote": volume * typical * share,
    }


def _stamped(frame: pl.DataFrame, start: datetime) -> pl.DataFrame:
    length = timedelta(hours=1) / STEPS
    micros = int(start.timestamp() * 1e6) + pl.int_range(pl.len()) * int(length / HOUR * 3.6e9)
    return frame.select(micros.cast(MOMENT).alias("ts"), pl.all())


def _coarser(bars: pl.DataFrame, count: int) -> pl.DataFrame:
    """Every ``count`` bars as one."""
    sums = ("volume", "quote_volume", "trades", "taker_buy_base", "taker_buy_quote")
    return (
        bars.group_by(pl.int_range(pl.len()) // count, maintain_order=True)
        .agg(
            pl.col("ts", "open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col(sums).sum(),
        )
        .select(bars.columns)
    )


def _parquet(table: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()
