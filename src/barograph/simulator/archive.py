"""Binance's public archive: zips made from the market on request, each with its checksum."""

import hashlib
import re
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Final

import polars as pl
from aiohttp import web

from barograph.core.columns import BAR_VALUES
from barograph.simulator.faults import Faults, refuse, spoil_bytes
from barograph.simulator.market import Market, as_klines, to_millis

MICROSECONDS_FROM: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""Spot archives are in microseconds from here on."""

KLINES: Final = re.compile(
    r"^data/(?P<market>spot|futures/um)/(?P<span>monthly|daily)/klines/(?P<symbol>\w+)"
    r"/(?P<interval>\w+)/(?P=symbol)-(?P=interval)-(?P<period>[\d-]+)\.zip$"
)
FUNDING: Final = re.compile(
    r"^data/futures/um/monthly/fundingRate/(?P<symbol>\w+)"
    r"/(?P=symbol)-fundingRate-(?P<period>\d{4}-\d\d)\.zip$"
)


class Archive:
    """Routes below ``/data``."""

    def __init__(
        self, market: Market, faults: Faults, publication: timedelta = timedelta(days=3)
    ) -> None:
        self.market = market
        self.faults = faults
        self.publication = publication

    def add_to(self, app: web.Application) -> None:
        """Register the route."""
        app.router.add_get("/{path:data/.*}", self.file)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Answer with a zip or a checksum; 404 where there are no such bars (yet)."""
        fault = self.faults.take(request.path)
        if fault is not None:
            refusal = await refuse(request, fault)
            if refusal is not None:
                return refusal
        path = request.match_info["path"]
        name = path.removesuffix(".CHECKSUM")
        content = self._zip(name)
        if content is None:
            return web.Response(status=404, text="NoSuchKey")
        if path != name:
            stated = f"{hashlib.sha256(content).hexdigest()}  {name.rsplit('/', 1)[-1]}\n"
            return web.Response(text=stated)
        body = spoil_bytes("" if fault is None else fault.kind, content)
        return web.Response(body=body, content_type="application/zip")

    def _zip(self, path: str) -> bytes | None:
        inner = path.rsplit("/", 1)[-1].replace(".zip", ".csv")
        klines, funding = KLINES.match(path), FUNDING.match(path)
        if klines:
            csv = self._klines(klines)
        elif funding:
            csv = self._funding(funding["symbol"], funding["period"])
        else:
            csv = None
        return None if csv is None else zipped(inner, csv)

    def _klines(self, asked: re.Match[str]) -> str | None:
        table = self.market.bars.get((asked["symbol"], asked["interval"]))
        if table is None or asked["market"] != "spot":
            return None
        start, end = span(asked["period"])
        late = self.publication if asked["span"] == "monthly" else timedelta(0)
        bars = table.select(pl.col(name) for name in BAR_VALUES if name in table.columns).filter(
            pl.col("open_time") >= start, pl.col("open_time") < end
        )
        if bars.is_empty() or self.market.clock() < end + late:
            return None
        unit = "us" if start >= MICROSECONDS_FROM else "ms"
        rows = as_klines(bars, asked["interval"], unit)
        return "".join(",".join(str(cell) for cell in row) + "\n" for row in rows)

    def _funding(self, symbol: str, period: str) -> str | None:
        table = self.market.funding.get(symbol)
        start, end = span(period)
        if table is None or self.market.clock() < end + self.publication:
            return None
        kept = table.filter(pl.col("ts") >= start, pl.col("ts") < end)
        if kept.is_empty():
            return None
        rows = "".join(f"{to_millis(ts)},8,{rate:.8f}\n" for ts, rate in kept.iter_rows())
        return f"calc_time,funding_interval_hours,last_funding_rate\n{rows}"


def span(period: str) -> tuple[datetime, datetime]:
    """First moment of a month or day, and of the next."""
    if len(period) == len("2024-11"):
        start = datetime.fromisoformat(f"{period}-01").replace(tzinfo=UTC)
        return start, (start + timedelta(days=32)).replace(day=1)
    start = datetime.fromisoformat(period).replace(tzinfo=UTC)
    return start, start + timedelta(days=1)


def zipped(name: str, text: str) -> bytes:
    """Zip of one file; the same bytes every time."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()
