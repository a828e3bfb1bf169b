"""The flagship's walk-forward answers that the studies of the cone read."""

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from benchmarks.bench_walk_forward import CONFIG
from benchmarks.market import panel

from barograph.cone.season import seasons, weights
from barograph.core.panel import Panel
from barograph.core.settings import load_settings
from barograph.core.types import Bools, Floats
from barograph.features.catalogue import features
from barograph.features.regime import REGIMES
from barograph.pipelines.experts import answers

SYMBOLS: Final = ("BTCUSDT", "ETHUSDT")
START: Final = datetime(2021, 1, 1, tzinfo=UTC)
MODELS: Final = ("har", "har_x")


@dataclass(frozen=True, slots=True)
class Walked:
    """One symbol's market and what was said of it at every hour.

    Attributes
    ----------
    panel : Panel
        The market.
    quantiles : Floats
        Shape ``(n, H, 13)``.
    weights : Floats
        Expected variance of the hours ahead, shape ``(n, T)``.
    regime : Floats
        Code of ``REGIMES``, shape ``(n,)``; NaN where unknown.
    """

    panel: Panel
    quantiles: Floats
    weights: Floats
    regime: Floats

    @property
    def symbol(self) -> str:
        """For instance ``BTCUSDT``."""
        return self.panel.symbol

    def since(self, start: datetime = START) -> Bools:
        """Rows with an answer from a moment on; a third of the way on for made-up bars."""
        first = self.panel.row(start)
        if first == len(self.panel):
            first = len(self.panel) // 3
        answered = np.isfinite(self.quantiles).all(axis=(1, 2))
        asked: Bools = np.logical_and(answered, np.arange(len(self.panel)) >= first)
        return asked

    def regime_is(self, name: str) -> Bools:
        """Rows in a regime."""
        inside: Bools = np.isin(self.regime, REGIMES.index(name))
        return inside


def walk(symbol: str) -> Walked:
    """Walk one symbol forward as the live run file does: har, har_x and the flagship."""
    made = panel(features(), symbol)
    settings = load_settings(Path(CONFIG / "small.yaml")).model_copy(update={"models": MODELS})
    quantiles = answers(made, settings)["barograph"].quantiles
    if quantiles is None:
        raise SystemExit("the flagship gave no quantiles")
    ahead = weights(seasons(made.hours, made.variance), made.hours, made.horizons[-1])
    return Walked(made, quantiles, ahead, made.columns(("regime",))[:, 0])


def parser(about: str | None) -> argparse.ArgumentParser:
    """Command line of a study: its module's words, and which symbols."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawTextHelpFormatter)
    made.add_argument("--symbols", nargs="+", default=list(SYMBOLS))
    return made


def monthly_error(values: Floats, hours: Floats) -> Floats:
    """Standard error of a mean by its months, which hardly overlap, shape ``(...)``.

    ``values`` has shape ``(n, ...)``, NaN where unknown; ``hours`` since 1970 of the rows.
    """
    month = (hours // (30 * 24)).astype(np.int64)
    means = [np.nanmean(values[month == one], axis=0) for one in np.unique(month)]
    error: Floats = np.std(means, axis=0, ddof=1) / np.sqrt(len(means))
    return error
