"""Every layout we can read, which one a content is in, and its rows."""

from collections.abc import Mapping
from functools import cache

import polars as pl

import barograph.sources.layouts
from barograph.core.discover import discover
from barograph.core.errors import LayoutError
from barograph.core.payload import Layout, Payload
from barograph.sources import csv_text, parquet
from barograph.sources.unpack import unpack


@cache
def layouts() -> Mapping[str, Layout]:
    """Return the catalogue, sorted by name."""
    return discover(barograph.sources.layouts, Layout, "LAYOUTS")


def detect(content: bytes, name: str = "content") -> Layout:
    """Layout of a content, compressed or not.

    Parameters
    ----------
    content : bytes
        As sent.
    name : str
        What to call it in a message.

    Raises
    ------
    InputError
        If there is nothing in it.
    LayoutError
        If it is damaged, or in no layout we know; the message says what was seen.
    """
    plain = unpack(content, name)
    try:
        found = [layout for layout in layouts().values() if layout.recognises(plain)]
    except LayoutError as error:
        raise LayoutError(f"{name}: {error}") from error
    if len(found) != 1:
        known = ", ".join(layout.name for layout in found) or "none"
        raise LayoutError(
            f"{name} is in no known layout (matching: {known}): it has {seen(plain)};"
            f" known layouts: {', '.join(layouts())}"
        )
    return found[0]


def read(payload: Payload) -> pl.DataFrame:
    """Rows of a payload in its own layout: ``PARSED_BARS`` or ``PARSED_OBSERVATIONS``.

    Raises
    ------
    InputError
        If there is nothing in it.
    LayoutError
        If its layout is not one we know, or its content is damaged.
    """
    layout = layouts().get(payload.layout)
    if layout is None:
        raise LayoutError(
            f"{payload.name} is said to be in layout {payload.layout!r};"
            f" known layouts: {', '.join(layouts())}"
        )
    return layout.parse(unpack(payload.content, payload.name))


def seen(content: bytes) -> str:
    """What an unknown content looks like, in a few words."""
    names = parquet.columns(content)
    if names:
        return f"the columns {', '.join(names)}"
    first = csv_text.lines(content, limit=1)
    if not first or "\x00" in first[0] or "�" in first[0]:
        return f"the bytes {content[:16].hex(' ')}"
    return f"the first line {first[0][:120]!r}"
