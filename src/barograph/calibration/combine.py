"""Online debiasing and pooling of variance forecasts; feedback is delayed by the horizon.

All forecasts and outcomes are logs of variance per hour. Missing-value law: an outcome or a
forecast that is not
finite teaches nothing; a pooled forecast averages the members that are there and is NaN only if
none is.
"""

import numpy as np
from numba import njit

from barograph.core.types import Floats, Ints

_CAP = 3.0


@njit(cache=True)
def debias(
    forecast: Floats,
    outcome: Floats,
    horizons: Ints,
    half_life: float,
    windows: float,
    lognormal: bool,
) -> Floats:
    """Add the log of the discounted mean of realised / forecast known at each row.

    The mean starts from ``500 + windows * h`` pseudo-rows (``windows`` independent windows of
    length h) at ratio 1, or at
    the log-normal ``exp(var / 2)`` of the known residuals when ``lognormal`` (for a forecast of
    ``E[log V]``). A ratio
    counts at most ``exp(3)``.

    Parameters
    ----------
    forecast, outcome : (n, H) logs; ``outcome[j, m]`` is read from row ``j + horizons[m]`` on.
    horizons : (H,) rows.
    half_life : rows.

    Returns
    -------
    (n, H) debiased logs.
    """
    n, n_h = forecast.shape
    out = np.full((n, n_h), np.nan)
    keep = 0.5 ** (1.0 / half_life)
    for m in range(n_h):
        h = horizons[m]
        pseudo = 500.0 + windows * h
        ratio, weight, square, count = 0.0, 0.0, 0.0, 0.0
        for i in range(n):
            j = i - h
            if j >= 0 and np.isfinite(forecast[j, m]) and np.isfinite(outcome[j, m]):
                e = outcome[j, m] - forecast[j, m]
                ratio = keep * ratio + np.exp(min(e, _CAP))
                weight = keep * weight + 1.0
                square += e * e
                count += 1.0
            prior = 1.0
            if lognormal and count > 0.0:
                prior = np.exp(0.5 * square / (count + 1000.0))
            out[i, m] = forecast[i, m] + np.log((ratio + pseudo * prior) / (weight + pseudo))
    return out


@njit(cache=True)
def pool(
    members: Floats,
    outcome: Floats,
    horizons: Ints,
    half_life: float,
    tolerance: float,
    shrink: float,
    trim: float,
) -> tuple[Floats, Floats]:
    """Average log forecasts with weights from their discounted QLIKE.

    A member's raw weight is ``exp(-(loss / best - 1) / tolerance)``, 0 where ``loss / best - 1 >
    trim``; the raw weights are
    normalised and mixed with equal weights of the members kept (``shrink``). Losses start from
    ``500 + 10 h`` pseudo-rows
    at the members' common mean, so the pool starts equal and moves with evidence.

    Parameters
    ----------
    members : (M, n, H) logs.
    outcome : (n, H) logs, read from row ``j + h`` on.

    Returns
    -------
    (n, H) pooled log forecast, and the (M, H) weights after the last row.
    """
    n_m, n, n_h = members.shape
    out = np.full((n, n_h), np.nan)
    final = np.zeros((n_m, n_h))
    keep = 0.5 ** (1.0 / half_life)
    for m in range(n_h):
        h = horizons[m]
        pseudo = 500.0 + 10.0 * h
        loss = np.zeros(n_m)
        raw = np.full(n_m, 1.0 / n_m)
        weight = 0.0
        for i in range(n):
            j = i - h
            if j >= 0 and np.isfinite(outcome[j, m]) and np.all(np.isfinite(members[:, j, m])):
                weight = keep * weight + 1.0
                for a in range(n_m):
                    e = min(outcome[j, m] - members[a, j, m], 4.0)
                    loss[a] = keep * loss[a] + np.exp(e) - e - 1.0
                common = np.mean(loss) / weight
                score = (loss + pseudo * common) / (weight + pseudo)
                best = np.min(score)
                kept = score <= best * (1.0 + trim)
                soft = np.where(kept, np.exp(-(score / best - 1.0) / tolerance), 0.0)
                raw = (1.0 - shrink) * soft / np.sum(soft) + shrink * kept / np.sum(kept)
            total = 0.0
            mass = 0.0
            for a in range(n_m):
                if np.isfinite(members[a, i, m]):
                    total += raw[a] * members[a, i, m]
                    mass += raw[a]
            if mass > 0.0:
                out[i, m] = total / mass
        final[:, m] = raw
    return out, final
