"""What moves the forecast: sizes of the contributions, and how much of it they explain.

For each horizon, over hourly origins from 2021-01-01 on:

- the standard deviation of each group's contribution to log volatility, in per cent of volatility;
- the share of the variance of log volatility about its usual level that is not ``calibration``;
- how much of a move of the scale reaches the published volatility (mean response), and the
  correlation of ``calibration`` with the sum of all other groups, without and with the response:
  near -1, what groups are credited with would be taken back under another name.

Run: ``python -m benchmarks.study_explanation`` from the repository's folder.
"""

import numpy as np
from benchmarks.market import panel
from benchmarks.walked import START, parser

from barograph.calibration.filters import exponential_mean
from barograph.core.levels import LEVELS
from barograph.core.panel import Panel
from barograph.core.types import Floats
from barograph.explain.contributions import USUAL_HALF_LIFE
from barograph.metrics.distribution import moments
from barograph.models.barograph import FLAGSHIP
from barograph.models.live import Answers, Engine
from barograph.pipelines.explain import HAR_GROUPS, SCALE_GROUPS, TERMS, explain

BEGIN = 365 * 24
NOBODYS = ("base", "calibration")


def scale_of(answers: Answers) -> Floats:
    """What regressors add to the log scale, all groups together, shape ``(n, H)``."""
    whole = np.zeros(answers.trace.scale.shape)
    for terms, groups, factor in (
        (answers.trace.har_terms, HAR_GROUPS, 0.5),
        (answers.trace.scale_terms, SCALE_GROUPS, 1.0),
    ):
        held = [place for place, group in enumerate(groups) if group not in NOBODYS]
        whole += factor * terms[:, :, held].sum(axis=2)
    return whole


def unusual(values: Floats) -> Floats:
    """Each column less its exponential mean."""
    columns = [column - exponential_mean(column, USUAL_HALF_LIFE) for column in values.T]
    return np.stack(columns, axis=1)


def study(made: Panel) -> None:
    """Print one symbol's table."""
    answers, _ = Engine.warm(made, BEGIN)
    explained, _ = explain(made, answers)
    quantiles = answers.outputs[FLAGSHIP.name].quantiles
    if quantiles is None:
        raise SystemExit("the flagship gave no quantiles")
    law = moments(quantiles.reshape(-1, len(LEVELS)))
    log_vol = np.log(law.vol).reshape(quantiles.shape[:2])
    scale = np.where(np.isfinite(log_vol), scale_of(answers), np.nan)
    moved, published = unusual(scale), unusual(log_vol)
    late = np.isfinite(log_vol.sum(axis=1)) & (np.arange(len(made)) >= made.row(START))
    groups = [name for name in TERMS if name not in NOBODYS]
    print(f"\n{made.symbol}, {late.sum():,} origins")
    print(f"| horizon | {' | '.join(groups)} | calibration | explained | response | r | r with |")
    print("|---" * (len(groups) + 6) + "|")
    for k, hours in enumerate(made.horizons):
        part = explained.terms[late, k]
        credited, rest = part[:, 1:-1].sum(axis=1), part[:, -1]
        x, y = moved[late, k], published[late, k]
        sizes = [f"{100.0 * part[:, TERMS.index(name)].std():.1f}" for name in groups]
        share = 1.0 - rest.var() / (credited + rest).var()
        cells = (
            *sizes,
            f"{100.0 * rest.std():.1f}",
            f"{100.0 * share:.0f} %",
            f"{(credited * x).sum() / (x * x).sum():.2f}",
            f"{np.corrcoef(x, y - x)[0, 1]:+.2f}",
            f"{np.corrcoef(credited, rest)[0, 1]:+.2f}",
        )
        print(f"| {hours} h | {' | '.join(cells)} |")


def main() -> None:
    """Read the symbols and print."""
    for symbol in parser(__doc__).parse_args().symbols:
        study(panel({}, symbol))


if __name__ == "__main__":
    main()
