"""The server of the API as a process sets it up; the same for ``barograph serve`` and the tests."""

import sys
from pathlib import Path

import uvicorn

from barograph.service.app import create_app
from barograph.service.frames import FRAME_BYTES


def server(serving: Path, host: str = "127.0.0.1", port: int = 8200) -> uvicorn.Server:
    """Make a server for a serving folder; ``run`` or ``await serve()`` it.

    Parameters
    ----------
    serving : Path
    host : str
    port : int
        0 takes a free one.
    """
    loop = "asyncio" if sys.platform == "win32" else "uvloop"
    config = uvicorn.Config(
        create_app(serving),
        host=host,
        port=port,
        loop=loop,
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_max_size=8 * FRAME_BYTES,
        ws_max_queue=64,
        ws_per_message_deflate=False,  # updates are short; it would cost a state per connection
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)
