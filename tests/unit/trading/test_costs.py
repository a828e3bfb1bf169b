"""Costs told apart add up to what the account lost by them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.trading.worlds import intents, market

from barograph.trading import kernel
from barograph.trading.costs import breakdown, held, reference
from barograph.trading.market import Market
from barograph.trading.record import KINDS, Record
from barograph.trading.rules import BPS, OFF, Execution

CAPITAL = 1000.0


def gained_at_reference(record: Record, made: Market, execution: Execution) -> float:
    """What the same fills would have gained had nothing cost anything."""
    price, quantity = reference(record, execution), record.amounts[:, 0]
    cash = CAPITAL - float((quantity * price).sum())
    worth = 0.0
    for symbol in range(len(made.symbols)):
        known = made.close[made.present[:, symbol], symbol]
        worth += float(quantity[record.places[:, 1] == symbol].sum()) * known[-1]
    return cash + worth - CAPITAL


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31), width=st.integers(1, 3),
    slippage=st.floats(0.0, 50.0), patient=st.floats(0.0, 10.0), commission=st.floats(0.0, 50.0),
    borrow=st.sampled_from([0.0, 0.1, 1.0]), leverage=st.sampled_from([1.0, 5.0]),
)  # fmt: skip
def test_what_was_gained_is_what_prices_gave_less_costs(
    seed: int, width: int, slippage: float, patient: float, commission: float, borrow: float,
    leverage: float,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    made = market(rng, 300, width)
    execution = Execution(
        slippage_bps=slippage, limit_slippage_bps=patient, commission_bps=commission,
        borrow_annual=borrow, leverage=leverage,
    )  # fmt: skip
    record = kernel.simulate(made, intents(rng, made), execution, OFF, CAPITAL, 1)
    paid = breakdown(record, made, execution)
    gross = gained_at_reference(record, made, execution)
    assert gross - paid.total == pytest.approx(record.equity[-1] - CAPITAL, abs=1e-6)
    assert paid.commission + paid.liquidation == pytest.approx(record.amounts[:, 2].sum())
    assert paid.funding + paid.borrow == pytest.approx(record.carried.sum(), abs=1e-9)
    assert min(paid.slippage, paid.commission, paid.liquidation) >= 0.0
    if borrow == 0.0:
        assert paid.borrow == 0.0


def test_each_cost_is_found_where_it_alone_is_charged() -> None:
    rng = np.random.default_rng(4)
    made = market(rng, 2000)
    wishes = intents(rng, made)
    made = replace_funding(made)
    free = {"slippage_bps": 0.0, "commission_bps": 0.0, "liquidation_bps": 0.0}
    named = {
        "slippage": {"slippage_bps": 8.0}, "commission": {"commission_bps": 3.0},
        "borrow": {"borrow_annual": 0.3},
    }  # fmt: skip
    for name, charged in named.items():
        execution = Execution(**(free | charged))
        paid = breakdown(kernel.simulate(made, wishes, execution, OFF, CAPITAL), made, execution)
        assert getattr(paid, name) > 0.0
        assert paid.total == pytest.approx(getattr(paid, name))
    half = Execution(**(free | {"commission_bps": 3.0}))
    paid = breakdown(kernel.simulate(made, wishes, half, OFF, CAPITAL), made, half)
    assert paid.commission == pytest.approx(3.0 * BPS * paid.traded)


def replace_funding(made: Market) -> Market:
    """The same market where no funding is due."""
    return replace(made, funding=np.zeros_like(made.funding))


def test_a_liquidation_pays_its_fee_beside_commission() -> None:
    rng = np.random.default_rng(6)
    made = market(rng, 4000, wild=0.03)
    execution = Execution(leverage=20.0, liquidation_bps=50.0, commission_bps=4.0)
    wishes = intents(rng, made)
    wishes = replace(wishes, target=20.0 * np.sign(wishes.target))
    record = kernel.simulate(made, wishes, execution, OFF, CAPITAL)
    forced = record.places[:, 2] == KINDS.index("liquidation")
    assert forced.any()
    value = np.abs(record.amounts[forced, 0]) * record.amounts[forced, 1]
    assert breakdown(record, made, execution).liquidation == pytest.approx(50.0 * BPS * value.sum())


def test_what_is_carried_into_a_bar_is_what_was_filled_before_it() -> None:
    rng = np.random.default_rng(7)
    made = market(rng, 400, 2)
    record = kernel.simulate(made, intents(rng, made), Execution(), OFF, CAPITAL)
    position, row = np.zeros(2), 0
    for bar, carried in enumerate(held(record, made)):
        np.testing.assert_allclose(carried, position, atol=1e-9)
        while row < len(record.places) and record.places[row, 0] == bar:
            position[record.places[row, 1]] += record.amounts[row, 0]
            row += 1
