"""What costs took, and what is left when they are dearer or orders come later."""

from typing import TYPE_CHECKING

from barograph.page import blocks as b
from barograph.page.style import LIGHT, Drawing, Format
from barograph.trading.performance import Performance
from barograph.trading.report.derive import amount
from barograph.trading.report.headline import signed
from barograph.trading.report.inputs import ReportInputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Costs"
NAMES = {
    "slippage": "slippage",
    "commission": "commission",
    "liquidation": "fees of liquidation",
    "funding": "funding",
    "borrow": "borrowing",
}


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Where the money went, and the runs at dearer costs."""
    if inputs.paid.traded == 0.0:
        return [b.Note("Nothing was traded, so nothing was paid.", "say")]
    return [
        b.Note(sentence(inputs), "say"),
        drawing(inputs),
        breakdown(inputs),
        stress(inputs),
        b.Note(
            "Before costs is what the same fills would have gained at the opening, the limit or "
            "the level they were filled from. The runs at dearer costs trade the same wishes: the "
            "strategy does not know that costs have changed, but the account has less to trade. "
            "Funding is as it was settled, and the same in all of them; it is negative where more "
            "was received than paid."
        ),
    ]


def before(inputs: ReportInputs) -> float:
    """What prices alone would have given."""
    return float(inputs.record.equity[-1]) - inputs.capital + inputs.paid.total


def sentence(inputs: ReportInputs) -> str:
    """What prices gave and costs took."""
    gross, paid = before(inputs), inputs.paid.total
    moved = "gained" if gross > 0 else "lost"
    return (
        f"Prices alone {moved} {abs(gross):,.0f}; costs took {paid:,.0f}, which is "
        f"{b.number(1e4 * paid / inputs.paid.traded, '.1f').text} bps of the "
        f"{inputs.paid.traded:,.0f} that were traded."
    )


def breakdown(inputs: ReportInputs) -> b.Table:
    """Each cost in currency, of turnover, and of the capital."""
    paid = inputs.paid
    named = [(NAMES[name], float(getattr(paid, name))) for name in NAMES]
    rows = tuple(
        (
            b.words(name, "head"),
            b.number(value, ",.0f"),
            b.number(1e4 * value / paid.traded, ".2f", unit=" bps"),
            b.percent(value / inputs.capital, ".1f"),
        )
        for name, value in (*named, ("all", paid.total))
    )
    return b.Table(("cost", "paid", "of what was traded", "of the capital"), rows, "What each took")


def stress(inputs: ReportInputs) -> b.Table:
    """The runs at dearer costs and an hour later."""
    runs = [
        ("as planned" if factor == 1.0 else f"{factor:g} times the costs", one)
        for factor, one in inputs.stressed.items()
    ]
    rows = tuple(_run(name, one) for name, one in (*runs, ("an hour later", inputs.delayed)))
    columns = ("run", "return", "a year", "Sharpe", "max drawdown", "trades", "fees", "carried")
    return b.Table(columns, rows, "Dearer costs, and every order an hour later")


def _run(name: str, one: Performance) -> tuple[b.Cell, ...]:
    return (
        b.words(name, "head"),
        signed(one.total_return),
        signed(one.annual_return),
        b.number(one.sharpe, ".2f"),
        b.percent(one.max_drawdown, ".1f"),
        b.number(one.trades, ",d"),
        b.number(one.fees, ",.0f"),
        b.number(one.carried, ",.0f"),
    )


def drawing(inputs: ReportInputs) -> Drawing:
    """From what prices gave to what is left, step by step."""
    steps = [("before costs", before(inputs))]
    steps += [(NAMES[name], -float(getattr(inputs.paid, name))) for name in NAMES]
    steps = [step for step in steps if step[1] != 0.0]

    def draw(figure: "Figure", form: Format) -> None:
        axes = figure.subplots()
        level = 0.0
        for place, (_, value) in enumerate(steps):
            colour = LIGHT["up"] if value > 0 else LIGHT["down"]
            axes.barh(place, value, left=level, height=0.62, color=colour, alpha=0.75)
            level += value
        axes.barh(len(steps), level, height=0.62, color=LIGHT["amber"])
        labels = [name for name, _ in steps] + ["result"]
        ends = [value for _, value in steps] + [level]
        for place, value in enumerate(ends):
            axes.annotate(
                ("+" if value > 0 else "") + amount(value), (1.0, place),
                xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
                va="center", fontsize=7.5, color=LIGHT["ink"], annotation_clip=False,
            )  # fmt: skip
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.axvline(0, color=LIGHT["soft"], linewidth=0.9)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(lambda value, _: amount(value))
        if form == "narrow":
            axes.locator_params(axis="x", nbins=4)

    height = 0.7 + 0.3 * (len(steps) + 1)
    return Drawing(
        "costs",
        "From what prices gave to the result, in quote currency",
        "A bar for what prices alone gave, one for each cost, and one for the result; the "
        "numbers are in the table.",
        draw,
        (height, height),
    )
