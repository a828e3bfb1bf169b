"""The forecast in the terminal, against pages kept in tests/golden."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from rich.console import Console, RenderableType
from scipy.stats import norm

from barograph.cli.fan import fan_chart, place, put, reach
from barograph.cli.table import forecast_table
from barograph.core.levels import LEVELS, column

GOLDEN = Path(__file__).parent.parent / "golden"
NOW = datetime(2025, 6, 30, 23, tzinfo=UTC)


def latest() -> pl.DataFrame:
    hours = np.array([1, 4, 8, 24, 72, 168])
    scale = 0.005 * np.sqrt(hours)
    mean = np.array([-0.0001, 0.0002, 0.0, 0.003, 0.004, -0.002])
    return pl.DataFrame(
        {
            "symbol": "BTCUSDT",
            "as_of": NOW,
            "horizon_hours": hours,
            "price": 107_000.0,
            "mean": mean,
            "vol": scale,
            "p_up": norm.cdf(mean / scale),
            **{column(level): mean + scale * norm.ppf(level) for level in LEVELS},
            "regime": "low",
            "confidence": "medium",
        }
    )


def recent() -> pl.DataFrame:
    hours = np.arange(168)
    close = 107_000 + 2500 * np.sin(hours / 17.0) * (1 - hours / 167) + 600 * np.cos(hours / 3.0)
    bars = pl.DataFrame({"as_of": [NOW - timedelta(hours=int(h)) for h in hours[::-1]]})
    bars = bars.with_columns(close=pl.Series(close))
    gap = pl.int_range(pl.len()).is_between(60, 66)
    return bars.with_columns(close=pl.when(~gap).then(pl.col("close")))


def printed(thing: RenderableType, *, encoding: str = "utf-8", width: int = 110) -> str:
    """What a terminal without colour shows."""
    sink = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    console = Console(file=sink, width=width, color_system=None, force_terminal=False)
    console.print(thing)
    sink.seek(0)
    return "\n".join(line.rstrip() for line in sink.read().splitlines()) + "\n"


@pytest.mark.parametrize(
    ("name", "encoding", "simulated"),
    [
        ("fan_chart", "utf-8", False),
        ("fan_chart_simulated", "utf-8", True),
        ("fan_chart_ascii", "ascii", True),
    ],
)
def test_the_fan_chart_as_it_was_approved(name: str, encoding: str, simulated: bool) -> None:
    shown = printed(fan_chart(latest(), recent(), simulated=simulated), encoding=encoding)
    assert shown == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "encoding", "simulated", "width"),
    [("forecast_table", "utf-8", False, 110), ("forecast_table_narrow_ascii", "ascii", True, 80)],
)
def test_the_table_as_it_was_approved(
    name: str, encoding: str, simulated: bool, width: int
) -> None:
    shown = printed(forecast_table(latest(), simulated=simulated), encoding=encoding, width=width)
    assert shown == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_the_table_holds_the_numbers_of_the_frame() -> None:
    shown = printed(forecast_table(latest()))
    row = latest().row(3, named=True)
    low, high = (row["price"] * np.exp(row[level]) for level in ("q0.023", "q0.977"))
    assert f"{low:,.0f} – {high:,.0f}" in shown
    assert f"{100 * row['p_up']:.1f} %" in shown


def test_simulated_is_said_in_both() -> None:
    assert printed(fan_chart(latest(), recent(), simulated=True)).count("SIMULATED") == 2
    assert printed(forecast_table(latest(), simulated=True)).count("SIMULATED") == 2
    assert "SIMULATED" not in printed(fan_chart(latest(), recent()))
    assert "SIMULATED" not in printed(forecast_table(latest()))


def test_nulls_are_dashes() -> None:
    frame = latest().with_columns(
        pl.lit(None, dtype=pl.Float64).alias("q0.023"),
        mean=None,
        regime=None,
    )
    line = next(row for row in printed(forecast_table(frame)).splitlines() if "24 h" in row)
    assert line.count("–") >= 4


def test_no_forecast_is_said() -> None:
    empty = latest().clear()
    assert "no forecast" in printed(fan_chart(empty, recent()))
    assert "no forecast" in printed(forecast_table(empty))


def test_no_past_is_no_fault() -> None:
    shown = printed(fan_chart(latest(), recent().clear()))
    assert "now" in shown
    assert "-0h" not in shown


@pytest.mark.parametrize("width", [30, 60, 72, 100])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    shown = printed(fan_chart(latest(), recent(), simulated=True, width=100), width=width)
    assert max(map(len, shown.splitlines()[1:-1])) <= width


def test_colour_is_used_where_there_is_some() -> None:
    sink = io.StringIO()
    console = Console(file=sink, width=100, force_terminal=True, color_system="256")
    console.print(forecast_table(latest()))
    console.print(fan_chart(latest(), recent()))
    assert "\x1b[" in sink.getvalue()


def test_places_and_strokes() -> None:
    assert place(np.array([0.0, 1.0, np.nan, 0.5]), (0.0, 1.0), 4) == [3, 0, -1, 2]
    assert list(reach(2, 2)) == [2]
    assert list(reach(2, 5)) == [2, 3, 4]
    assert list(reach(5, 2)) == [3, 4, 5]
    assert list(reach(-1, 2)) == []
    assert list(reach(3, -1)) == [3]


def test_labels_do_not_overlap() -> None:
    line = list("ab   ")
    put(line, 1, "cd")
    put(line, 3, "ef")
    assert "".join(line) == "ab ef"
