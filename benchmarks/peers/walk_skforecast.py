"""The log-HAR walk-forward in skforecast; run by ``bench_peer_skforecast.py`` in ``.venv-peers``.

The series of a horizon is the log of the mean variance of the last ``h`` hours; its exogenous
columns are the HAR regressors of ``h`` hours before. ``TimeSeriesFold`` with ``gap = h - 1`` and
``refit=True`` then fits, at every origin, on what had matured by then and forecasts ``h`` hours
ahead: our walk-forward in its words. A forecaster must have a lag; a transformer before the
regression drops that column.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from skforecast.model_selection import (  # type: ignore[import-not-found]
    TimeSeriesFold,
    backtesting_forecaster,
)
from skforecast.recursive import ForecasterRecursive  # type: ignore[import-not-found]
from sklearn.compose import make_column_transformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline


def walk(
    x: np.ndarray, y: np.ndarray, origin: int, count: int, horizon: int
) -> tuple[np.ndarray, float]:
    """Forecasts of some consecutive origins, and the seconds they took."""
    stop = origin + count
    # A first row that only serves as the lag of the second: it is not fitted on.
    index = pd.RangeIndex(horizon - 1, stop + horizon)
    known = pd.Series(np.concatenate(([0.0], y[:stop])), index=index, name="y")
    rows = np.vstack([np.zeros(x.shape[1]), x[:stop]])
    before = pd.DataFrame(rows, index=index, columns=[f"x{k}" for k in range(x.shape[1])])
    regression = make_pipeline(
        make_column_transformer(("passthrough", slice(1, None))),
        Ridge(alpha=float(horizon), fit_intercept=False),
    )
    forecaster = ForecasterRecursive(estimator=regression, lags=1)
    # The last outcome that had matured at the first origin is that of ``origin - horizon``.
    fold = TimeSeriesFold(
        steps=1,
        initial_train_size=origin - horizon + 2,
        gap=horizon - 1,
        refit=True,
        fixed_train_size=False,
    )
    began = time.perf_counter()
    _, predicted = backtesting_forecaster(
        forecaster=forecaster,
        y=known,
        exog=before,
        cv=fold,
        metric="mean_squared_error",
        n_jobs=1,
        verbose=False,
        show_progress=False,
    )
    return predicted["pred"].to_numpy()[:count], time.perf_counter() - began


def main() -> None:
    """Read the arrays, walk every block, print JSON."""
    warnings.simplefilter("ignore")
    held = np.load(sys.argv[1])
    x, y, horizons = held["x"], held["y"], held["horizons"].tolist()
    blocks = []
    for origin in held["origins"].tolist():
        for k, horizon in enumerate(horizons):
            found, seconds = walk(x, y[:, k], origin, int(held["count"]), horizon)
            blocks.append({"origin": origin, "k": k, "seconds": seconds, "found": found.tolist()})
    print(json.dumps(blocks))


if __name__ == "__main__":
    main()
