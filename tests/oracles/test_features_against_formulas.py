"""Features against the formula written out slowly, in pandas or numpy."""

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.grids import make_grid

from barograph.core.types import Floats
from barograph.features.build import build
from barograph.features.catalogue import features
from barograph.features.seasonality import HALF_LIFE_WEEKS, WEEK, WEEKS

ROWS = 3300


@cache
def market() -> pl.DataFrame:
    return make_grid(ROWS)


@cache
def slow() -> Any:
    return market().to_pandas()


def fast(name: str) -> Floats:
    return build(market(), {name: features()[name]})[name].to_numpy()


def agree(name: str, wanted: Any, rtol: float = 1e-9, atol: float = 1e-12) -> None:
    """The same numbers from the lookback on, and null in the same places."""
    start = features()[name].lookback
    np.testing.assert_allclose(fast(name)[start:], np.asarray(wanted)[start:], rtol, atol)


def wilder(values: Any, n: int) -> Any:
    """Wilder's mean, row by row; a missing row lets the past decay and is missing itself."""
    level, weight, out = math.nan, 0.0, []
    for value in values:
        weight *= 1 - 1 / n
        if not math.isnan(value):
            share = 1.0 if math.isnan(level) else (1 / n) / (1 / n + weight)
            level = value if math.isnan(level) else (1 - share) * level + share * value
            weight = 1.0
        out.append(math.nan if math.isnan(value) else level)
    return pd.Series(out)


@pytest.mark.parametrize("n", [6, 7, 14])
def test_rsi(n: int) -> None:
    change = slow().close.diff()
    up, down = wilder(change.clip(lower=0), n), wilder((-change).clip(lower=0), n)
    agree(f"rsi_{n}", 100 - 100 / (1 + up / down), 1e-6)


@pytest.mark.parametrize("n", [14, 24])
def test_atr(n: int) -> None:
    bars = slow()
    before = bars.close.shift(1)
    parts = [bars.high - bars.low, (bars.high - before).abs(), (bars.low - before).abs()]
    true_range = pd.concat(parts, axis=1).max(axis=1, skipna=True)
    agree(f"atr_{n}", wilder(true_range, n) / bars.close, 1e-6)


def test_macd_and_ema_cross() -> None:
    close = slow().close

    def ema(values: Any, span: int) -> Any:
        return values.ewm(span=span, adjust=False).mean().where(values.notna())

    line = ema(close, 12) - ema(close, 26)
    agree("macd_histogram", (line - ema(line, 9)) / close, 1e-6, 1e-10)
    agree("ema_cross", ema(close, 9) / ema(close, 21) - 1, 1e-6, 1e-10)


def test_bollinger() -> None:
    close = slow().close
    window = close.rolling(20, min_periods=15)
    low, high = window.mean() - 2 * window.std(), window.mean() + 2 * window.std()
    agree("bollinger_bandwidth_20", (high - low) / window.mean(), 1e-7)
    agree("bollinger_position_20", (close - low) / (high - low), 1e-7, 1e-9)


def test_obv_momentum() -> None:
    bars = slow()
    r = np.log(bars.close).diff()
    signed = (np.sign(r) * bars.volume).rolling(24, min_periods=18).sum()
    whole = bars.volume.where(r.notna()).rolling(24, min_periods=18).sum()
    agree("obv_momentum_24", signed / whole)


def test_session_vwap() -> None:
    bars = slow()
    day = (bars.as_of - pd.Timedelta(hours=1)).dt.date
    paid = ((bars.high + bars.low + bars.close) / 3 * bars.volume).groupby(day).cumsum()
    agree("vwap_deviation_session", bars.close / (paid / bars.volume.groupby(day).cumsum()) - 1)


def rolling(values: Any, n: int) -> Any:
    return pd.Series(values).rolling(n, min_periods=math.ceil(0.75 * n))


@pytest.mark.parametrize("n", [1, 24])
def test_range_estimators(n: int) -> None:
    o, h, low, c = (slow()[name].to_numpy() for name in ("open", "high", "low", "close"))
    gk = 0.5 * np.log(h / low) ** 2 - (2 * np.log(2) - 1) * np.log(c / o) ** 2
    parkinson = np.log(h / low) ** 2 / (4 * np.log(2))
    rs = np.log(h / c) * np.log(h / o) + np.log(low / c) * np.log(low / o)
    for name, variance in (("garman_klass", gk), ("parkinson", parkinson), ("rogers_satchell", rs)):
        agree(f"{name}_{n}h", np.sqrt(rolling(variance, n).mean().clip(lower=0)), 1e-7, 1e-9)


