"""Invented inputs of a report: a calibrated flagship beside worse baselines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from scipy.stats import norm

from barograph.core.levels import LEVELS, column
from barograph.evaluation.report import ReportInputs
from barograph.evaluation.scores import score_table

HORIZONS = (1, 4, 8, 24, 72, 168)
MODELS = ("barograph", "random_walk", "ewma", "garch_t", "har", "lightgbm_har")
NOISE = {"barograph": 0.08, "random_walk": 0.7, "ewma": 0.4, "garch_t": 0.35, "har": 0.18}
START = datetime(2021, 1, 1, tzinfo=UTC)
METRICS = (
    "pinball",
    "qlike",
    *(f"coverage_{nominal}" for nominal in (50, 68, 80, 90, 95)),
    "r2_price",
    "r2_price_naive",
    "r2_return",
    "direction_accuracy",
)


def forecasts(
    symbol: str, model: str, frame: pl.DataFrame, horizon: int, rng: np.random.Generator
) -> pl.DataFrame:
    """One model at one horizon: the true scale times the model's error."""
    scale = frame["sigma"].to_numpy() * np.sqrt(horizon)
    scale = scale * np.exp(NOISE.get(model, 0.15) * rng.standard_normal(len(scale)))
    mean = 0.02 * scale * rng.standard_normal(len(scale))
    quantiles = {column(level): mean + scale * norm.ppf(level) for level in LEVELS}
    return frame.select("as_of", "price").with_columns(
        symbol=pl.lit(symbol),
        model=pl.lit(model),
        horizon_hours=pl.lit(horizon, dtype=pl.Int64),
        target_time=pl.col("as_of") + timedelta(hours=horizon),
        mean=pl.Series(mean),
        vol=pl.Series(scale),
        variance=pl.Series(scale**2),
        p_up=pl.Series(norm.cdf(mean / scale)),
        **{name: pl.Series(values) for name, values in quantiles.items()},
    )


def market(hours: int, rng: np.random.Generator) -> pl.DataFrame:
    """Price and volatility of an invented market, one row an hour."""
    log_sigma = np.zeros(hours)
    shocks = rng.standard_normal(hours)
    for hour in range(1, hours):
        log_sigma[hour] = 0.995 * log_sigma[hour - 1] + 0.05 * shocks[hour]
    sigma = 0.006 * np.exp(log_sigma)
    returns = np.concatenate(([0.0], sigma[:-1] * rng.standard_normal(hours - 1)))
    return pl.DataFrame(
        {
            "as_of": pl.datetime_range(
                START, START + timedelta(hours=hours - 1), "1h", time_unit="us", eager=True
            ),
            "price": 30_000 * np.exp(np.cumsum(returns)),
            "sigma": sigma,
            "squared": returns**2,
        }
    )


def scored_frame(symbol: str, hours: int, horizons: tuple[int, ...], seed: int) -> pl.DataFrame:
    """Every model and horizon beside what came of it."""
    rng = np.random.default_rng(seed)
    frame = market(hours, rng)
    low, high = frame["sigma"].quantile(0.33), frame["sigma"].quantile(0.67)
    hour = pl.col("as_of").dt.hour()
    slices = frame.select(
        "as_of",
        regime=pl.when(pl.col("sigma") < low)
        .then(pl.lit("low"))
        .when(pl.col("sigma") > high)
        .then(pl.lit("high"))
        .otherwise(pl.lit("normal")),
        session=pl.when(hour < 8)
        .then(pl.lit("Asia"))
        .when(hour < 16)
        .then(pl.lit("Europe"))
        .otherwise(pl.lit("US")),
        year=pl.col("as_of").dt.year(),
        quarter=pl.format("{}Q{}", pl.col("as_of").dt.year(), pl.col("as_of").dt.quarter()),
        hour=hour,
    )
    parts = []
    for horizon in horizons:
        # Hourly noise on the realised variance keeps QLIKE above zero.
        outcome = frame.select(
            "as_of",
            realised_return=(pl.col("price").shift(-horizon) / pl.col("price")).log(),
            realised_variance=pl.col("sigma") ** 2
            * horizon
            * pl.Series(np.exp(0.5 * rng.standard_normal(hours))),
        ).with_columns(
            realised_variance=pl.when(pl.col("realised_return").is_not_null()).then(
                pl.col("realised_variance")
            )
        )
        parts += [
            forecasts(symbol, model, frame, horizon, rng).join(outcome, on="as_of")
            for model in MODELS
        ]
    return pl.concat(parts).join(slices, on="as_of")


