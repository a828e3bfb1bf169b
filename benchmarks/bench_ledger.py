"""How long a year of hourly forecasts takes to record and to verify, against hashing alone.

Run: ``python -m benchmarks.bench_ledger`` from the repository's folder.
"""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from barograph.core.hashing import value_hash
from barograph.core.levels import LEVELS, column
from barograph.core.time import HORIZONS, HOUR
from barograph.ledger.audit import verify
from barograph.ledger.forecasts import Ledger, Publication
from barograph.ledger.payload import Row

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
SETTINGS = {"size": "small", "seed": 7}
YEAR = 365 * 24


def row(hour: int, horizon: int) -> Row:
    """One horizon of a made-up forecast."""
    numbers = dict.fromkeys(("mean", "vol", "variance", "p_up"), (hour + 1) / (horizon + 7))
    quantiles = {column(level): (hour + 1) * level / 3 for level in LEVELS}
    words = {"target_time": f"{FIRST + (hour + horizon) * HOUR:%Y-%m-%dT%H:%M:%SZ}"}
    return {"horizon_hours": horizon, **words, **numbers, **quantiles}


def publication(hour: int) -> Publication:
    """Make the forecast of one hour of the year."""
    as_of = FIRST + hour * HOUR
    return Publication(
        issued_at=as_of,
        symbol="BTCUSDT",
        as_of=as_of,
        settings=SETTINGS,
        config_hash=value_hash(SETTINGS)[:16],
        data_versions={"silver/bars/binance_spot_BTCUSDT_1h": hour},
        data_hash=value_hash(hour),
        table_hashes={"silver/bars/binance_spot_BTCUSDT_1h": value_hash(hour)},
        feature_set_hash=value_hash("features"),
        model_hash=value_hash("model"),
        versions={"barograph": "0.1.0"},
        simulated=True,
        forecast=tuple(row(hour, horizon) for horizon in HORIZONS),
    )


def main() -> None:
    """Publish a year, then time what a user waits for."""
    with TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        ledger.publish([publication(hour) for hour in range(YEAR)])
        start = perf_counter()
        ledger.publish([publication(YEAR)])
        one_more = perf_counter() - start
        start = perf_counter()
        verified = verify(ledger.folder)
        checked = perf_counter() - start
        content = ledger.chain.path.read_bytes()
        start = perf_counter()
        hashlib.sha256(content).hexdigest()
        hashed = perf_counter() - start
    print(f"entries {verified.forecasts}, {len(content) / verified.forecasts:.0f} bytes each")
    print(f"publish one more: {one_more * 1e3:.1f} ms")
    print(f"verify all: {checked:.2f} s, {checked / verified.forecasts * 1e3:.3f} ms an entry")
    print(f"ratio to sha256 of the same bytes: {checked / hashed:.1f}")


if __name__ == "__main__":
    main()
