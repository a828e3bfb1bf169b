"""A mind knows when the bars it has learnt from are no longer those of the lake."""

import copy
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from barograph.core.payload import Payload, SeriesKey
from barograph.core.settings import load_settings
from barograph.core.time import HOUR
from barograph.features.catalogue import features
from barograph.lake.lake import Lake
from barograph.live.mind import EngineMind
from barograph.pipelines.append import LiveLake
from barograph.pipelines.ingest import unpacking
from barograph.pipelines.prepare import named
from barograph.sources.catalogue import layouts
from barograph.sources.simulated import VENUE, hourly, market

FIRST = datetime(2023, 1, 1, tzinfo=UTC)
END = FIRST + timedelta(days=480)
"""The lake's last bar ends here; models answer from their first year on."""
KEY = SeriesKey("bars", VENUE, "BTCUSDT", "1h")


def page(rows: pl.DataFrame) -> Payload:
    """Bars as a file of them comes in."""
    buffer = BytesIO()
    rows.write_parquet(buffer)
    return Payload(KEY, "test", f"{rows['ts'][0]} {rows.height}", "bars_parquet", buffer.getvalue())


class World:
    """A lake that a mind has learnt, and the hours that come after."""

    def __init__(self, folder: Path) -> None:
        settings = load_settings(named("small").with_name("live.yaml"))
        self.lake = LiveLake(Lake(folder), settings, features(), unpacking(layouts()))
        self.hours = hourly(market(["BTCUSDT"], END + 10 * HOUR, FIRST)["BTCUSDT"])
        self.bring(self.hours.filter(pl.col("ts") < END))

    def bring(self, rows: pl.DataFrame) -> None:
        """Let bars arrive."""
        self.lake.append([page(rows)], END + timedelta(days=2))

    def hour(self, ahead: int) -> pl.DataFrame:
        """The bar that ends so many hours after ``END``."""
        return self.hours.filter(pl.col("ts") == END + (ahead - 1) * HOUR)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World, EngineMind]:
    folder = tmp_path_factory.mktemp("mind")
    world = World(folder / "lake")
    return folder, world, EngineMind.warm(world.lake, "BTCUSDT")


def test_a_mind_follows_a_market_with_a_hole_and_learns_what_comes_late(
    learnt: tuple[Path, World, EngineMind], tmp_path: Path
) -> None:
    """The hour that was missing comes after the next one; then before any other, at the end."""
    _, world, mind = learnt
    assert not mind.outdated
    world.bring(world.hour(1))
    assert mind.step() is not None
    assert mind.step() is None, "the second hour's bar is not there"
    world.bring(world.hour(3))
    assert mind.step() is not None
    assert not mind.outdated, "all that there is has been learnt"
    mind.save(tmp_path)
    assert EngineMind.restored(world.lake, "BTCUSDT", VENUE, tmp_path) is not None

    stale = copy.copy(mind)
    world.bring(world.hour(2))
    assert stale.outdated
    (tmp_path / "BTCUSDT.pickle").unlink()
    stale.save(tmp_path)
    assert not (tmp_path / "BTCUSDT.pickle").exists(), "it has not learnt what the lake says"
    assert EngineMind.restored(world.lake, "BTCUSDT", VENUE, tmp_path) is None

    again = EngineMind.warm(world.lake, "BTCUSDT")
    assert not again.outdated
    late, then = again.thought(END + 2 * HOUR), mind.thought(END + 3 * HOUR)
    now = again.thought(END + 3 * HOUR)
    assert late is not None
    assert then is not None
    assert now is not None
    assert not np.array_equal(then.belief.variance, now.belief.variance)

    # A late bar at the end of the series, which nothing in the table's past betrays.
    assert again.step() is None
    world.bring(world.hour(4))
    assert again.outdated
    again.step()
    assert again.outdated, "going on does not make it better"
