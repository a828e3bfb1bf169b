"""Every model's distribution for every origin, the flagship's last."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import Final

import numpy as np

from barograph.calibration.debias import matured_ratio
from barograph.calibration.filtered_historical import filtered_historical
from barograph.calibration.tilt import tilt_shift
from barograph.core.errors import SettingsError
from barograph.core.panel import Panel
from barograph.core.settings import Settings
from barograph.evaluation.walk_forward import PLAIN, Runner, walk_forward
from barograph.features.catalogue import features
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Output, Recipe
from barograph.models.catalogue import pick, recipes
from barograph.pipelines.memory import ARITHMETIC

LOG: Final = logging.getLogger(__name__)


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
    outputs: dict[str, Output] = {}
    seen = panel
    for stage in stages(chosen(settings, panel.names)):
        outputs |= walk_forward(seen, stage, settings.walk_forward, runner)
        seen = replace(panel, forecasts={name: out.variance for name, out in outputs.items()})
    tell_silent(outputs)
    laws = {name: distribution(panel, output) for name, output in outputs.items()}
    return {**laws, FLAGSHIP.name: FLAGSHIP.combine(panel, members(panel, outputs))}


def tell_silent(outputs: Mapping[str, Output]) -> None:
    """Note every model that had too little to learn from at all its fits."""
    for name, output in outputs.items():
        said = output.variance if output.p_up is None else output.p_up
        if not np.isfinite(said).any():
            LOG.warning(
                "%s gives no answer: it had too little to learn from before every test window; "
                "take a longer train_days or more history",
                name,
            )


def members(panel: Panel, outputs: Mapping[str, Output]) -> dict[str, Output]:
    """What the flagship is made of, by name: unbiased, and without a gap of its own.

    Where a model that corrects another gives no answer, the other stands in for it, so that the
    flagship's weights are learnt at every origin and horizon.
    """
    known = recipes()
    found = {}
    for name, output in outputs.items():
        variance = output.variance
        for base in known[name].after:
            variance = np.where(np.isfinite(variance), variance, outputs[base].variance)
        found[name] = unbiased(panel, replace(output, variance=variance))
    return found


def chosen(settings: Settings, names: Iterable[str] = ()) -> tuple[Recipe, ...]:
    """Recipes of a run: with its seed where they draw, and with features of the user's own.

    Parameters
    ----------
    settings : Settings
        The run.
    names : iterable of str
        Features there are; those that are not in the shipped catalogue are handed to every
        recipe that reads such.
    """
    extra = tuple(sorted(set(names) - set(features())))
    found = []
    for recipe in pick(settings.models):
        asked: dict[str, object] = {}
        if hasattr(recipe, "seed"):
            asked["seed"] = settings.seed
        if extra and hasattr(recipe, "extra"):
            asked |= {"extra": extra, "inputs": (*recipe.inputs, *extra)}
        found.append(replace(recipe, **asked) if asked else recipe)  # type: ignore[type-var]
    return tuple(found)


def stages(recipes: Sequence[Recipe]) -> tuple[tuple[Recipe, ...], ...]:
    """Recipes in the order they can be run: each after the models it reads.

    Raises
    ------
    SettingsError
        If a recipe reads a model that is not run.
    """
    done: set[str] = set()
    left, found = list(recipes), []
    while left:
        ready = tuple(recipe for recipe in left if done.issuperset(recipe.after))
        if not ready:
            wanted = sorted({name for recipe in left for name in recipe.after} - done)
            raise SettingsError(
                f"{left[0].name} reads the forecasts of {', '.join(wanted)}; add it to models"
            )
        found.append(ready)
        done |= {recipe.name for recipe in ready}
        left = [recipe for recipe in left if recipe.name not in done]
    return tuple(found)


def distribution(panel: Panel, output: Output) -> Output:
    """Debias a scale model and give it the filtered historical shape.

    A model that gives quantiles is left as it is; one that gives a probability of a rise has its
    quantiles shifted until they say the same.
    """
    if output.quantiles is not None:
        return output
    output = unbiased(panel, output)
    quantiles = filtered_historical(output.variance, panel.target_return, panel.horizons)
    if output.p_up is not None:
        quantiles = quantiles + tilt_shift(quantiles, output.p_up)[:, :, None]
    return replace(output, quantiles=quantiles)


def unbiased(panel: Panel, output: Output) -> Output:
    """The variance of a scale model held against matured outcomes."""
    if output.debiased or output.quantiles is not None:
        return output
    ratio = matured_ratio(output.variance, panel.target_variance, panel.horizons)
    return replace(output, variance=output.variance * ratio)


def describe(settings: Settings, names: Iterable[str] = ()) -> dict[str, object]:
    """Recipes of a run in words that change when they do, and what does their arithmetic."""
    return {
        "recipes": [repr(recipe) for recipe in (*chosen(settings, names), FLAGSHIP)],
        "arithmetic": {name: version(name) for name in ARITHMETIC},
    }
