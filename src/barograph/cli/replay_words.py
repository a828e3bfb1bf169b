"""A replay in words: a line an hour, a page an hour, and what it has come to."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.console import Group
from rich.text import Text

from barograph.cli.say import mark
from barograph.page.blocks import MISSING, percent, price
from barograph.trading.replay import Account, Came, Outlook, State

SOURCES: Final = {
    "walk": "walked",
    "ledger": "ledger, to the last bit",
    "restored": "ledger, made again from the bars it cites",
    "unlike": "walked; the ledger's is of another run file",
    "none": "no forecast",
}
HEAD: Final = (
    f"{'hour (UTC)':16} {'close':>10}  {'68 % band':>19} {'P(up)':>6} {'conf.':6}  "
    f"{'came':>7} {'within':6}  {'in 68 %':>7} {'skill':>7} {'right':>6}  {'account':>8}  forecast"
)
EXPLAINED: Final = (
    "known: forecasts whose outcome is; apart: of these, how many do not overlap. Of them: share "
    "inside the 50, 68 and 95 % band, CRPS beside a random walk's, share of directions called right"
)
NEXT: Final = "n next  p back  space play or pause  + - speed  j jump  q quit"


def heading(state: State, horizon: int) -> str:
    """What is replayed, and from when on it counts."""
    return (
        f"{mark(state.simulated)}{state.symbol} ({state.venue}), {horizon} h ahead; accuracy, "
        f"{state.account.strategy} and hindsight count from {state.since:%Y-%m-%d %H:%M} on"
    )


def line(state: State, horizon: int) -> str:
    """One hour on one line: forecast, what came of an earlier one, how all have done."""
    right = next(one for one in state.accuracy if one.horizon_hours == horizon)
    return (
        f"{state.as_of:%Y-%m-%d %H:%M} {money(state.price):>10}  {believed(state, horizon)}  "
        f"{share(right.coverage_68):>7} {signed(right.crps_skill):>7} "
        f"{share(right.direction_accuracy):>6}  {signed(state.account.total_return):>8}  "
        f"{brief(state)}"
    )


def brief(state: State) -> str:
    """Where a forecast comes from, in a word."""
    number = "" if state.source.sequence is None else f" {state.source.sequence}"
    return f"{state.source.kind}{number}" + ", retrospective" * state.source.retrospective


def page(state: State, horizon: int, foot: str) -> Group:
    """One hour on a whole page."""
    when = (
        f"REPLAY {state.as_of:%Y-%m-%d %H:%M} UTC   {money(state.price)}   "
        f"{state.regime.replace('_', ' ')}   {SOURCES[state.source.kind]}"
    )
    return Group(
        Text(heading(state, horizon), style="bold"),
        Text(when, style="black on khaki3"),
        *lines(("", *table(state), "", account(state.account), *ideal(state))),
        Text(state.notice, style="dim"),
        Text(foot, style="bold"),
    )


def summary(states: Sequence[State]) -> Group:
    """What a stretch has come to at its last hour."""
    last = states[-1]
    told = Counter(state.source.kind for state in states)
    words = ", ".join(f"{count} {SOURCES[kind]}" for kind, count in told.most_common())
    said = ("", *table(last), EXPLAINED, f"forecasts: {words}", account(last.account))
    return Group(*lines((*said, *ideal(last), last.notice)))


def lines(said: Sequence[str]) -> list[Text]:
    """Lines that are not broken."""
    return [Text(one, no_wrap=True) for one in said]


def table(state: State) -> list[str]:
    """A row a horizon: forecast, what came, how it has done so far."""
    found = [
        f"{'ahead':>6} {'68 % band':>19} {'P(up)':>6} {'conf.':6}  {'came':>7} {'within':6}  "
        f"{'known':>5} {'apart':>5} {'50/68/95':>9} {'skill':>7} {'right':>6}"
    ]
    for right in state.accuracy:
        held = (right.coverage_50, right.coverage_68, right.coverage_95)
        inside_of = "/".join(f"{100.0 * one:.0f}" for one in held) if right.count else MISSING
        found.append(
            f"{right.horizon_hours:>4} h {believed(state, right.horizon_hours)}  "
            f"{right.count:>5,} {right.apart:>5.0f} {inside_of:>9} {signed(right.crps_skill):>7} "
            f"{share(right.direction_accuracy):>6}"
        )
    return found


def believed(state: State, horizon: int) -> str:
    """Forecast of a horizon, and what became known of an earlier one."""
    outlook, came = of(state.outlooks, horizon), came_of(state, horizon)
    band, up, trust = MISSING, MISSING, MISSING
    if outlook is not None and state.price is not None:
        band, trust = interval(state.price, outlook, 68), outlook.confidence
        up = share(outlook.p_up)
    moved, within = (MISSING, "") if came is None else (signed(came.realised), inside(came))
    return f"{band:>19} {up:>6} {trust:6}  {moved:>7} {within:6}"


def account(one: Account) -> str:
    """The account so far, beside holding."""
    won = "" if math.isnan(one.win_rate) else f", {share(one.win_rate)} of them with a profit"
    held = "flat" if one.position == 0.0 else f"holding {signed(one.exposure)} of equity"
    return (
        f"{one.strategy}: {signed(one.total_return)} ({one.trades} trades{won}; fees "
        f"{one.fees:,.2f}, funding {one.carried:+,.2f}; deepest fall {share(one.max_drawdown)}; "
        f"{held}); buy and hold {signed(one.holding)}"
    )


def ideal(state: State) -> tuple[str, ...]:
    """The best trades there were, and that they are hindsight."""
    best = state.ideal
    return (
        f"{best.notice} Best {len(best.trips)} round trips so far, after costs: "
        f"{signed(best.total_return)}",
        *(
            f"  {trip.side:5} {trip.entered:%Y-%m-%d %H:%M} {money(trip.entry_price):>10} to "
            f"{trip.left:%Y-%m-%d %H:%M} {money(trip.exit_price):>10}  {signed(trip.profit)}"
            for trip in best.trips
        ),
    )


def of(outlooks: Sequence[Outlook], horizon: int) -> Outlook | None:
    """The outlook of a horizon, if there is one."""
    return next((one for one in outlooks if one.horizon_hours == horizon), None)


def came_of(state: State, horizon: int) -> Came | None:
    """What became known at an hour of a horizon, if anything did."""
    return next((one for one in state.came if one.outlook.horizon_hours == horizon), None)


def interval(close: float, outlook: Outlook, nominal: int) -> str:
    """Ends of a band as prices."""
    low, high = (money(close * math.exp(move)) for move in outlook.interval(nominal))
    return f"{low} – {high}"


def inside(came: Came) -> str:
    """The narrowest interval that held what came."""
    return "beyond" if came.inside is None else f"{came.inside} %"


def money(value: float | None) -> str:
    """A price."""
    return MISSING if value is None else price(value).text


def share(value: float, form: str = ".1f") -> str:
    """A share in percent, a dash where there is none."""
    return MISSING if math.isnan(value) else percent(value, form).text


def signed(value: float) -> str:
    """A change in percent with its sign, a dash where there is none."""
    return MISSING if math.isnan(value) else f"{100.0 * value:+.1f} %"
