"""Every model's distribution for every origin, the flagship's last."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from barograph.calibration.filtered_historical import filtered_historical
from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.evaluation.walk_forward import Fit, Tell, fit_plainly, walk_forward
from barograph.models.base import Output
from barograph.models.catalogue import pick


@dataclass(frozen=True, slots=True)
class Answers:
    """Distributions by model name, the flagship under ``barograph``."""

    by_model: Mapping[str, Output]


def answers(
    panel: Panel,
    settings: Settings,
    workers: int = 1,
    fit: Fit = fit_plainly,
    tell: Tell = lambda _name, _done, _all: None,
) -> Answers:
    """Walk forward with every model of the run file, then make distributions of their scales.

    Parameters
    ----------
    panel : Panel
        One symbol.
    settings : Settings
        The run.
    workers, fit, tell
        As for ``walk_forward``.
    """
    outputs = walk_forward(panel, pick(settings.models), settings.walk_forward, workers, fit, tell)
    return Answers({name: distribution(panel, output) for name, output in outputs.items()})


def distribution(panel: Panel, output: Output) -> Output:
    """Give a scale model the filtered historical shape; leave a distribution as it is."""
    if output.quantiles is not None:
        return output
    law = filtered_historical(
        output.variance, panel.target_return, panel.target_variance, panel.horizons
    )
    return replace(output, variance=law.variance, quantiles=law.quantiles)
