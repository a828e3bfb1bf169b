"""From sections to one self-contained page of HTML."""

import re
from typing import TYPE_CHECKING

from barograph.page.blocks import Block
from barograph.page.style import PALETTE, Drawing, paint

if TYPE_CHECKING:
    from jinja2 import Environment


def painted(
    parts: list[Block | Drawing], simulated: bool, figures: dict[str, bytes] | None = None
) -> list[Block]:
    """Drawings replaced by pictures.

    Parameters
    ----------
    parts : list
        In the order of the page.
    simulated : bool
        Whether to mark every picture so.
    figures : dict or None
        Takes the PNG of each drawing by file name; none is made where None.
    """
    blocks: list[Block] = []
    for part in parts:
        if isinstance(part, Drawing):
            picture, png = paint(part, simulated, png=figures is not None)
            if figures is not None:
                figures[f"{part.name}.png"] = png
            blocks.append(picture)
        else:
            blocks.append(part)
    return blocks


def fill(package: str, template: str, **values: object) -> str:
    """Fill a template of a package; it extends ``page.html.j2`` of this one.

    Parameters
    ----------
    package : str
        Whose folder ``templates`` holds the template.
    template : str
        File name.
    values : object
        What the template reads: ``sections`` and ``simulated`` at least.
    """
    return _environment(package).get_template(template).render(palette=PALETTE, **values)


def _environment(package: str) -> "Environment":
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("barograph.page")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["glued"] = glued
    return environment


def glued(text: str) -> str:
    """The same words, with no line broken between a number and its unit."""
    return re.sub(r"(\d) (%|[hd]\b)", "\\1\N{NO-BREAK SPACE}\\2", text)
