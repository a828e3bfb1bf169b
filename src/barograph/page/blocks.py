"""What a section is made of: sentences, tables, figures, notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

MISSING = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Attributes
    ----------
    text : str
        What is read.
    title : str
        What is shown on hover: the full number, the unit.
    kind : str
        Classes of the style sheet: ``num``, ``up``, ``down``, ``best``, ``off`` ...
    shade : float or None
        Between -1 (too low) and 1 (too high): the tint behind the number in a heat table.
    """

    text: str
    title: str = ""
    kind: str = ""
    shade: float | None = None

    @property
    def style(self) -> str:
        """Inline style of the tint; empty without one."""
        if self.shade is None:
            return ""
        hue = "up" if self.shade > 0 else "down"
        share = min(abs(self.shade), 1.0) * 42.0
        return f"background:color-mix(in srgb,var(--{hue}) {share:.0f}%,transparent)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption; ``rows`` as wide as ``columns``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    folded: bool = False
    block: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure: one vector picture for wide pages, one for phones."""

    name: str
    title: str
    alt: str
    wide: str
    narrow: str
    block: Literal["picture"] = "picture"


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph; ``kind`` is ``say`` (what it says), ``how`` (how to read it) or ``warn``."""

    text: str
    kind: Literal["say", "how", "warn"] = "how"
    block: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class Heading:
    """A subheading, for instance the symbol."""

    text: str
    block: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, large: what it is, its value, and what to hold it against."""

    label: str
    value: Cell
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """The few figures to see first, side by side."""

    tiles: tuple[Tile, ...]
    block: Literal["tiles"] = "tiles"


Block: TypeAlias = Table | Picture | Note | Heading | Tiles


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page, opened by a sentence in plain words."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


def words(text: str, kind: str = "") -> Cell:
    """A cell of text."""
    return Cell(text, kind=kind)


def number(
    value: float | int | None,
    form: str = ".3f",
    *,
    scale: float = 1.0,
    unit: str = "",
    kind: str = "",
    shade: float | None = None,
) -> Cell:
    """A cell of a number: rounded to read, in full on hover; null and NaN as a dash."""
    if value is None or value != value:
        return Cell(MISSING, title="not known", kind="num")
    text = format(value if scale == 1.0 else value * scale, form)
    if not any(digit in "123456789" for digit in text):
        text = text.lstrip("+-")
    text = text.replace("-", "−")
    return Cell(f"{text}{unit}", title=repr(value), kind=f"num {kind}".strip(), shade=shade)


def percent(value: float | None, form: str = "+.2f", kind: str = "") -> Cell:
    """A share or a log return in percent."""
    return number(value, form, scale=100.0, unit=" %", kind=kind)


def price(value: float | None) -> Cell:
    """A price, with as many decimals as its size asks for."""
    return number(value, price_form(value))


def price_form(value: float | None) -> str:
    """Format of a price: no cents above a thousand, four digits below one."""
    size = abs(value) if value is not None and value == value else 0.0
    if size >= 1000:
        return ",.0f"
    return ",.2f" if size >= 1 else ".4g"


def horizon(hours: int) -> str:
    """``4 h``, ``3 d``: hours as a person says them."""
    return f"{hours // 24} d" if hours >= 48 and hours % 24 == 0 else f"{hours} h"


def join(items: Sequence[str]) -> str:
    """``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
