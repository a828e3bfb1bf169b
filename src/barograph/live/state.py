"""What an engine-driven mind knows after an hour: a value that can be kept in a file."""

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from barograph.calibration.confidence import lookback
from barograph.core.hashing import frame_hash
from barograph.core.panel import Panel
from barograph.core.types import Floats, Ints
from barograph.explain.contributions import Usual
from barograph.explain.facts import LOOKBACK
from barograph.models.live import Engine

KEPT: Final = 24 * 9
"""Hours whose forecasts can be asked for again: more than is ever owed."""
FOLDER: Final = "engine"
"""Folder of the states within the serving folder."""
FORMAT: Final = 1


class Bar(NamedTuple):
    """One hour as the engine reads it."""

    open: float
    close: float
    volume: float
    variance: float


@dataclass(frozen=True, slots=True)
class Hour:
    """One forecast and what explains it; arrays as in ``store.beliefs.Belief``.

    Attributes
    ----------
    hour : int
        Origin, hours since 1970.
    price : float
        Close.
    regime : int
        Code; -1 unknown.
    confidence : Ints
        Shape ``(H,)``.
    reasons : tuple of str
        Why the confidence is what it is, by horizon.
    variances : Mapping[str, Floats]
        Of every model, shape ``(H,)`` each; the flagship's among them.
    quantiles, terms, odds, inputs, season : Floats
        Shapes ``(H, 13)``, ``(H, K)``, ``(H, L)``, ``(M,)``, ``(168,)``.
    """

    hour: int
    price: float
    regime: int
    confidence: Ints
    reasons: tuple[str, ...]
    variances: Mapping[str, Floats]
    quantiles: Floats
    terms: Floats
    odds: Floats
    inputs: Floats
    season: Floats


@dataclass(frozen=True, slots=True)
class Tail:
    """The last hours: what grades and facts look back over.

    Attributes
    ----------
    hours : Ints
        Consecutive, shape ``(n,)``.
    bars : Floats
        ``open, close, volume, variance``, shape ``(n, 4)``; NaN where missing.
    lower, upper : Floats
        Ends of the 68 % interval, shape ``(n, H)``; NaN without a forecast.
    """

    hours: Ints
    bars: Floats
    lower: Floats
    upper: Floats

    def with_hour(self, hour: int, bar: Bar, lower: Floats, upper: Floats) -> "Tail":
        """The same one hour on."""
        return Tail(
            np.append(self.hours[-ROWS + 1 :], hour),
            np.vstack((self.bars[-ROWS + 1 :], [bar])),
            np.vstack((self.lower[-ROWS + 1 :], lower)),
            np.vstack((self.upper[-ROWS + 1 :], upper)),
        )

    def panel(self, symbol: str, horizons: tuple[int, ...], rows: int) -> Panel:
        """Its last rows as a panel without features; outcomes as far as they are known."""
        open_, close, volume, variance = self.bars[-rows:].T
        outcomes = self.outcomes(horizons)[-rows:]
        return Panel(
            symbol=symbol,
            hours=self.hours[-rows:],
            horizons=horizons,
            names=(),
            features=np.zeros((len(close), 0)),
            open=open_,
            close=close,
            volume=volume,
            variance=variance,
            target_return=outcomes,
            target_variance=np.full(outcomes.shape, np.nan),
        )

    def outcomes(self, horizons: tuple[int, ...]) -> Floats:
        """Log returns over the horizons, shape ``(n, H)``; NaN where not known yet."""
        price = np.log(self.bars[:, 1])
        found = np.full((len(price), len(horizons)), np.nan)
        for place, hours in enumerate(horizons):
            if hours < len(price):
                found[:-hours, place] = price[hours:] - price[:-hours]
        return found


ROWS: Final = max(lookback((1, 4, 8, 24, 72, 168)), LOOKBACK) + 1
"""Hours a tail keeps."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything of one symbol after an hour.

    Attributes
    ----------
    engine : Engine
        The models.
    usual : Usual
        What contributions are measured from.
    tail : Tail
        The last hours.
    hours : Mapping[int, Hour]
        The last forecasts, by origin.
    """

    engine: Engine
    usual: Usual
    tail: Tail
    hours: Mapping[int, Hour]

    def with_hour(self, said: Hour) -> "State":
        """The same with a forecast, the oldest let go."""
        kept = {hour: one for hour, one in self.hours.items() if hour > said.hour - KEPT}
        return replace(self, hours=kept | {said.hour: said})


def code_hash() -> str:
    """Hash of the program's own source: a state of other code is never gone on with."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(str(FORMAT).encode())
    for name in ("calibration", "core", "explain", "features", "live", "metrics", "models",
                 "pipelines", "targets"):  # fmt: skip
        for path in sorted((root / name).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def data_hash(rows: pl.DataFrame, until: int) -> str:
    """Hash of the hourly bars a state has learnt from: those that end by an hour since 1970."""
    known = pl.col("close_time").dt.epoch("s") <= until * 3600
    return frame_hash(rows.filter(known).select("open_time", *BARS))


BARS: Final = ("open", "high", "low", "close", "volume")


def save(folder: Path, symbol: str, state: State, code: str, data: str) -> None:
    """Keep a state in a file, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{symbol}.pickle.draft"
    body = pickle.dumps((code, data, state), protocol=pickle.HIGHEST_PROTOCOL)
    draft.write_bytes(hashlib.sha256(body).digest() + body)
    draft.replace(folder / f"{symbol}.pickle")


def restore(folder: Path, symbol: str, code: str) -> tuple[State, str] | None:
    """State kept by the same code and the hash of its data; None where there is none.

    The files are this program's own: like any pickle, one from elsewhere could run anything.
    """
    path = folder / f"{symbol}.pickle"
    if not path.exists():
        return None
    content = path.read_bytes()
    digest, body = content[:32], content[32:]
    if hashlib.sha256(body).digest() != digest:
        return None
    try:
        held_code, data, state = pickle.loads(body)  # noqa: S301 - our own file, see above
    except Exception:  # noqa: BLE001 - of other code: whatever it stumbles over, it is not ours
        return None
    return (state, data) if held_code == code and isinstance(state, State) else None
