"""What sizing and gates leave of what a strategy asks for, and what was refused and why."""

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from barograph.core.errors import InputError
from barograph.core.time import MOMENT
from barograph.core.types import Floats, Ints
from barograph.pipelines.backtest.plan import Plan
from barograph.pipelines.prepare import known
from barograph.trading.risk.catalogue import gates
from barograph.trading.risk.gate import Gate, Signals
from barograph.trading.sizing import sized
from barograph.trading.strategies.base import Beliefs, Rule

REFUSED: Final = {
    "symbol": pl.String(),
    "gate": pl.String(),
    "since": MOMENT,
    "released": MOMENT,
    "hours": pl.Int64(),
    "worst": pl.Float64(),
    "reason": pl.String(),
}
"""Stretches of refused wishes: the first refused close and the first that is not (null where none
is known), how many were refused, and the reason of the one furthest beyond the limit."""


def sized_as(plan: Plan, rule: Rule, beliefs: Beliefs, exposure: Floats) -> Floats:
    """Exposures after sizing, shape ``(n, m)``.

    Raises
    ------
    InputError
        If the plan sizes by the odds and the forecasts have none.
    """
    if plan.sizing is None or rule.is_check:
        return exposure
    if beliefs.odds is None:
        raise InputError("these forecasts carry no quantiles to size by; use --sizing strategy")
    return sized(exposure, beliefs.odds, beliefs.daily_vol, plan.round_trip, plan.sizing)


def granted(plan: Plan, rule: Rule, beliefs: Beliefs, asked: Floats) -> Floats:
    """Exposures that the gates let pass, shape ``(n, m)``; 0 where one refuses."""
    signals = Signals(asked, beliefs.p_up, beliefs.daily_vol)
    for gate in gates_of(plan, rule):
        asked = np.where(gate.closed(signals), 0.0, asked)
    return asked


def gates_of(plan: Plan, rule: Rule) -> tuple[Gate, ...]:
    """Gates of a plan, its limits in place of the catalogue's; none for a check of the engine.

    Raises
    ------
    SettingsError
        If the plan limits a gate that there is not.
    """
    catalogue = gates()
    for name in plan.limits:
        known(name, tuple(catalogue), "gate")
    if rule.is_check:
        return ()
    return tuple(
        replace(gate, limit=plan.limits.get(name, gate.limit)) for name, gate in catalogue.items()
    )


def refused(plan: Plan, rule: Rule, beliefs: Beliefs, asked: Floats, hours: Ints) -> pl.DataFrame:
    """Every refusal: reason and release.

    Parameters
    ----------
    plan : Plan
    rule : Rule
    beliefs : Beliefs
    asked : ndarray of shape (n, m)
        Exposures after sizing.
    hours : ndarray of shape (n,)
        Hours since 1970.

    Returns
    -------
    stretches : DataFrame
        Schema ``REFUSED``, by symbol and beginning. Hours without a wish of any kind neither
        refuse nor release.
    """
    signals = Signals(asked, beliefs.p_up, beliefs.daily_vol)
    rows = [
        row
        for gate in gates_of(plan, rule)
        for j, symbol in enumerate(plan.symbols)
        for row in _stretches(gate, signals.of(j), symbol, hours)
    ]
    moments = [
        (pl.col(name) * 3_600_000_000).cast(MOMENT) for name in ("since", "released")
    ]  # hours since 1970
    plain = {name: pl.Int64() if kind == MOMENT else kind for name, kind in REFUSED.items()}
    frame = pl.DataFrame(rows, schema=plain, orient="row").with_columns(moments)
    return frame.sort("symbol", "since", "gate")


def _stretches(gate: Gate, signals: Signals, symbol: str, hours: Ints) -> list[tuple[object, ...]]:
    told = np.flatnonzero(np.isfinite(signals.exposure))
    closed, value = gate.closed(signals)[told], gate.value(signals)[told]
    edges = np.flatnonzero(np.diff(np.concatenate(([False], closed, [False])).astype(np.int8)))
    found: list[tuple[object, ...]] = []
    for begin, end in edges.reshape(-1, 2).tolist():
        held = value[begin:end]
        worst = float(held[np.argmax(np.abs(held - gate.limit))])
        released = int(hours[told[end]]) if end < len(told) else None
        since = int(hours[told[begin]])
        found.append((symbol, gate.name, since, released, end - begin, worst, gate.words(worst)))
    return found
