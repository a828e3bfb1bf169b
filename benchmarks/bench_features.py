"""Features on real hourly bars: Polars declarations against the same columns in pandas.

    python -m benchmarks.bench_features            # needs BAROGRAPH_DATA; else a made-up market
    python -m benchmarks.bench_features --long     # 5 M one-minute rows in bounded memory

Prints the time of the whole catalogue, and the ratio to pandas on the columns both compute, after
checking that they agree. The pandas side is written as one would by hand: shared series computed
once, everything vectorised, the spectrum by one batched numpy FFT. An FFT per hour by
``rolling.apply`` is timed apart and is in no other ratio: nobody in a hurry would write it.
"""

import argparse
import math
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.grids import make_grid

from barograph.features.build import PART_ROWS, build, build_parts
from barograph.features.catalogue import features

# pandas has no types here: a series, a frame or an array.
Series: TypeAlias = Any
Columns: TypeAlias = dict[str, Any]

ROWS = 77_000
WARM_UP = 3500


def real_grid(folder: Path) -> pl.DataFrame:
    """Hourly grid of the real bars, repeated up to ``ROWS`` rows."""
    from tests.unit.features.test_real_bars import read

    from barograph.lake.grid import hourly_grid

    grid = hourly_grid(read(folder, "BTCUSDT", "1h"), peer=read(folder, "ETHUSDT", "1h"))
    return fill_up(grid, ROWS)


