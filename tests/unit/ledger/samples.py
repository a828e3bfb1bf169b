"""Small made-up forecasts to publish."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from barograph.core.hashing import value_hash
from barograph.core.levels import LEVELS, column
from barograph.core.time import HOUR
from barograph.ledger.forecasts import Entry, Publication
from barograph.ledger.outcomes import Outcome
from barograph.ledger.payload import forecast_payload

FIRST = datetime(2024, 5, 1, tzinfo=UTC)
SETTINGS: dict[str, Any] = {"size": "small", "seed": 7, "horizons": [1, 24]}


def forecast_frame(as_of: datetime, horizons: tuple[int, ...] = (1, 24)) -> pl.DataFrame:
    """One forecast in the columns of ``forecasts.parquet``, with the extras people read."""
    rng = np.random.default_rng(int(as_of.timestamp()))
    spread = np.sort(rng.normal(size=(len(horizons), len(LEVELS))), axis=1) / 100
    return pl.DataFrame(
        {
            "symbol": ["BTCUSDT"] * len(horizons),
            "model": ["barograph"] * len(horizons),
            "as_of": [as_of] * len(horizons),
            "horizon_hours": horizons,
            "target_time": [as_of + h * HOUR for h in horizons],
            "mean": rng.normal(size=len(horizons)) / 1000,
            "vol": 0.01 * np.sqrt(horizons),
            "variance": 1e-4 * np.array(horizons) / 3,
            "p_up": 0.5 + rng.normal(size=len(horizons)) / 100,
            **{column(level): spread[:, i] for i, level in enumerate(LEVELS)},
            "price": [63_123.45] * len(horizons),
            "regime": ["normal"] * len(horizons),
            "confidence": ["medium"] * len(horizons),
        }
    )


def publication(hours: int = 0, **changes: Any) -> Publication:
    """Make the forecast issued some hours after the first."""
    as_of = FIRST + timedelta(hours=hours)
    fields: dict[str, Any] = {
        "issued_at": as_of + timedelta(minutes=2),
        "symbol": "BTCUSDT",
        "as_of": as_of,
        "settings": SETTINGS,
        "config_hash": value_hash(SETTINGS)[:16],
        "data_versions": {"silver/bars/binance_spot_BTCUSDT_1h": 12 + hours},
        "data_hash": value_hash(hours),
        "table_hashes": {"silver/bars/binance_spot_BTCUSDT_1h": value_hash("bytes")},
        "feature_set_hash": value_hash("features"),
        "model_hash": value_hash("model"),
        "versions": {"barograph": "0.1.0"},
        "simulated": False,
        "forecast": forecast_payload(forecast_frame(as_of)),
    }
    return Publication(**(fields | changes))


def outcome(entry: Entry, horizon: int = 1, **changes: Any) -> Outcome:
    """Say what became of one horizon of an entry."""
    as_of = entry.published.as_of
    fields: dict[str, Any] = {
        "forecast_sequence": entry.sequence,
        "forecast_hash": entry.entry_hash,
        "symbol": "BTCUSDT",
        "as_of": as_of,
        "horizon_hours": horizon,
        "target_time": as_of + horizon * HOUR,
        "recorded_at": as_of + (horizon + 1) * HOUR,
        "realised_return": 0.0123,
        "realised_variance": 1.5e-4,
        "scores": {"pinball": 0.0011, "qlike": 0.4},
    }
    return Outcome(**(fields | changes))


@contextmanager
def overwritten(path: Path, place: int, byte: int) -> Iterator[None]:
    """Put one byte of a file wrong, and right again afterwards."""
    with path.open("r+b", buffering=0) as file:
        file.seek(place)
        (sound,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte]))
        yield
        file.seek(place)
        file.write(bytes([sound]))
