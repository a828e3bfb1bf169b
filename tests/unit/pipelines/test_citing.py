"""A citation kept as the lake grows is the one that reading everything anew gives."""

from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from barograph.core.payload import Payload, SeriesKey
from barograph.core.settings import Settings, WalkForward
from barograph.core.time import HOUR, parse_moment
from barograph.features.catalogue import features
from barograph.lake.fingerprint import fingerprint
from barograph.lake.growing import Growing
from barograph.lake.lake import Lake
from barograph.pipelines.citing import Citing
from barograph.pipelines.dataset import load
from barograph.pipelines.ingest import ingest, unpacking
from barograph.sources import simulated
from barograph.sources.catalogue import layouts

START = parse_moment("2024-01-20")
SETTINGS = Settings(
    size="small",
    symbols=("BTCUSDT",),
    peers=(),
    venues=("binance_spot",),
    models=("har_x",),
    walk_forward=WalkForward(train_days=10),
    seed=1,
)
FEW = {"log_return_abs": features()["log_return_abs"]}


def bars(interval: str, first: datetime, last: datetime, venue: str = "binance_spot") -> Payload:
    """Bars of a random market between two moments."""
    fine = simulated.market(["BTCUSDT"], last, START)["BTCUSDT"]
    table = fine if interval == "5m" else simulated.hourly(fine)
    sink = BytesIO()
    table.filter(pl.col("ts") >= first).write_parquet(sink)
    key = SeriesKey("bars", venue, "BTCUSDT", interval)
    return Payload(key, "file", f"{first:%Y-%m-%d %H}", "bars_parquet", sink.getvalue())


@pytest.mark.parametrize("other", [False, True])
def test_a_citation_is_what_loading_would_cite(tmp_path: Path, other: bool) -> None:
    lake, readers = Lake(tmp_path / "lake"), unpacking(layouts())
    begin = START + timedelta(days=11)  # the month ends on the way
    seed = [bars("1h", START, begin), bars("5m", START, begin)]
    if other:  # a second venue: what is read must be chosen, as loading does
        seed.append(bars("30m", START, begin, "kraken_spot"))
    ingest(lake, seed, readers)
    growing = Growing(lake, readers)
    citing = Citing(growing)
    for hour in (30, 1, 20, 2):
        end = begin + hour * HOUR
        growing.append([bars("1h", begin, end), bars("5m", begin, end)], end)
        begin = end
        for back in (0, 1):  # the present, and an hour caught up on
            as_of = end - back * HOUR
            cited = citing.cite(SETTINGS, "BTCUSDT", "binance_spot", as_of)
            loaded = load(lake, SETTINGS, "BTCUSDT", FEW, as_of, dict(cited.versions))
            assert cited.data_hash == loaded.data_hash
            assert cited.table_hashes == fingerprint(lake, cited.versions)