def fill_up(grid: pl.DataFrame, rows: int, step: str = "1h") -> pl.DataFrame:
    """Repeat a grid's values to a number of rows under fresh timestamps."""
    copies = -(-rows // grid.height)
    long = pl.concat([grid] * copies).head(rows)
    start = grid["as_of"][0]
    return long.with_columns(
        as_of=pl.lit(start).dt.cast_time_unit("us")
        + pl.int_range(rows) * pl.duration(minutes=60 if step == "1h" else 1)
    )


def best(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Least wall and processor seconds of several runs."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return min(walls), min(cpus)


def roll(x: Series, n: int) -> Series:
    return x.rolling(n, min_periods=math.ceil(0.75 * n))


def price(bars: Series) -> Columns:
    out: Columns = {}
    o, h, low, c = bars.open, bars.high, bars.low, bars.close
    log = np.log(c)
    for n in (1, 4, 8, 24, 72, 168):
        out[f"returns_{n}h"] = log.diff(n)
    for n in (1, 6, 12, 24, 48):
        out[f"momentum_{n}h"] = c / c.shift(n) - 1
    out["log_return_abs"] = log.diff().abs()
    out["hl_range"], out["oc_range"] = (h - low) / c, (c - o).abs() / o
    out["close_position"] = ((c - low) / (h - low)).where(h > low)
    for n in (24, 168, 720):
        out[f"drawdown_{n}h"] = c / roll(c, n).max() - 1
        out[f"drawup_{n}h"] = c / roll(c, n).min() - 1
        top, bottom = roll(h, n).max(), roll(low, n).min()
        out[f"close_position_{n}h"] = (c - bottom) / (top - bottom)
    return out


def range_volatility(bars: Series) -> Columns:
    out: Columns = {}
    o, h, low, c = bars.open, bars.high, bars.low, bars.close
    gk = 0.5 * np.log(h / low) ** 2 - (2 * math.log(2) - 1) * np.log(c / o) ** 2
    floored, spread = gk.clip(lower=1e-9), np.sqrt(gk)
    out["garman_klass_1h"], out["har_log_variance_1h"] = spread, np.log(floored)
    for n in (6, 24, 168):
        out[f"garman_klass_{n}h"] = np.sqrt(roll(gk, n).mean())
    for n in (3, 6, 12, 24, 72, 168, 720):
        out[f"har_log_variance_{n}h"] = np.log(roll(floored, n).mean())
    short, long = out["har_log_variance_24h"], out["har_log_variance_168h"]
    out["variance_log_ratio_24h_168h"] = short - long
    out["parkinson_24h"] = np.sqrt(roll(np.log(h / low) ** 2 / (4 * math.log(2)), 24).mean())
    rs = np.log(h / c) * np.log(h / o) + np.log(low / c) * np.log(low / o)
    out["rogers_satchell_24h"] = np.sqrt(roll(rs, 24).mean())
    between, inside = np.log(o / c.shift(1)), np.log(c / o)
    for n in (24, 168):
        k = 0.34 / (1.34 + (n + 1) / (n - 1))
        parts = roll(between, n).var() + k * roll(inside, n).var() + (1 - k) * roll(rs, n).mean()
        out[f"yang_zhang_{n}h"] = np.sqrt(parts)
        out[f"volatility_of_volatility_{n}h"] = roll(spread, n).std() / roll(spread, n).mean()
    return out


def return_moments(bars: Series) -> Columns:
    out: Columns = {}
    r = np.log(bars.close).diff()
    square, falls = r**2, r.clip(upper=0) ** 2
    for n in (6, 24, 72, 168, 720):
        out[f"realized_volatility_{n}h"] = np.sqrt(roll(square, n).mean())
    out["volatility_24h"] = roll(r, 24).std()
    for n in (24, 168):
        out[f"downside_share_{n}h"] = roll(falls, n).mean() / roll(square, n).mean()
    out["realized_skewness_168h"] = roll(r**3, 168).mean() / roll(square, 168).mean() ** 1.5
    peer = np.log(bars.peer_close).diff()
    a, b = r.where(peer.notna()), peer.where(r.notna())
    for n in (24, 168):
        out[f"peer_correlation_{n}h"] = roll(a, n).corr(b)
        out[f"peer_beta_{n}h"] = roll(a, n).cov(b) / roll(b, n).var()
    return out


def ema(x: Series, alpha: float) -> Series:
    return x.ewm(alpha=alpha, adjust=False).mean().where(x.notna())


def technical(bars: Series) -> Columns:
    import pandas as pd

    out: Columns = {}
    h, low, c, volume = bars.high, bars.low, bars.close, bars.volume
    middle, width = roll(c, 20).mean(), roll(c, 20).std()
    out["bollinger_bandwidth_20"] = 4 * width / middle
    out["bollinger_position_20"] = (c - middle + 2 * width) / (4 * width)
    change = c.diff()
    for n in (6, 7, 14):
        up, down = ema(change.clip(lower=0), 1 / n), ema((-change).clip(lower=0), 1 / n)
        out[f"rsi_{n}"] = 100 * up / (up + down)
    before = c.shift(1)
    true_range = pd.concat([h - low, (h - before).abs(), (low - before).abs()], axis=1).max(axis=1)
    for n in (14, 24):
        out[f"atr_{n}"] = ema(true_range, 1 / n) / c
    line = ema(c, 2 / 13) - ema(c, 2 / 27)
    out["macd_histogram"] = (line - ema(line, 2 / 10)) / c
    out["ema_cross"] = ema(c, 2 / 10) / ema(c, 2 / 22) - 1
    for n in (24, 72, 168, 720):
        out[f"sma_deviation_{n}h"] = c / roll(c, n).mean() - 1
    out["volume_ratio_24h"] = volume / roll(volume, 24).mean()
    known, sign = volume.where(change.notna()), np.sign(change)
    out["obv_momentum_24"] = roll(sign * volume, 24).sum() / roll(known, 24).sum()
    paid = roll((h + low + c) / 3 * volume, 24).sum()
    out["vwap_deviation_24h"] = c / (paid / roll(volume, 24).sum()) - 1
    hour = 2 * math.pi * bars.as_of.dt.hour / 24
    out["hour_sine"], out["hour_cosine"] = np.sin(hour), np.cos(hour)
    return out


def in_pandas(bars: Series) -> Columns:
    """The columns as one would write them in pandas."""
    groups = (price, range_volatility, return_moments, technical)
    return {name: values for group in groups for name, values in group(bars).items()}


def bands() -> dict[str, Any]:
    period = 72 / np.arange(1, 37)
    edges = {"day": (24, 73), "third_day": (8, 24), "quarter_day": (4, 8), "fast": (2, 4)}
    return {name: (period >= a) & (period < b) for name, (a, b) in edges.items()}


def spectrum(bars: Series) -> Columns:
    """Band shares by one batched FFT over all windows."""
    r = np.log(bars.close).diff().fillna(0.0).to_numpy()
    windows = np.lib.stride_tricks.sliding_window_view(r, 72)
    power = np.abs(np.fft.rfft(windows, axis=1))[:, 1:] ** 2
    total, lead = power.sum(axis=1), np.full(71, np.nan)
    return {
        f"spectral_{name}_share": np.concatenate([lead, power[:, inside].sum(axis=1) / total])
        for name, inside in bands().items()
    }


def spectrum_by_apply(bars: Series) -> Columns:
    """Band shares by an FFT per hour and band, as ``rolling.apply`` has it."""
    r = np.log(bars.close).diff().fillna(0.0)

    def share(inside: Series) -> Callable[[Series], float]:
        def apply(window: Series) -> float:
            power = np.abs(np.fft.rfft(window))[1:] ** 2
            return float(power[inside].sum() / power.sum())

        return apply

    return {
        f"spectral_{name}_share": r.rolling(72).apply(share(inside), raw=True)
        for name, inside in bands().items()
    }


def check(name: str, ours: pl.Series, theirs: Series) -> None:
    """Stop unless the two columns agree after the warm-up."""
    a, b = ours.to_numpy()[WARM_UP:], np.asarray(theirs, dtype=float)[WARM_UP:]
    both = np.isfinite(a) & np.isfinite(b)
    if both.sum() < 0.98 * len(a) or not np.allclose(a[both], b[both], rtol=1e-4, atol=1e-7):
        raise SystemExit(f"{name}: Polars and pandas disagree")


def compare(grid: pl.DataFrame, in_other: Callable[[Series], Columns], times: int) -> float:
    """Ratio of wall times on the same columns, after checking them."""
    bars = grid.to_pandas()
    theirs = in_other(bars)
    shared = {name: features()[name] for name in theirs}
    ours = build(grid, shared)
    for name, values in theirs.items():
        check(name, ours[name], values)
    fast, fast_cpu = best(lambda: build(grid, shared), 5)
    slow, slow_cpu = best(lambda: in_other(bars), times)
    print(
        f"  {len(shared):4d} columns: polars {fast:.3f} s ({fast_cpu:.3f} s processor), "
        f"pandas {slow:.3f} s ({slow_cpu:.3f}), ratio {slow / fast:.1f} ({slow_cpu / fast_cpu:.1f})"
    )
    return slow / fast


def long_run(rows: int = 5_000_000) -> None:
    """Every feature on five million one-minute rows, scanned from a file part by part."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grid.parquet"
        fill_up(make_grid(50_000), rows, "1m").write_parquet(path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, seen = time.perf_counter(), 0
        for part in build_parts(pl.scan_parquet(path), features()):
            seen += part.height
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{seen:,} one-minute rows, {len(features())} features, {PART_ROWS:,} rows a part")
    print(f"  {time.perf_counter() - began:.0f} s, peak {peak / 2**20:.2f} GiB, ", end="")
    print(f"of which {before / 2**20:.2f} GiB before the first part")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="5 M one-minute rows, bounded memory")
    if parser.parse_args().long:
        long_run()
        return
    folder = os.environ.get("BAROGRAPH_DATA")
    grid = real_grid(Path(folder)) if folder else fill_up(make_grid(20_000), ROWS)
    print(f"{grid.height:,} hourly rows, {'real' if folder else 'made-up'} bars")
    wall, cpu = best(lambda: build(grid, features()), 5)
    count = len(features())
    print(f"  {count:4d} columns, the whole catalogue: {wall:.3f} s ({cpu:.3f} s processor)")
    print("by hand, vectorised:")
    compare(grid, in_pandas, 5)
    print("the same and the spectrum by one batched FFT:")
    compare(grid, lambda bars: in_pandas(bars) | spectrum(bars), 3)
    print("the spectrum alone, by rolling.apply:")
    compare(grid, spectrum_by_apply, 1)


if __name__ == "__main__":
    main()
