"""Each configuration that is traded is a trial: kept in the ledger, and held against the result.

Who tries long enough finds a strategy that earned. The count of what was tried, by backtests and
by optimisations, is what the deflated Sharpe ratio needs, and nobody remembers it. Checks of the
engine (``random``, ``always_long``) are no trials: nobody would choose them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from barograph.core.hashing import digest, value_hash
from barograph.lake.lake import Lake
from barograph.ledger.trials import TRADING, Trial, Trials
from barograph.pipelines.audit import ledger_folder
from barograph.pipelines.backtest.plan import Plan
from barograph.pipelines.backtest.strategy import path_of
from barograph.trading.market import Market
from barograph.trading.overfit import Sweep

NOT_PART: Final = ("start", "end", "capital", "trials", "seed")
"""Of a plan: what it is judged on, and what no strategy is chosen by."""
OF_FORECASTS: Final = ("config_hash", "feature_set_hash")


@dataclass(frozen=True, slots=True)
class Tried:
    """How often was looked.

    Attributes
    ----------
    count : int
        Distinct configurations, whatever data they saw.
    spread : float or None
        Standard deviation of the annualised Sharpe ratios, the last of each, of those that were
        tried over the bars of the one asked for: a short span spreads wider than a long one. None
        where fewer than two have one.
    sweep : Sweep or None
        The last search that tried the configuration asked for; None where none did.
    """

    count: int
    spread: float | None
    sweep: Sweep | None = None


def trial_of(
    plan: Plan,
    parameters: Mapping[str, float],
    market: Market,
    forecasts: Path | None,
    *,
    command: str,
    at: datetime,
    scores: Mapping[str, float],
) -> Trial:
    """A configuration as the ledger keeps it.

    Parameters
    ----------
    plan : Plan
    parameters : Mapping of str to float
        All of the strategy's.
    market : Market
        The hours it was judged on.
    forecasts : Path or None
        File of the forecasts; the ledger where None.
    command : str
        ``backtest`` or ``optimise``.
    at : datetime
        When.
    scores : Mapping of str to float
        What came out, ``sharpe`` (annualised) among them; of a search also ``configurations`` and
        ``overfitting``, its probability. What is not finite is left out.
    """
    origin = origin_of(forecasts)
    asked = asdict(plan)
    parts = {name: plainly(value) for name, value in asked.items() if name not in NOT_PART} | {
        "strategy": identity(plan.strategy),
        "parameters": dict(parameters),
        "shares": list(plan.shares),
        "forecasts": origin["config_hash"],
    }
    return Trial(
        at=at,
        command=command,
        symbol="+".join(plan.symbols),
        config_hash=value_hash(parts)[:16],
        feature_set_hash=origin["feature_set_hash"],
        data_hash=data_hash(market),
        version=version("barograph"),
        scores={name: value for name, value in scores.items() if np.isfinite(value)},
    )


def enter(lake: Lake, trials: list[Trial]) -> Tried:
    """Record trials that are new, and count all there are; the sweep is that of the last one.

    Raises
    ------
    LakeError
        If the ledger cannot be written.
    AuditError
        If it is damaged.
    """
    kept = Trials(ledger_folder(lake))
    if trials:
        kept.add(trials)
    return tried(kept, trials[-1] if trials else None)


def tried(kept: Trials, asked: Trial | None = None) -> Tried:
    """Count the configurations that were traded, and measure how far apart they came out.

    Parameters
    ----------
    kept : Trials
    asked : Trial or None
        Whose sweep, and over whose bars the spread, is wanted; over any where None.
    """
    seen: set[tuple[str, str, str]] = set()
    last: dict[tuple[str, str, str], float | None] = {}
    sweep: Sweep | None = None
    for trial in kept.all():
        if trial.command not in TRADING:
            continue
        seen.add(trial.configuration)
        if asked is None or trial.data_hash == asked.data_hash:
            last[trial.configuration] = trial.scores.get("sharpe")
        if asked is None or trial.configuration != asked.configuration:
            continue
        if "overfitting" in trial.scores:
            count = int(trial.scores["configurations"])
            sweep = Sweep(count, trial.scores["overfitting"])
    known = [value for value in last.values() if value is not None]
    spread = float(np.std(known, ddof=1)) if len(known) > 1 else None
    return Tried(len(seen), spread, sweep)


def identity(strategy: str) -> str:
    """Name of a strategy; of one in a file its text counts too."""
    path = path_of(strategy)
    if path is None or not path.is_file():
        return strategy
    name = strategy.partition(".py:")[2]
    return f"{path.name}{name and ':'}{name} {digest(path.read_bytes())[:16]}"


def origin_of(forecasts: Path | None) -> dict[str, str]:
    """Hashes of the run that made a file of forecasts, from its ``run.json``; empty if unknown."""
    said: dict[str, Any] = {}
    if forecasts is not None:
        run = forecasts.with_name("run.json")
        said = orjson.loads(run.read_bytes()) if run.is_file() else {}
    return {name: str(said.get(name, "")) for name in OF_FORECASTS}


def data_hash(market: Market) -> str:
    """SHA-256 of the bars and the funding that were traded over."""
    state = hashlib.sha256(value_hash([list(market.symbols), int(market.hours[0])]).encode())
    prices = (market.open, market.high, market.low, market.close, market.volume, market.funding)
    for part in prices:
        state.update(np.ascontiguousarray(part, dtype="<f8").tobytes())
    return state.hexdigest()


def plainly(value: object) -> object:
    """A setting as plain JSON values."""
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump()
    if isinstance(value, Mapping):
        return {str(name): plainly(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plainly(one) for one in value]
    return value