def compared(metrics: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Skill of the flagship against every other model, with invented intervals."""
    rows = []
    chosen = (pl.col("slice") == "all") & pl.col("metric").is_in(["pinball", "qlike"])
    for (symbol, horizon, metric), part in metrics.filter(chosen).group_by(
        "symbol", "horizon_hours", "metric", maintain_order=True
    ):
        held = dict(part.select("model", "score").iter_rows())
        own = held.pop("barograph")
        for baseline, other in held.items():
            skill = 1 - own / other
            half = 0.002 * float(np.sqrt(int(str(horizon)))) * (0.6 + 0.4 * rng.random())
            statistic = -1.96 * skill / half
            rows.append(
                {
                    "symbol": symbol,
                    "horizon_hours": horizon,
                    "model": "barograph",
                    "baseline": baseline,
                    "metric": metric,
                    "skill": skill,
                    "ci_low": skill - half,
                    "ci_high": skill + half,
                    "dm_statistic": statistic,
                    "p_value": float(2 * norm.sf(abs(statistic))),
                    "in_confidence_set": True,
                }
            )
    return pl.DataFrame(rows)


def members(metrics: pl.DataFrame) -> pl.DataFrame:
    """Invented confidence sets: the two best of each horizon."""
    chosen = (pl.col("slice") == "all") & pl.col("metric").is_in(["pinball", "qlike"])
    return metrics.filter(chosen).select(
        "symbol",
        "metric",
        "horizon_hours",
        "model",
        in_confidence_set=pl.col("score").rank().over("symbol", "metric", "horizon_hours") <= 2,
    )


def called(metrics: pl.DataFrame) -> pl.DataFrame:
    """Accuracy of direction with an invented interval."""
    return metrics.filter(
        (pl.col("slice") == "all") & (pl.col("metric") == "direction_accuracy")
    ).select(
        "symbol",
        "model",
        "horizon_hours",
        accuracy="score",
        ci_low=pl.col("score") - 0.01,
        ci_high=pl.col("score") + 0.01,
        n="n",
    )


def make(
    symbols: tuple[str, ...] = ("BTCUSDT",),
    horizons: tuple[int, ...] = HORIZONS,
    hours: int = 3000,
    **changes: object,
) -> ReportInputs:
    """Complete inputs; ``changes`` replace fields of them."""
    rng = np.random.default_rng(7)
    scored = pl.concat(
        [scored_frame(symbol, hours, horizons, seed) for seed, symbol in enumerate(symbols)]
    )
    chosen = pl.col("metric").is_in(METRICS)
    metrics = score_table(scored).filter(chosen)
    mine = scored.filter(pl.col("model") == "barograph")
    last = mine.filter(pl.col("as_of") == mine["as_of"].max())
    now = last["as_of"][0]
    bars = (
        mine.filter(pl.col("horizon_hours") == horizons[0])
        .select("symbol", "as_of", close="price")
        .with_columns(
            open=pl.col("close").shift(1).over("symbol").fill_null(pl.col("close")),
        )
        .with_columns(
            high=pl.max_horizontal("open", "close") * 1.002,
            low=pl.min_horizontal("open", "close") * 0.998,
        )
        .filter(pl.col("as_of") > now - timedelta(days=20))
    )
    names = [f"rv_gk_{h}h" for h in (1, 6, 24, 168)] + [f"feature_{i}" for i in range(40)]
    weights = np.sort(rng.exponential(size=len(names)))[::-1]
    importance = pl.DataFrame(
        {
            "feature": [*names, "noise"],
            "importance": [*weights, float(weights[-3])],
            "is_noise": [*([False] * len(names)), True],
        }
    )
    inputs = ReportInputs(
        symbols=symbols,
        generated_at=now + timedelta(minutes=1),
        latest=last.with_columns(regime=pl.lit("normal"), confidence=pl.lit("medium")).drop(
            "realised_return", "realised_variance"
        ),
        recent=bars,
        scored=scored,
        metrics=metrics,
        comparisons=compared(metrics, rng),
        membership=members(metrics),
        direction=called(metrics),
        quality=(
            {
                "series": "binance_spot_BTCUSDT_1h",
                "venue": "binance",
                "read": 68_900,
                "silver": 68_868,
                "duplicates": 20,
                "quarantined": 12,
                "first": START,
                "last": now,
                "gaps": [
                    (START, START + timedelta(hours=34)),
                    "2023-03-24 13:00 (1 h)",
                    {"from": START, "to": START + timedelta(hours=2), "hours": 2.0, "bars": 2},
                ],
                "flagged": 3,
                "reasons": {"high below low": 12},
            },
            {
                "series": "binance_funding_BTCUSDT",
                "venue": "binance",
                "read": 6362,
                "silver": 6362,
                "duplicates": 0,
                "quarantined": 0,
                "gaps": [],
            },
        ),
        run={
            "config_hash": "9f2c1d70aa31be04",
            "data_version": 17,
            "feature_set_hash": "77ab02",
            "model_hash": "c0ffee12",
            "seed": 20210101,
            "versions": {"python": "3.11.9", "polars": "2.1.0", "numpy": "2.4.1"},
            "timings": {"features": 0.81, "walk_forward": {"har": 3.2, "garch_t": 41.0}},
        },
        tried=7,
        trials=pl.DataFrame(
            {"name": ["small", "medium"], "pinball_24h": [0.00604, 0.00601], "kept": [False, True]}
        ),
        importance=importance,
    )
    return replace(inputs, **changes)  # type: ignore[arg-type]
