"""A published forecast as the API and the terminal are given it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from barograph import __version__
from barograph.calibration.confidence import NAMES
from barograph.cone.published import published_cone
from barograph.core.levels import LEVELS, column
from barograph.core.types import Floats
from barograph.ledger.forecasts import Entry
from barograph.trading.risk.verdict import refusals

MODEL_VERSION = f"barograph {__version__}"


@dataclass(frozen=True, slots=True)
class Beside:
    """What goes with a forecast and is not in the ledger.

    Attributes
    ----------
    season : Floats
        Log factors of variance by hour of the week as known then, shape ``(168,)``.
    factors : Floats or None
        Widths of the cone by hour, shape ``(T, 2)``; None without.
    reasons : Mapping[int, str]
        Why the confidence is what it is, by horizon.
    unreliable : tuple of str
        Why it should be distrusted.
    late : bool
        Whether it was made after its hour, by a catch-up.
    anew : bool
        Whether its reasons had to be made again from other bars, or by another program, than the
        forecast was published with.
    """

    season: Floats
    factors: Floats | None = None
    reasons: Mapping[int, str] = field(default_factory=dict)
    unreliable: tuple[str, ...] = ()
    late: bool = False
    anew: bool = False


def body(entry: Entry, beside: Beside) -> dict[str, Any]:
    """Everything that is shown of one entry of the ledger, as JSON; moments in s since 1970."""
    said = entry.published
    rows = sorted(said.forecast, key=lambda row: int(str(row["horizon_hours"])))
    first = rows[0]
    price, regime = float(str(first["price"])), str(first["regime"])
    quantiles = quantiles_of(rows)
    hours = tuple(int(str(row["horizon_hours"])) for row in rows)
    curves = published_cone(
        price, said.as_of, quantiles, hours, beside.season, beside.factors, regime
    )
    return {
        "symbol": said.symbol,
        "as_of": int(said.as_of.timestamp()),
        "issued_at": said.issued_at.timestamp(),
        "sequence": entry.sequence,
        "price": price,
        "regime": regime,
        "model_version": MODEL_VERSION,
        "late": beside.late,
        "unreliable": list(beside.unreliable),
        "reasons_anew": beside.anew,
        "horizons": {
            str(h): {
                "p_up": row["p_up"],
                "mean": row["mean"],
                "vol": row["vol"],
                "variance": row["variance"],
                **graded(str(row["confidence"]), beside.reasons.get(h, ""), beside.unreliable),
                "quantiles": quantiles[k].tolist(),
                "refused": [
                    asdict(one)
                    for one in refusals(float(str(row["p_up"])), float(str(row["vol"])), h)
                ],
            }
            for k, (h, row) in enumerate(zip(hours, rows, strict=True))
        },
        **curves,
    }


def graded(confidence: str, reason: str, unreliable: Sequence[str]) -> dict[str, str]:
    """Confidence as it is shown: never above low where there is a reason to doubt (R-A6)."""
    if not unreliable or confidence == NAMES[0]:
        return {"confidence": confidence, "confidence_reason": reason}
    because = f"{'; '.join(unreliable)} (graded {confidence} otherwise)"
    return {"confidence": NAMES[0], "confidence_reason": because}


def quantiles_of(rows: Sequence[Mapping[str, object]]) -> Floats:
    """Quantiles of the log return, shape ``(H, 13)``, in the order of the rows."""
    found: Floats = np.array([[float(str(row[column(level)])) for level in LEVELS] for row in rows])
    return found
