"""What only a simulated exchange has: its clock, and its faults."""

import time
from dataclasses import asdict

import orjson
from aiohttp import web

from barograph.core.errors import SettingsError
from barograph.simulator.clock import MarketClock
from barograph.simulator.faults import Fault, Faults
from barograph.simulator.hub import Hub
from barograph.simulator.market import Market


class Control:
    """Routes below ``/simulator``, so that a server in another process can be steered too.

    ``GET /simulator/clock`` says what time it is at the market and at ours, how fast it runs and
    when the tape ends; ``POST`` with ``{"speed": 60}`` changes the speed. ``POST
    /simulator/faults`` with a fault (or a list) as JSON plans it, ``GET`` lists what is planned or
    lasts, ``DELETE`` ends everything.
    """

    def __init__(self, market: Market, faults: Faults, hub: Hub) -> None:
        self._market = market
        self._faults = faults
        self._hub = hub

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/simulator/clock", self.clock)
        app.router.add_post("/simulator/clock", self.change)
        app.router.add_get("/simulator/faults", self.planned)
        app.router.add_post("/simulator/faults", self.plan)
        app.router.add_delete("/simulator/faults", self.clear)

    async def clock(self, _: web.Request) -> web.Response:
        """Answer with the market's time."""
        return web.json_response(reading(self._market))

    async def change(self, request: web.Request) -> web.Response:
        """Run at another speed from now on."""
        clock = self._market.clock
        try:
            asked = orjson.loads(await request.read())
            if not isinstance(clock, MarketClock):
                return _refused("this market's clock cannot be changed")
            clock.change(float(asked["speed"]))
        except (SettingsError, KeyError, TypeError, ValueError) as error:
            return _refused(f'wanted {{"speed": number}}: {error}')
        self._hub.stir()
        return web.json_response(reading(self._market))

    async def planned(self, _: web.Request) -> web.Response:
        """Answer with the faults to come and those that last."""
        return web.json_response([asdict(fault) for fault in self._faults.planned])

    async def plan(self, request: web.Request) -> web.Response:
        """Plan one fault or several."""
        try:
            asked = orjson.loads(await request.read())
            faults = [Fault(**one) for one in (asked if isinstance(asked, list) else [asked])]
        except (SettingsError, TypeError, ValueError) as error:
            return _refused(str(error))
        self._faults.plan(*faults)
        return web.json_response({"planned": True})

    async def clear(self, _: web.Request) -> web.Response:
        """End every fault."""
        self._faults.clear()
        return web.json_response({"planned": False})


def reading(market: Market) -> dict[str, object]:
    """What time it is at the market; then on it is ``market + speed * (wall clock - wall)``."""
    clock = market.clock
    if isinstance(clock, MarketClock):
        present, wall = clock.reading()
        speed = clock.speed
    else:
        present, wall, speed = clock(), time.time(), 0.0
    return {
        "market": present.isoformat(),
        "wall": wall,
        "speed": speed,
        "market_kind": market.kind,
        "ends": None if market.ends is None else market.ends.isoformat(),
    }


def _refused(message: str) -> web.Response:
    return web.json_response({"error": message}, status=400)
