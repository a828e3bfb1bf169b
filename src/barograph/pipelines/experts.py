"""Every model's distribution for every origin, the flagship's last."""

from dataclasses import replace
from importlib.metadata import version

from barograph.calibration.filtered_historical import filtered_historical
from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.evaluation.walk_forward import PLAIN, Runner, walk_forward
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Output
from barograph.models.catalogue import pick
from barograph.pipelines.memory import ARITHMETIC


def answers(
    panel: Panel,
    settings: Settings,
    runner: Runner = PLAIN,
) -> dict[str, Output]:
    """Distributions by model name: the models of the run file walked forward, then the flagship.

    Parameters
    ----------
    panel : Panel
        One symbol.
    settings : Settings
        The run.
    runner : Runner
        How the work is run.
    """
    outputs = walk_forward(panel, pick(settings.models), settings.walk_forward, runner)
    laws = {name: distribution(panel, output) for name, output in outputs.items()}
    return {**laws, FLAGSHIP.name: FLAGSHIP.combine(panel, laws)}


def distribution(panel: Panel, output: Output) -> Output:
    """Give a scale model the filtered historical shape; leave a distribution as it is."""
    if output.quantiles is not None:
        return output
    law = filtered_historical(
        output.variance, panel.target_return, panel.target_variance, panel.horizons
    )
    return replace(output, variance=law.variance, quantiles=law.quantiles)


def describe(settings: Settings) -> dict[str, object]:
    """Recipes of a run in words that change when they do, and what does their arithmetic."""
    return {
        "recipes": [repr(recipe) for recipe in (*pick(settings.models), FLAGSHIP)],
        "arithmetic": {name: version(name) for name in ARITHMETIC},
    }
