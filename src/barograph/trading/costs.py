"""What each cost took, told from the fills.

The engine fills an order at a reference price (the opening, the limit, the level) made worse by
slippage, and takes commission and fees of liquidation together; funding and borrow too. Here they
are told apart again. They add up: what an account gained is what its fills would have gained at the
reference prices, less these.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from barograph.core.types import Bools, Floats
from barograph.trading.market import Market
from barograph.trading.record import KINDS, Record
from barograph.trading.rules import BPS, Execution


@dataclass(frozen=True, slots=True)
class Costs:
    """Of a whole run, in quote currency; negative where received.

    Attributes
    ----------
    slippage, commission, liquidation : float
        Of fills.
    funding, borrow : float
        Of what was held.
    traded : float
        Value of all fills at their prices.
    """

    slippage: float
    commission: float
    liquidation: float
    funding: float
    borrow: float
    traded: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.slippage + self.commission + self.liquidation + self.funding + self.borrow


def breakdown(record: Record, market: Market, execution: Execution) -> Costs:
    """Tell the costs of a run apart.

    Parameters
    ----------
    record : Record
    market : Market
        What it is of.
    execution : Execution
        What it was run with.
    """
    quantity, price, fee = record.amounts.T
    value = np.abs(quantity) * price
    rate = np.full(len(fee), execution.commission_bps * BPS)
    commission = np.minimum(value * rate, fee)
    funding = float((held(record, market) * paying(market) * market.funding).sum())
    carried = float(record.carried.sum())
    return Costs(
        slippage=float((np.abs(quantity) * np.abs(price - reference(record, execution))).sum()),
        commission=float(commission.sum()),
        liquidation=float(np.where(_kind(record, "liquidation"), fee - commission, 0.0).sum()),
        funding=funding if execution.borrow_annual > 0.0 else carried,
        borrow=carried - funding if execution.borrow_annual > 0.0 else 0.0,
        traded=float(value.sum()),
    )


def reference(record: Record, execution: Execution) -> Floats:
    """Price of each fill before slippage, shape ``(k,)``."""
    patient = _kind(record, "limit") | _kind(record, "take")
    slip = np.where(patient, execution.limit_slippage_bps, execution.slippage_bps) * BPS
    found: Floats = record.amounts[:, 1] / (1.0 + np.sign(record.amounts[:, 0]) * slip)
    return found


def held(record: Record, market: Market) -> Floats:
    """Quantity carried into each bar, shape ``(n, m)``."""
    traded = np.zeros((len(market.hours) + 1, len(market.symbols)))
    np.add.at(traded, (record.places[:, 0] + 1, record.places[:, 1]), record.amounts[:, 0])
    found: Floats = np.cumsum(traded, axis=0)[:-1]
    return found


def paying(market: Market) -> Floats:
    """Price at which funding of each bar is settled: its opening, or the last close; 0 before."""
    marks = np.where(market.present, market.close, np.nan)
    last = np.column_stack([_carried(column) for column in marks.T])
    before = np.vstack((np.zeros((1, last.shape[1])), last[:-1]))
    found: Floats = np.where(market.present, market.open, before)
    return found


def _carried(column: Floats) -> Floats:
    """The last known value of each row; 0 before the first."""
    filled: Floats = (
        pl.Series(column).fill_nan(None).fill_null(strategy="forward").fill_null(0.0).to_numpy()
    )
    return filled


def _kind(record: Record, name: str) -> Bools:
    found: Bools = record.places[:, 2] == KINDS.index(name)
    return found
