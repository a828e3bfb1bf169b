"""How the figures look, and how one drawing becomes a light, a dark and a printed one.

1. Figures are drawn with matplotlib in the colours of the light page, each colour unique.
2. The picture for the page is SVG in which each of those colours is replaced by a variable of the
   style sheet: the browser picks light or dark, without a second drawing.
3. The picture beside the page is a PNG at twice the size, in the light colours as drawn.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from barograph.page.blocks import Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE: Final[dict[str, tuple[str, str]]] = {
    "paper": ("#fbfaf7", "#11151a"),
    "card": ("#fffefc", "#181d24"),
    "ink": ("#1c2127", "#e9e7e2"),
    "soft": ("#59616b", "#a4adb8"),
    "line": ("#e3dfd6", "#2b323b"),
    "amber": ("#d99400", "#f5b73b"),
    "amberink": ("#825800", "#f6bf52"),
    "up": ("#1f6cb0", "#74b5f2"),
    "down": ("#b9460e", "#ff935c"),
    "grey": ("#8d949c", "#77818d"),
}
"""Name of the style sheet's variable: light colour, dark colour."""

LIGHT: Final = {name: pair[0] for name, pair in PALETTE.items()}

Format: TypeAlias = Literal["wide", "narrow"]
Draw: TypeAlias = "Callable[[Figure, Format], None]"

WIDTHS: Final[dict[Format, float]] = {"wide": 9.4, "narrow": 3.7}
"""Inches; the page scales a wide figure to the column, a narrow one to a phone."""

FRAME: Final = 0.06
"""Inches of margin, and of the hatched frame around what is simulated."""

RC: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.0,
    "axes.labelcolor": LIGHT["soft"],
    "axes.edgecolor": LIGHT["line"],
    "axes.linewidth": 0.8,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.titlecolor": LIGHT["ink"],
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.6,
    "text.color": LIGHT["ink"],
    "xtick.color": LIGHT["soft"],
    "ytick.color": LIGHT["soft"],
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "lines.solid_capstyle": "round",
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "figure.facecolor": LIGHT["card"],
    "axes.unicode_minus": True,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure to be drawn.

    Attributes
    ----------
    name : str
        File name of the PNG, and the prefix of the picture's ids; unique on the page.
    title, alt : str
        Heading above the figure, and what it shows in words for those who cannot see it.
    draw : Callable
        Draws into an empty figure, for the given format.
    heights : tuple of float
        Inches, wide and narrow.
    """

    name: str
    title: str
    alt: str
    draw: Draw
    heights: tuple[float, float]


def paint(drawing: Drawing, simulated: bool, *, png: bool = True) -> tuple[Picture, bytes]:
    """Draw once for the page, once for a phone and once as PNG.

    Parameters
    ----------
    drawing : Drawing
    simulated : bool
        Whether to mark it so.
    png : bool
        Whether a PNG is wanted.

    Returns
    -------
    picture : Picture
        Two SVG texts whose colours are variables of the style sheet.
    image : bytes
        The wide one as PNG at twice its size, light; empty where none is wanted.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    texts: dict[Format, str] = {}
    image = b""
    for form, height in zip(WIDTHS, drawing.heights, strict=True):
        name = f"{drawing.name}-{form}"
        with mpl.rc_context({**RC, "svg.hashsalt": name}):
            figure = _figure(drawing, form, height, simulated)
            sink = io.BytesIO()
            FigureCanvasSVG(figure)
            figure.savefig(sink, format="svg", transparent=True, metadata={"Date": None})
            figure.set_layout_engine("none")  # The places are settled; do not settle them twice.
            texts[form] = inline(sink.getvalue().decode("utf-8"), name, drawing.alt)
            if png and form == "wide":
                sink = io.BytesIO()
                FigureCanvasAgg(figure)
                figure.savefig(sink, format="png", dpi=160, metadata={"Software": None})
                image = sink.getvalue()
    picture = Picture(drawing.name, drawing.title, drawing.alt, texts["wide"], texts["narrow"])
    return picture, image


def _figure(drawing: Drawing, form: Format, height: float, simulated: bool) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTHS[form], height))
    drawing.draw(figure, form)
    pad = 2 * FRAME if simulated else FRAME
    figure.set_layout_engine("constrained", w_pad=pad, h_pad=pad, hspace=0.0, wspace=0.0)
    if simulated:
        _mark_simulated(figure, form)
    return figure


def _mark_simulated(figure: "Figure", form: Format) -> None:
    """Hatched frame and the word across the figure."""
    from matplotlib.patches import Rectangle

    width, height = figure.get_size_inches()
    x, y = FRAME / width, FRAME / height
    for corner, across, up in (
        ((0, 0), 1, y),
        ((0, 1 - y), 1, y),
        ((0, 0), x, 1),
        ((1 - x, 0), x, 1),
    ):
        edge = Rectangle(
            corner,
            across,
            up,
            transform=figure.transFigure,
            fill=False,
            hatch="//////",
            edgecolor=LIGHT["down"],
            linewidth=0,
        )
        figure.add_artist(edge)
    figure.text(
        0.5,
        0.5,
        "SIMULATED",
        ha="center",
        va="center",
        rotation=18,
        fontsize=54 if form == "wide" else 30,
        fontweight="bold",
        color=LIGHT["down"],
        alpha=0.16,
        zorder=20,
    )


def inline(svg: str, name: str, alt: str) -> str:
    """Make matplotlib's SVG a part of a page: no prologue, page colours, unique ids.

    Parameters
    ----------
    svg : str
        As matplotlib writes it.
    name : str
        Prefix of the ids that are referred to; the others are dropped.
    alt : str
        Read aloud in place of the picture.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"<style type=.*?</style>", "", body, flags=re.DOTALL)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href", "href")
    used = set(re.findall(r"(?:href=\"|url\()#([^\")]+)", body))
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r"((?:href=\"|url\()#)", rf"\g<1>{name}-", body)
    body = re.sub(r"font-family: [^;\"]+;?", "", body)
    body = re.sub(r"(font: (?:\w+ )?[\d.]+px) [^;\"]+", r"\1 var(--sans)", body)
    for colour, value in LIGHT.items():
        body = body.replace(value, f"var(--{colour})")
    body = re.sub(r"\s*\n\s*", "\n", body)
    view = re.search(r'viewBox="[^"]+"', body)
    head = f'<svg {view[0] if view else ""} role="img" aria-label="{_escape(alt)}">'
    return head + body[body.index(">") + 1 :].strip()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def grid(figure: "Figure", count: int, form: Format, columns: int = 3) -> "list[Axes]":
    """Small multiples: ``columns`` a row on a wide page, two on a phone."""
    across = min(count, columns if form == "wide" else 2)
    down = -(-count // across)
    panels = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for spare in panels[count:]:
        spare.set_visible(False)
    return list(panels[:count])


def rows_of(count: int, form: Format, columns: int = 3) -> int:
    """How many rows ``grid`` makes."""
    return -(-count // min(count, columns if form == "wide" else 2)) if count else 1


def dates(axes: "Axes", ticks: int = 6) -> None:
    """Short dates on the horizontal axis."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=2, maxticks=ticks)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
