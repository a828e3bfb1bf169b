"""The generated reference of the metrics: ``docs/reference/metrics.md``.

Written by ``python -m barograph.metrics.page > docs/reference/metrics.md``; a test keeps it
current.
"""

import sys

from barograph.metrics.base import Metric
from barograph.metrics.catalogue import metrics

HEAD = """# Metrics

Generated from the declarations in `src/barograph/metrics/`; do not edit. To renew it:
`python -m barograph.metrics.page > docs/reference/metrics.md`.

`r` is the log return over the horizon, `P_t` and `P_T` the price at its start and end, `q` a
published quantile, `v` the realised and `v̂` the forecast variance. A forecast whose outcome is
not known is left out; `n` beside every score says how many were counted. A metric with "no" in the
last column exists on a group of forecasts only.

The mean, the volatility and P(up) of a forecast come from its quantiles by one documented
interpolation: `barograph.metrics.distribution`.

| metric | unit | better | formula | source | per forecast |
|---|---|---|---|---|---|
"""


def page() -> str:
    """Markdown of the whole catalogue."""
    return HEAD + "".join(map(line, metrics().values()))


def line(metric: Metric) -> str:
    """One row of the table."""
    better = f"near {metric.target:g}" if metric.target is not None else metric.orientation
    formula = metric.formula.replace("|", "\\|")
    single = "no" if metric.pointwise is None else "yes"
    cells = (f"`{metric.name}`", metric.unit, better, formula, metric.reference, single)
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":  # pragma: no cover - the page itself is under test
    sys.stdout.write(page())
