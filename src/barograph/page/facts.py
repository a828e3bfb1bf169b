"""Facts by name as a table: settings, hashes, versions."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from barograph.page import blocks as b

Facts: TypeAlias = Mapping[str, object]


def table(caption: str, facts: Facts, *, folded: bool) -> b.Table:
    """A row a fact; nested facts by their path."""
    rows = tuple(
        (b.words(title(name), "head"), b.words(text, "mono")) for name, text in flat(facts)
    )
    return b.Table(("what", "value"), rows, caption, folded)


def title(name: str) -> str:
    """A key in words; the path of a table as it is."""
    return name if "/" in name else name.replace("_", " ").replace(".", " · ")


def flat(facts: Facts, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as dotted names and texts, in their order."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            yield f"{prefix}{name}", "yes" if value else "no"
        elif isinstance(value, float):
            yield f"{prefix}{name}", f"{value:.6g}"
        elif isinstance(value, list | tuple):
            yield f"{prefix}{name}", ", ".join(str(part) for part in value) or b.MISSING
        else:
            yield f"{prefix}{name}", b.MISSING if value is None else str(value)