@pytest.mark.parametrize("n", [24, 168])
def test_yang_zhang(n: int) -> None:
    o, h, low, c = (slow()[name] for name in ("open", "high", "low", "close"))
    rs = np.log(h / c) * np.log(h / o) + np.log(low / c) * np.log(low / o)
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    between, inside = np.log(o / c.shift(1)), np.log(c / o)
    variance = (
        rolling(between, n).var() + k * rolling(inside, n).var() + (1 - k) * rolling(rs, n).mean()
    )
    agree(f"yang_zhang_{n}h", np.sqrt(variance), 1e-7)


def test_spectrum_against_the_fft() -> None:
    r = np.log(slow().close).diff().fillna(0.0).to_numpy()
    columns = {
        name: fast(f"spectral_{name}")
        for name in ("day_share", "third_day_share", "quarter_day_share", "fast_share")
    }
    dominant, entropy = fast("spectral_dominant_period"), fast("spectral_entropy")
    bands = {"day_share": (24, 72), "third_day_share": (8, 24), "quarter_day_share": (4, 8)}
    bands["fast_share"] = (2, 4)
    for row in (900, 1700, 2555, ROWS - 1):
        power = np.abs(np.fft.rfft(r[row - 71 : row + 1]))[1:] ** 2
        period = 72 / np.arange(1, 37)
        assert dominant[row] == pytest.approx(period[power.argmax()])
        share = power / power.sum()
        assert entropy[row] == pytest.approx(-(share * np.log(share)).sum() / np.log(36))
        for name, (shortest, longest) in bands.items():
            inside = (period >= shortest) & ((period < longest) | (longest == 72))
            assert columns[name][row] == pytest.approx(share[inside].sum())


def test_hour_of_week_profile_against_a_loop() -> None:
    bars = slow()
    spread, body = np.log(bars.high / bars.low), np.log(bars.close / bars.open)
    log_variance = np.log((0.5 * spread**2 - (2 * np.log(2) - 1) * body**2).clip(lower=1e-9))
    deviation = (log_variance - rolling(log_variance, WEEK).mean()).to_numpy()

    def profile(row: int) -> float:
        total = weight = 0.0
        for week in range(WEEKS):
            value = deviation[row - WEEK * week]
            if not np.isnan(value):
                total += 0.5 ** (week / HALF_LIFE_WEEKS) * value
                weight += 0.5 ** (week / HALF_LIFE_WEEKS)
        return float(total / weight)

    season = {h: fast(f"variance_season_next_{h}h") for h in (1, 4, 8, 24)}
    now = fast("variance_season_now")
    for row in (3000, ROWS - 1):
        level = np.mean([profile(row - back) for back in range(WEEK)])
        for hours, values in season.items():
            # The hour j ahead was last seen a week before it.
            ahead = np.mean([profile(row + j - WEEK) for j in range(1, hours + 1)])
            assert values[row] == pytest.approx(ahead - level)
        before = np.mean([profile(row - back) for back in range(1, WEEK + 1)])
        assert now[row] == pytest.approx(profile(row - WEEK) - before)


@pytest.mark.parametrize("n", [24, 168])
def test_peer_correlation_and_beta(n: int) -> None:
    own, peer = np.log(slow().close).diff(), np.log(slow().peer_close).diff()
    both = own.notna() & peer.notna()
    own, peer = own.where(both), peer.where(both)
    agree(f"peer_correlation_{n}h", rolling(own, n).corr(peer), 1e-7, 1e-9)
    beta = rolling(own, n).cov(peer) / rolling(peer, n).var()
    agree(f"peer_beta_{n}h", beta, 1e-7, 1e-9)


def test_volatility_of_the_day_and_funding_score() -> None:
    bars = slow()
    agree("volatility_24h", rolling(np.log(bars.close).diff(), 24).std())
    month = rolling(bars.funding_rate, 720)
    agree("funding_zscore", (bars.funding_rate - month.mean()) / month.std(), 1e-6)


def test_regimes_against_a_loop() -> None:
    bars = slow()
    spread, body = np.log(bars.high / bars.low), np.log(bars.close / bars.open)
    variance = (0.5 * spread**2 - (2 * np.log(2) - 1) * body**2).clip(lower=1e-9)
    day = rolling(variance, 24).mean().to_numpy()
    found = fast("volatility_regime")
    for row in range(3000, ROWS, 37):
        past = day[row % 24 :: 24][: row // 24 + 1][-90:]
        low, high = np.nanquantile(past, [1 / 3, 2 / 3])
        assert found[row] == int(day[row] > low) + int(day[row] > high)
