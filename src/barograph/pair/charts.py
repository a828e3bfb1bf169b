"""The two charts of a run, as PNG: what a filter could be worth, and what the real one was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from barograph.core.types import Floats, Ints
from barograph.page.style import LIGHT, RC
from barograph.trading.performance import NOTICE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK: Final = LIGHT["ink"]
MUTED: Final = LIGHT["soft"]
PLAIN: Final = LIGHT["grey"]
REAL: Final = LIGHT["up"]
BAD: Final = LIGHT["down"]
HELD: Final = "#f1ece0"
STYLE: Final[dict[Any, Any]] = RC | {
    "font.size": 10.0, "axes.titlesize": 11.0, "axes.labelsize": 9.5, "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0, "legend.fontsize": 9.0, "figure.facecolor": LIGHT["paper"],
    "savefig.facecolor": LIGHT["paper"], "savefig.dpi": 130,
}  # fmt: skip
DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Curve:
    """Equity of an account, hour by hour.

    Attributes
    ----------
    name : str
    hours : Ints
        Ends of bars, hours since 1970, shape ``(n,)``.
    equity : Floats
        Shape ``(n,)``.
    """

    name: str
    hours: Ints
    equity: Floats


def simulation_chart(
    plain: Curve,
    simulated: Mapping[float, Curve],
    monthly: Mapping[float, float],
    plain_monthly: float,
    facts: Sequence[str],
) -> bytes:
    """Draw chart 01: equity without a filter and with simulated ones; result by precision.

    Parameters
    ----------
    plain : Curve
        Without a filter.
    simulated : Mapping
        One drawing for each precision.
    monthly : Mapping
        Mean monthly result for each precision, over the drawings.
    plain_monthly : float
        Without a filter.
    facts : sequence of str
        Lines below the title.
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure = _figure((12.5, 6.6))
        left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (2.2, 1.0)})
        ramp = mpl.colormaps["viridis"](np.linspace(0.85, 0.15, len(simulated)))
        shades = [mpl.colors.to_hex(shade) for shade in ramp]
        for (precision, curve), shade in zip(simulated.items(), shades, strict=True):
            _line(left, curve, color=shade, label=f"precision {precision:.0%}")
        _line(left, plain, color=INK, label="no filter", width=2.0)
        _equity_axis(left, "Equity, from the start capital (log scale)")
        left.set_yscale("log")
        _log_ticks(left)
        left.legend(loc="upper left", ncols=2)
        _precision_axis(right, monthly, plain_monthly, shades)
        warning = "SIMULATED filters: they know every outcome. No such filter exists."
        _head(figure, "BTC + ETH pair: what a filter of events could be worth", warning, facts)
        return _png(figure)


def _precision_axis(
    axes: "Axes", monthly: Mapping[float, float], plain_monthly: float, shades: Sequence[str]
) -> None:
    names = ["none", *(f"{precision:.0%}" for precision in monthly)]
    values = [plain_monthly, *monthly.values()]
    bars = axes.bar(names, values, color=[INK, *shades], width=0.7)
    under = {"facecolor": LIGHT["paper"], "lw": 0, "pad": 0.8}
    axes.bar_label(bars, fmt="{:+,.0f}", padding=3, color=INK, fontsize=9, bbox=under)
    axes.axhline(plain_monthly, color=INK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0.5)
    axes.axhline(0.0, color=MUTED, linewidth=0.9)
    axes.set_title("Mean result a month")
    axes.set_xlabel("simulated precision")
    axes.grid(visible=False, axis="x")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.margins(y=0.14)


