"""The application: routes found in ``routes/``, failures of one shape, the terminal at ``/``."""

import os
import pkgutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from barograph.service import failures, routes, terminal
from barograph.service.desk import Desk
from barograph.service.document import document
from barograph.service.edge import Edge

ORIGINS: Final = "BAROGRAPH_CORS"
"""Environment variable: origins whose pages may read the API, with commas between; none unset."""


def create_app(serving: Path) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    serving : Path
        The serving folder. Its store may be missing yet: answers say so until it is there.

    Returns
    -------
    app : FastAPI
        ``app.state.desk`` holds what it knows.
    """
    desk = Desk(Path(serving))

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await desk.open()
        yield
        await desk.close()

    app = FastAPI(
        title="barograph",
        version=version("barograph"),
        lifespan=life,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.desk = desk
    app.state.origins = [one.strip() for one in os.environ.get(ORIGINS, "").split(",") if one]
    failures.install(app)
    for router in routers():
        app.include_router(router)
    terminal.install(app)
    if app.state.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=app.state.origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type"],
        )
    app.add_middleware(Edge, desk=desk, repeat=not app.state.origins)
    described: dict[str, object] = {}

    def openapi() -> dict[str, object]:
        if not described:
            described.update(document(app))
        return described

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def routers() -> Iterator[APIRouter]:
    """Routers of every file of ``routes``, in the order of their names."""
    for module in pkgutil.iter_modules(routes.__path__, f"{routes.__name__}."):
        router = import_module(module.name).ROUTER
        if not isinstance(router, APIRouter):
            raise TypeError(f"{module.name}.ROUTER is {router!r}, not an APIRouter")
        yield router
