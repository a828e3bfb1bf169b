"""What execution costs and what stops trading: the numbers both engines run by."""

from typing import Final

from pydantic import ConfigDict, Field

from barograph.core.settings import Strict

BPS: Final = 1e-4
HOURS_A_YEAR: Final = 8766.0
FINITE: Final = ConfigDict(frozen=True, extra="forbid", strict=False, allow_inf_nan=False)
"""Of ``Strict``, and no number is infinite: an infinite limit would be one switched off."""


class Execution(Strict):
    """How orders are filled and what that costs (S3 12.2; ranges are those of its table).

    Attributes
    ----------
    slippage_bps : float
        Of market orders, stops and liquidations, against us.
    limit_slippage_bps : float
        Of limit orders and profits taken.
    fill_probability : float
        Chance that a limit order fills in a bar that trades through its price.
    commission_bps : float
        Of what is traded, every fill.
    participation : float
        Largest part of a bar's volume that one order takes; the rest waits for the next bar.
    borrow_annual : float
        Yearly rate on what is sold short, charged hourly.
    leverage : float
        Largest exposure as a multiple of equity; wishes beyond it are cut.
    maintenance : float
        Part of the exposure that equity must exceed; below it everything is liquidated.
    liquidation_bps : float
        Fee of a liquidation, beside commission and slippage.
    """

    model_config = FINITE

    slippage_bps: float = Field(default=5.0, ge=0.0, le=1000.0)
    limit_slippage_bps: float = Field(default=0.0, ge=0.0, le=1000.0)
    fill_probability: float = Field(default=0.7, ge=0.0, le=1.0)
    commission_bps: float = Field(default=4.0, ge=0.0, le=1000.0)
    participation: float = Field(default=1.0, gt=0.0, le=1.0)
    borrow_annual: float = Field(default=0.0, ge=0.0, le=10.0)
    leverage: float = Field(default=1.0, gt=0.0, le=100.0)
    maintenance: float = Field(default=0.005, ge=0.0, lt=1.0)
    liquidation_bps: float = Field(default=50.0, ge=0.0, le=1000.0)

    def stressed(self, factor: float) -> "Execution":
        """The same with slippage, commission, borrow and the fee of a liquidation multiplied.

        Funding is what it was: it is as often received as paid.
        """
        names = ("slippage_bps", "limit_slippage_bps", "commission_bps", "borrow_annual",
                 "liquidation_bps")  # fmt: skip
        return self.model_copy(update={name: factor * getattr(self, name) for name in names})


class Breakers(Strict):
    """What stops trading by itself (S3 14.2); 0 switches a breaker off.

    Attributes
    ----------
    losses : int
        Losing trades in a row after which nothing is opened for ``loss_hours``.
    loss_hours : int
        Hours of that pause.
    daily_drawdown : float
        Fall of equity since 00:00 UTC, as a fraction, beyond which targets are halved to day's end.
    crash : float
        Move of any symbol in an hour, as a fraction, after which nothing is opened for
        ``crash_hours``.
    crash_hours : int
        Hours of that halt.
    """

    model_config = FINITE

    losses: int = Field(default=5, ge=0)
    loss_hours: int = Field(default=4, ge=0)
    daily_drawdown: float = Field(default=0.05, ge=0.0, le=1.0)
    crash: float = Field(default=0.10, ge=0.0)
    crash_hours: int = Field(default=2, ge=0)


OFF: Final = Breakers(losses=0, daily_drawdown=0.0, crash=0.0)
"""No breaker at all."""


class Rules(Strict):
    """Everything a file of rules may say; what it leaves out is as it is by default.

    Attributes
    ----------
    execution : Execution
    breakers : Breakers
    """

    execution: Execution = Execution()
    breakers: Breakers = Breakers()
