"""Whether a result holds: dearer costs, months drawn again, parts of the span, luck."""

from dataclasses import dataclass, replace

import numpy as np

from barograph.core.types import Bools, Floats
from barograph.pair.barriers import Outcomes
from barograph.pair.events import Events
from barograph.pair.portfolio import Account, trade
from barograph.pair.rules import Doubts, PairSettings
from barograph.trading.bootstrap import blocks
from barograph.trading.luck import deflated_sharpe
from barograph.trading.market import Market


@dataclass(frozen=True, slots=True)
class Robustness:
    """What was doubted, and what is left.

    Attributes
    ----------
    stressed : dict of str to float
        Mean monthly result at so many times the costs, the wishes as they were.
    p10, p50, p90 : float
        Quantiles of the mean monthly result over months drawn again.
    periods : tuple of float
        Result of each part of the span, parts of as many months.
    deflated : float
        Probability that the true Sharpe ratio exceeds that of the luckiest of the trials; NaN
        where nothing was traded.
    trials : int
        Configurations tried so far.
    failed : tuple of str
        What speaks against it, in words; none where it is robust.
    """

    stressed: dict[str, float]
    p10: float
    p50: float
    p90: float
    periods: tuple[float, ...]
    deflated: float
    trials: int
    failed: tuple[str, ...]

    @property
    def robust(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.failed


def doubt(
    market: Market,
    events: Events,
    outcomes: Outcomes,
    keep: Bools,
    settings: PairSettings,
    trials: int,
) -> tuple[Account, Robustness]:
    """Trade a span, and doubt the result.

    Parameters
    ----------
    market, events, outcomes, keep
        Of the span; see ``portfolio.trade``.
    settings : PairSettings
    trials : int
        Configurations tried so far, this one among them.
    """
    account = trade(market, events, outcomes, keep, settings)
    doubts = settings.doubts
    stressed = {
        f"{factor:g}x": float(
            trade(market, events, outcomes, keep, settings, settings.execution.stressed(factor))
            .monthly.mean()
        )
        for factor in doubts.stresses
    }  # fmt: skip
    means = monthly_means(account.monthly, doubts, settings.seed)
    p10, p50, p90 = (float(one) for one in np.quantile(means, (0.1, 0.5, 0.9)))
    periods = tuple(float(part.sum()) for part in np.array_split(account.monthly, doubts.periods))
    found = Robustness(
        stressed, p10, p50, p90, periods, deflated_sharpe(account.returns, trials), trials, ()
    )
    return account, _judged(found, account, doubts)


def monthly_means(monthly: Floats, doubts: Doubts, seed: int) -> Floats:
    """Mean monthly result of months drawn again in blocks, shape ``(draws,)``.

    References
    ----------
    .. [1] Politis & Romano (1994), "The stationary bootstrap", JASA 89(428), 1303-1313.
    """
    starts, lengths = blocks(len(monthly), doubts.block_months, doubts.draws, seed)
    found = np.empty(doubts.draws)
    for k in range(doubts.draws):
        origin = np.repeat(starts[k], lengths[k])[: len(monthly)]
        first = np.concatenate(([0], np.cumsum(lengths[k])[:-1]))
        offset = np.arange(len(origin)) - np.repeat(first, lengths[k])[: len(origin)]
        found[k] = monthly[(origin + offset) % len(monthly)].mean()
    return found


def _judged(found: Robustness, account: Account, doubts: Doubts) -> Robustness:
    figures = account.figures()
    mean, depth = figures["mean_monthly_pnl"], figures["max_drawdown"]
    won = sum(one > 0.0 for one in found.periods)
    failed = [
        (mean <= 0.0, f"mean monthly result {mean:.2f} is not above 0"),
        *(
            (value <= 0.0, f"at {factor} costs it is {value:.2f} a month")
            for factor, value in found.stressed.items()
        ),
        (found.p10 <= 0.0, f"one resampling in ten earns {found.p10:.2f} a month or less"),
        (depth > doubts.drawdown, f"drawdown {depth:.1%}, allowed {doubts.drawdown:.0%}"),
        (
            not found.deflated >= doubts.lucky,
            f"better than the luckiest of {found.trials} trials with probability "
            f"{found.deflated:.1%}, wanted {doubts.lucky:.0%}",
        ),
        (
            2 * won <= len(found.periods),
            f"{won} of {len(found.periods)} parts of the span earn something",
        ),
    ]
    told = tuple(words for bad, words in failed if bad)
    return replace(found, failed=told)
