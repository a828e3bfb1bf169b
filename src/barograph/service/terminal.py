"""The terminal's files, from memory: hashed assets for ever, the page itself always fresh."""

import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from barograph.service.respond import squeeze

BUILT: Final = Path(__file__).parent / "static"
INDEX: Final = "index.html"
FOR_EVER: Final = "public, max-age=31536000, immutable"
ALWAYS_ASK: Final = "no-cache"
TEXTS: Final = (".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".map", ".txt")

MISSING: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>barograph</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}
code{background:#8882;padding:.1em .3em}</style>
<h1>barograph</h1>
<p>The API runs, but the terminal has not been built. In the checkout run <code>make web</code>,
then load this page again.</p>
<p>Meanwhile: <a href="/health">/health</a>,
<a href="/predict?asset=BTC&amp;horizon_hours=24">/predict?asset=BTC&amp;horizon_hours=24</a>,
<a href="/openapi.json">/openapi.json</a></p>
</html>
"""


@dataclass(frozen=True)
class Asset:
    """One file, read once; compressed when first asked for so."""

    name: str
    content: bytes

    @cached_property
    def squeezed(self) -> bytes:
        """As gzip."""
        return squeeze(self.content, 9)

    @property
    def compressible(self) -> bool:
        """Whether compressing it pays: fonts and pictures are compressed already."""
        return self.name.endswith(TEXTS)


class Terminal:
    """The built terminal; looked for again as long as it is missing.

    Parameters
    ----------
    folder : Path
        Where it is built to.
    """

    def __init__(self, folder: Path = BUILT) -> None:
        self._folder = folder
        self._assets: dict[str, Asset] = {}
        self._built = 0.0

    def _files(self) -> dict[str, Asset]:
        """Files by path; read anew when the page was built anew."""
        index = self._folder / INDEX
        built = index.stat().st_mtime if index.is_file() else 0.0
        if built != self._built:
            paths = sorted(path for path in self._folder.rglob("*") if path.is_file())
            named = [(path.relative_to(self._folder).as_posix(), path) for path in paths]
            self._assets = {name: Asset(name, path.read_bytes()) for name, path in named}
            self._built = built
        return self._assets

    def answer(self, request: Request, path: str) -> Response:
        """Return a file; the page itself for whatever a browser may navigate to.

        Raises
        ------
        HTTPException
            If there is no such file.
        """
        files = self._files()
        navigated = "text/html" in request.headers.get("accept", "") and "." not in path
        asset = files.get(path) or (files.get(INDEX) if not path or navigated else None)
        if asset is None and (not path or (navigated and not files)):
            return Response(MISSING, 200 if not path else 404, media_type="text/html")
        if asset is None:
            raise HTTPException(404, "no such page")
        kind = mimetypes.guess_type(asset.name)[0] or "application/octet-stream"
        cache = FOR_EVER if asset.name.startswith("assets/") else ALWAYS_ASK
        headers = {"cache-control": cache, "vary": "accept-encoding"}
        if asset.compressible and "gzip" in request.headers.get("accept-encoding", ""):
            headers["content-encoding"] = "gzip"
            return Response(asset.squeezed, headers=headers, media_type=kind)
        return Response(asset.content, headers=headers, media_type=kind)


def install(app: FastAPI, folder: Path = BUILT) -> None:
    """Serve the terminal wherever no route of the API answers; comes last."""
    terminal = Terminal(folder)

    async def page(request: Request, path: str) -> Response:
        return terminal.answer(request, path)

    app.add_api_route("/{path:path}", page, methods=["GET", "HEAD"], include_in_schema=False)
