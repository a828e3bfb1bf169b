"""Live updates."""

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.websockets import WebSocket

from barograph.service.desk import Desk
from barograph.service.hub import POLICY

ROUTER = APIRouter()


@ROUTER.websocket("/ws")
async def live(socket: WebSocket) -> None:
    """Candles, forecasts and status as they come; see ``service.hub`` for the frames."""
    if not allowed(socket):
        await socket.close(POLICY, "this page may not read from here")
        return
    desk: Desk = socket.app.state.desk
    await desk.hub.serve(socket)


def allowed(socket: WebSocket) -> bool:
    """Whether the page that asks is ours: browsers do not ask for leave as they do with HTTP."""
    origin = socket.headers.get("origin")
    if origin is None or origin in socket.app.state.origins:
        return True
    return urlsplit(origin).netloc == socket.headers.get("host")
