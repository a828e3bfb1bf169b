"""When it earned: by the kind of market that was known when the hour began."""

from typing import TYPE_CHECKING

from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format
from barograph.trading.report.headline import signed
from barograph.trading.report.inputs import ReportInputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "By regime"
FEW = 168
"""Hours in the market below which a ratio is not shown."""


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Bars and the table."""
    rows = inputs.regimes
    if rows.is_empty():
        return [b.Note("No regime is known for this span.", "warn")]
    return [
        b.Note(sentence(inputs), "say"),
        drawing(inputs),
        table(inputs),
        b.Note(
            f"The regime is that of {inputs.market.symbols[0]}, by rules over bars up to the close "
            "before the hour, so that an hour cannot choose its own row. Log returns add up over "
            "the rows to that of the run. A regime with few hours in the market says little: with "
            "fewer than a week of them its ratio is left out."
        ),
    ]


def sentence(inputs: ReportInputs) -> str:
    """Where it gained and where it lost most."""
    rows = inputs.regimes.sort("log_return")
    worst, best = rows.row(0, named=True), rows.row(-1, named=True)
    said = []
    if best["log_return"] > 0.0:
        said.append(f"Most was gained in {spoken(best['regime'])} hours ({size(best)})")
    if worst["log_return"] < 0.0:
        said.append(f"most was lost in {spoken(worst['regime'])} hours ({size(worst)})")
    text = "; ".join(said) or "No regime gained or lost anything"
    return text[0].upper() + text[1:] + "."


def size(row: dict[str, float]) -> str:
    """Return of a regime's hours."""
    return b.percent(row["total_return"], "+.1f").text


def spoken(name: str) -> str:
    """A regime in words."""
    return name.replace("_", " ")


def table(inputs: ReportInputs) -> b.Table:
    """Every regime."""
    rows = tuple(
        (
            b.words(spoken(row["regime"]), "head"),
            b.number(row["hours"], ",d"),
            b.percent(row["exposure"], ".1f"),
            signed(row["total_return"]),
            # A ratio of a few hours is a number without a meaning.
            b.number(row["sharpe"] if row["hours"] * row["exposure"] >= FEW else None, ".2f"),
            signed(row["buy_hold"]),
        )
        for row in inputs.regimes.iter_rows(named=True)
    )
    columns = ("regime", "hours", "in the market", "return", "Sharpe", "holding")
    return b.Table(columns, rows, "Hours by the regime they began in")


def drawing(inputs: ReportInputs) -> Drawing:
    """What each regime added."""
    rows = inputs.regimes
    names = [spoken(name) for name in rows["regime"].to_list()]
    values = [100 * value for value in rows["log_return"].to_list()]
    finite = [max(value, -1000.0) for value in values]

    def draw(figure: "Figure", form: Format) -> None:
        axes = figure.subplots()
        colours = [LIGHT["up"] if value > 0 else LIGHT["down"] for value in finite]
        axes.barh(range(len(names)), finite, height=0.62, color=colours, alpha=0.8)
        axes.axvline(0, color=LIGHT["soft"], linewidth=0.9)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        if form == "narrow":
            axes.locator_params(axis="x", nbins=4)

    height = 0.7 + 0.27 * len(names)
    return Drawing(
        "regimes",
        "What each regime added, log return in percent",
        "A bar a regime: the sum of log returns of its hours; the numbers are in the table.",
        draw,
        (height, height),
    )
