"""JSON as exchanges send it: a list of rows, or one clear line about what it is instead."""

import orjson

from barograph.core.errors import LayoutError


def rows(content: bytes) -> list[object]:
    """Rows of a list.

    Raises
    ------
    LayoutError
        If it is no JSON or no list, for instance an error message of the exchange.
    """
    try:
        held = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise LayoutError(f"malformed JSON ({error}): {seen(content)}") from error
    if not isinstance(held, list):
        raise LayoutError(f"a list of rows was wanted, got {seen(content)}")
    return held


def first(content: bytes) -> object:
    """First row of a list; None where the content is no JSON list or an empty one."""
    if content.lstrip()[:1] != b"[":
        return None
    try:
        held = rows(content)
    except LayoutError:
        return None
    return held[0] if held else None


def seen(content: bytes) -> str:
    """Beginning of the content, for a message."""
    return repr(content[:80].decode("utf-8", errors="replace"))