def real_chart(
    plain: Sequence[Curve],
    real: Sequence[Curve],
    monthly: tuple[Sequence[str], Floats, Floats],
    facts: Sequence[str],
) -> bytes:
    """Draw chart 02: the real filter on the tuning span and on the one held out.

    Parameters
    ----------
    plain, real : sequence of Curve
        Tuning span, then held out, without and with the filter; each begins with the start
        capital.
    monthly : tuple
        Months held out, and the results in them without and with the filter.
    facts : sequence of str
        Lines below.
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        figure = _figure((12.5, 8.8))
        grid = figure.add_gridspec(2, 2, height_ratios=(1.7, 1.0))
        _spans(figure.add_subplot(grid[0, :]), plain, real)
        _drawdowns(figure.add_subplot(grid[1, 0]), plain, real)
        _months(figure.add_subplot(grid[1, 1]), *monthly)
        _head(figure, "BTC + ETH pair: the real filter, walked forward", "", facts)
        return _png(figure)


def _spans(axes: "Axes", plain: Sequence[Curve], real: Sequence[Curve]) -> None:
    # The reference lies on top in dashes: both are seen where they are one.
    for curves, color, width, dashes in ((real, REAL, 2.6, "-"), (plain, INK, 1.1, (0, (4, 2)))):
        for place, curve in enumerate(curves):
            label = curve.name if place == 0 else None
            axes.plot(
                _days(curve), curve.equity[::DAY], color=color, lw=width, label=label, ls=dashes
            )
    axes.axhline(plain[0].equity[0], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    _equity_axis(axes, "Equity, each span from the start capital")
    _shade(axes, plain[-1])
    words = ("tuning span: rounds were judged here", "held out: no choice has seen it")
    for curve, word in zip(plain, words, strict=True):
        axes.annotate(
            word, (curve.hours[0] / DAY, 1.0), xycoords=("data", "axes fraction"),
            xytext=(6, -12), textcoords="offset points", color=MUTED, fontsize=9,
        )  # fmt: skip
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, borderaxespad=0.2)
    axes.margins(x=0.01, y=0.12)


def _drawdowns(axes: "Axes", plain: Sequence[Curve], real: Sequence[Curve]) -> None:
    for curves, color, width, dashes in ((real, REAL, 1.6, "-"), (plain, INK, 0.9, (0, (4, 2)))):
        for curve in curves:
            peak = np.maximum.accumulate(curve.equity)
            below = 100.0 * (curve.equity / peak - 1.0)[::DAY]
            axes.plot(_days(curve), below, color=color, lw=width, ls=dashes)
            if dashes == "-":
                axes.fill_between(_days(curve), below, 0.0, color=color, alpha=0.15, lw=0)
    _shade(axes, plain[-1])
    _dates(axes)
    axes.set_title("Drawdown, %")
    axes.margins(x=0.01)


def _months(axes: "Axes", months: Sequence[str], plain: Floats, real: Floats) -> None:
    places = np.arange(len(months))
    axes.bar(places - 0.2, plain, color=PLAIN, width=0.4)
    axes.bar(places + 0.2, real, color=np.where(real >= 0.0, REAL, BAD).tolist(), width=0.4)
    axes.axhline(0.0, color=MUTED, linewidth=0.9)
    ticks = [place for place, month in enumerate(months) if month.endswith(("-01", "-07"))]
    axes.set_xticks(ticks, [months[place] for place in ticks])
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_title("Result of each month held out; the reference in grey")
    axes.grid(visible=False, axis="x")


def _figure(size: tuple[float, float]) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)  # type: ignore[union-attr,call-arg]
    return figure


def _days(curve: Curve) -> Floats:
    """Days since 1970, as matplotlib counts them."""
    found: Floats = curve.hours[::DAY] / DAY
    return found


def _line(axes: "Axes", curve: Curve, *, color: str, label: str | None, width: float = 1.3) -> None:
    axes.plot(_days(curve), curve.equity[::DAY], color=color, lw=width, label=label)


def _equity_axis(axes: "Axes", title: str) -> None:
    axes.yaxis.set_major_formatter("{x:,.0f}")
    _dates(axes)
    axes.set_title(title)


def _dates(axes: "Axes") -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _log_ticks(axes: "Axes") -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0), numticks=15))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def _shade(axes: "Axes", curve: Curve) -> None:
    days = _days(curve)
    axes.axvspan(float(days[0]), float(days[-1]), color=HELD, zorder=0, lw=0)


def _head(figure: "Figure", title: str, warning: str, facts: Sequence[str]) -> None:
    """Write the title, a warning that nobody overlooks, and the facts below."""
    figure.suptitle(title, x=0.012, ha="left", fontsize=15, fontweight="bold", color=INK)
    if warning:
        figure.text(
            0.988, 0.978, warning, ha="right", va="top", fontsize=10.5, fontweight="bold",
            color=LIGHT["paper"], bbox={"boxstyle": "round,pad=0.4", "facecolor": BAD, "lw": 0},
        )  # fmt: skip
    told = "\n".join((*facts, NOTICE))
    figure.supxlabel(told, x=0.012, ha="left", fontsize=9, color=MUTED)


def _png(figure: "Figure") -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
