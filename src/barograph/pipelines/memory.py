"""Fits remembered by content: the same recipe on the same past is fitted once.

A fit is stored under the hash of all it depends on: the recipe, the code, the training rows it may
read, and the versions of the packages that do the arithmetic. A forecast made with a remembered fit
is therefore the forecast made without one, which every audit shows, since it remembers nothing.
"""

import hashlib
import os
import pickle
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from barograph.core.errors import LakeError
from barograph.core.panel import Panel
from barograph.models.base import Fitted, Recipe

ARITHMETIC: Final = ("barograph", "numpy", "numba", "scipy", "arch", "lightgbm")
"""Packages whose version may change a fit made from given arrays."""
PACKAGES: Final = (*ARITHMETIC, "polars", "holidays", "deltalake")
"""Packages whose version may change a forecast made from a given lake."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A folder of fits; handed to the walk-forward as its ``fit``."""

    folder: Path

    def __call__(self, recipe: Recipe, past: Panel) -> Fitted:
        """Return the fit, made now if it is not remembered.

        Raises
        ------
        LakeError
            If the folder cannot be written.
        """
        if recipe.refit == "online":
            return recipe.fit(past)  # nothing to remember: the recipe is the fit
        path = self.folder / f"{key(recipe, past)}.pickle"
        remembered = recall(path)
        if remembered is not None:
            return remembered
        fitted = recipe.fit(past)
        keep(path, fitted)
        return fitted


def key(recipe: Recipe, past: Panel) -> str:
    """Hash of all a fit depends on, 64 hex digits."""
    found = hashlib.sha256()
    found.update(repr(recipe).encode())
    found.update(code_hash().encode())
    found.update(" ".join(f"{name}={version(name)}" for name in ARITHMETIC).encode())
    found.update(f"{past.symbol} {past.horizons} {past.before} {recipe.inputs}".encode())
    arrays = (
        past.hours,
        past.close,
        past.open,
        past.volume,
        past.variance,
        past.target_return,
        past.target_variance,
        past.columns(recipe.inputs),
        *(past.forecasts[name] for name in recipe.after),
    )
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


@cache
def code_hash() -> str:
    """SHA-256 of the source of everything a fit may run."""
    found = hashlib.sha256()
    for name in ("core", "metrics", "calibration", "models"):
        for file in sorted((Path(__file__).parents[1] / name).rglob("*.py")):
            found.update(file.read_bytes())
    return found.hexdigest()


def recall(path: Path) -> Fitted | None:
    """Read a remembered fit; None where there is none, or it is damaged (it is then made anew)."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    digest, body = content[:32], content[32:]
    if hashlib.sha256(body).digest() != digest:
        return None
    try:
        fitted: Fitted = pickle.loads(body)  # noqa: S301 - our own file, its digest just checked
    except (AttributeError, ImportError, pickle.UnpicklingError):
        return None  # of a program that had other classes
    return fitted


def keep(path: Path, fitted: Fitted) -> None:
    """Write a fit so that it is either all there or not there."""
    body = pickle.dumps(fitted, protocol=5)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(hashlib.sha256(body).digest() + body)
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise LakeError(f"cannot keep a fit in {path.parent}: {error}; free some space") from error
