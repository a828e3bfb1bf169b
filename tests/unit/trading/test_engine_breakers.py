"""Breakers inside the engines: what they stop, what waits for their release, what they halve."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.trading.stories import ENGINES, FLAT, FREE, Story
from tests.unit.trading.worlds import FIRST

from barograph.trading.intents import Intents
from barograph.trading.market import Market
from barograph.trading.record import EVENTS, KINDS
from barograph.trading.rules import OFF


class TestBreakers:
    """Each trips by its rule, holds as long as it says, and lets positions be closed."""

    def test_losses_in_a_row(self) -> None:
        down = (100.0, 100.0, 99.0, 99.0)
        story = Story(*[FLAT if k % 2 == 0 else down for k in range(16)])
        wishes = {k: {"target": 1.0 if k % 2 else 0.0} for k in range(15)}
        costs = FREE.model_copy(update={"slippage_bps": 5.0})
        record = story.run(wishes, costs, OFF.model_copy(update={"losses": 2, "loss_hours": 4}))
        (event,) = [row for row in record.events.tolist() if EVENTS[row[1]] == "losses"][:1]
        bar, _, until = event
        assert until == FIRST + bar + 4
        later = [at for at, *_ in record.places.tolist() if at > bar]
        assert min(later) > bar + 4

    def test_a_daily_drawdown_halves_until_the_day_ends(self) -> None:
        fall = (100.0, 100.0, 90.0, 90.0)
        flat = (90.0, 90.0, 90.0, 90.0)
        story = Story(FLAT, FLAT, fall, *[flat] * 24)
        wishes = {0: {"target": 1.0}, 3: {"target": 0.0}, 5: {"target": 1.0}, 7: {"target": 0.0},
                  25: {"target": 1.0}}  # fmt: skip
        record = story.run(wishes, FREE, OFF.model_copy(update={"daily_drawdown": 0.05}))
        sizes = [abs(row[0]) * row[1] for row in record.amounts.tolist()]
        assert sizes == pytest.approx([1000.0, 450.0, 450.0, 450.0, 450.0, 900.0])
        assert [(EVENTS[c], until) for _, c, until in record.events.tolist()] == [
            ("drawdown", FIRST + 24)
        ]

    def test_a_crash_halts_entries_and_not_exits(self) -> None:
        fall = (100.0, 100.0, 85.0, 85.0)
        flat = (85.0, 85.0, 85.0, 85.0)
        rules = OFF.model_copy(update={"crash": 0.10, "crash_hours": 2})
        story = Story(FLAT, FLAT, fall, *[flat] * 5)
        record = story.run({0: {"target": 1.0}, 2: {"target": 2.0}}, FREE, rules)
        assert record.places[:, 0].tolist() == [1, 5], "nothing is enlarged in the halt"
        record = story.run({0: {"target": 1.0}, 2: {"target": 0.0}}, FREE, rules)
        assert record.places[:, 0].tolist() == [1, 3]
        record = story.run({4: {"target": 1.0}}, FREE, rules)
        assert record.places[:, 0].tolist() == [5]

    def test_a_drawdown_halves_what_is_held_and_the_day_after_makes_it_whole(self) -> None:
        fall, flat = (100.0, 100.0, 90.0, 90.0), (90.0, 90.0, 90.0, 90.0)
        story = Story(FLAT, FLAT, fall, *[flat] * 26)
        rules = OFF.model_copy(update={"daily_drawdown": 0.05})
        fills = story.fills({0: {"target": -1.0}, 1: {"target": 1.0}}, FREE, rules)
        # The wish of hour 1 opens at 100, the fall takes a tenth of it; 24 is the next midnight.
        assert fills[1:] == [
            (2, "market", 10.0, 100.0),
            (2, "market", 10.0, 100.0),
            (3, "market", -5.0, 90.0),
            (25, "market", 5.0, 90.0),
        ]

    def test_a_stop_ends_a_wish(self) -> None:
        fall, flat = (100.0, 100.0, 90.0, 90.0), (90.0, 90.0, 90.0, 90.0)
        story = Story(FLAT, FLAT, fall, *[flat] * 26)
        rules = OFF.model_copy(update={"daily_drawdown": 0.05})
        fills = story.fills({0: {"target": 1.0, "stop": 92.0}}, FREE, rules)
        assert [(bar, kind) for bar, kind, *_ in fills] == [(1, "market"), (2, "stop")]

    def test_a_change_of_sides_in_a_halt_closes_at_once_and_opens_at_its_release(self) -> None:
        jump, flat = (100.0, 112.0, 100.0, 112.0), (112.0, 112.0, 112.0, 112.0)
        story = Story(FLAT, FLAT, jump, *[flat] * 20)
        rules = OFF.model_copy(update={"crash": 0.10, "crash_hours": 9})
        fills = story.fills({0: {"target": -1.0}, 2: {"target": 1.0}}, FREE, rules)
        assert fills == [
            (1, "market", -10.0, 100.0),
            (3, "market", 10.0, 112.0),
            (12, "market", pytest.approx(880.0 / 112.0), 112.0),
        ]

    def test_what_waits_is_replaced_or_expires_and_keeps_its_limit(self) -> None:
        jump, flat = (100.0, 112.0, 100.0, 112.0), (112.0, 113.0, 110.0, 112.0)
        story = Story(FLAT, jump, *[flat] * 20)
        rules = OFF.model_copy(update={"crash": 0.10, "crash_hours": 5})
        long, short = {"target": 1.0}, {"target": -1.0}
        assert [at for at, *_ in story.fills({2: long}, FREE, rules)] == [7]
        assert story.fills({2: long | {"expiry": 4.0}}, FREE, rules) == []
        assert story.fills({2: long, 3: {"target": 0.0}}, FREE, rules) == []
        ((at, _, quantity, _),) = story.fills({2: long, 3: short}, FREE, rules)
        assert (at, quantity < 0.0) == (7, True)
        ((at, kind, _, price),) = story.fills({2: long | {"limit": 111.0}}, FREE, rules)
        assert (at, kind, price) == (7, "limit", 111.0)

    def test_a_halt_takes_open_orders_back(self) -> None:
        jump, dip = (100.0, 112.0, 100.0, 112.0), (112.0, 112.0, 95.0, 112.0)
        rules = OFF.model_copy(update={"crash": 0.10, "crash_hours": 2})
        story = Story(FLAT, FLAT, jump, dip, dip, dip)
        fills = story.fills({0: {"target": 1.0, "limit": 97.0}}, FREE, rules)
        assert [at for at, *_ in fills] == [5]


@pytest.mark.parametrize(
    "wish", [{"target": 0.0, "limit": 120.0}, {"target": 0.0, "limit": 120.0, "expiry": 2},
             {"target": -1.0, "limit": 120.0, "expiry": 2}],
    ids=["an exit rests", "an exit came too late", "a change of sides came too late"],
)  # fmt: skip
def test_a_drawdown_halves_also_what_only_a_limit_would_give_up(wish: dict[str, float]) -> None:
    fall, flat = (100.0, 100.0, 90.0, 90.0), (90.0, 90.0, 90.0, 90.0)
    story = Story(FLAT, FLAT, FLAT, FLAT, FLAT, fall, *[flat] * 4)
    rules = OFF.model_copy(update={"daily_drawdown": 0.05})
    assert story.fills({0: {"target": 1.0}, 2: wish}, FREE, rules) == [
        (1, "market", 10.0, 100.0), (6, "market", -5.0, 90.0),
    ]  # fmt: skip


def two(first: list[float], second: list[float]) -> Market:
    """Closes of two symbols, each bar opening at the close before."""
    close = np.column_stack((first, second))
    opened = np.vstack((close[:1], close[:-1]))
    top, bottom = np.maximum(opened, close), np.minimum(opened, close)
    hours, none = FIRST + 1 + np.arange(len(close)), np.zeros(close.shape)
    return Market(("A", "B"), hours, opened, top, bottom, close, np.full(close.shape, np.nan), none)


def test_what_rests_is_not_cut_by_the_leverage_it_leaves_no_room_in() -> None:
    made = two([100.0] * 6 + [103.0] * 4, [100.0] * 10)
    target, limit = np.full((10, 2), np.nan), np.full((10, 2), np.nan)
    target[0, 0], target[3], limit[3, 0] = 1.0, 0.5, 102.0
    wishes = replace(Intents.market(target), limit=limit)
    costs = FREE.model_copy(update={"leverage": 1.0})
    for run in ENGINES:
        record = run(made, wishes, costs, OFF, 1000.0)
        assert record.amounts[:, 0].tolist() == pytest.approx([10.0, -5.0]), "half, not all"
        assert record.places[:, 1].tolist() == [0, 0], "there was no room for the other"


def test_a_short_that_outgrew_the_account_is_halved_on_a_bad_day() -> None:
    made = two([100.0] * 5 + [116.0] * 7, [100.0] * 12)
    target = np.full((12, 2), np.nan)
    target[0] = (-0.8, 0.2)
    wishes = replace(Intents.market(target), expiry=np.full((12, 2), 2))
    costs = FREE.model_copy(update={"leverage": 1.0})
    for run in ENGINES:
        record = run(made, wishes, costs, OFF.model_copy(update={"daily_drawdown": 0.05}), 1000.0)
        assert record.exposure[4] == pytest.approx(1.0)
        assert record.exposure[-1] == pytest.approx(0.5)


def test_a_liquidation_closes_what_has_no_bar_at_its_last_price() -> None:
    """An exchange does not wait for the bars we lack."""
    close = np.full((6, 2), 100.0)
    close[3:, 0] = 45.0
    opened = np.vstack((close[:1], close[:-1]))
    bars = [opened, np.maximum(opened, close), np.minimum(opened, close), close]
    for prices in bars:
        prices[3, 1] = np.nan
    hours, none = FIRST + np.arange(6), np.full(close.shape, np.nan)
    opened, high, low, close = bars
    made = Market(("A", "B"), hours, opened, high, low, close, none, np.zeros(close.shape))
    target = none.copy()
    target[0] = 1.0
    costs = FREE.model_copy(update={"leverage": 2.0, "maintenance": 0.4})
    for run in ENGINES:
        record = run(made, Intents.market(target), costs, OFF, 1000.0)
        ended = record.places[:, 2] == KINDS.index("liquidation")
        assert record.places[ended, :2].tolist() == [[3, 0], [3, 1]]
        assert record.amounts[ended, 1].tolist() == [45.0, 100.0]
