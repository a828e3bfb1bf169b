"""Fits remembered by content: the same recipe on the same past is fitted once.

A fit is stored under the hash of all it depends on: the recipe, the training rows it may read,
and the versions of the packages that do the arithmetic. A forecast made with a remembered fit is
therefore the forecast made without one, which ``barograph audit --afresh`` shows.
"""

import hashlib
import os
import pickle
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from barograph.core.errors import LakeError
from barograph.core.panel import Panel
from barograph.models.base import Fitted, Recipe

ARITHMETIC: Final = ("barograph", "numpy", "numba", "scipy", "arch", "lightgbm")


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
    found.update(" ".join(f"{name}={version(name)}" for name in ARITHMETIC).encode())
    found.update(f"{past.symbol} {past.horizons} {recipe.inputs}".encode())
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


def recall(path: Path) -> Fitted | None:
    """Read a remembered fit; None where there is none, or it is damaged (it is then made anew)."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    digest, body = content[:32], content[32:]
    if hashlib.sha256(body).digest() != digest:
        return None
    fitted: Fitted = pickle.loads(body)  # noqa: S301 - our own file, its digest just checked
    return fitted


def keep(path: Path, fitted: Fitted) -> None:
    """Write a fit so that it is either all there or not there."""
    body = pickle.dumps(fitted, protocol=5)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(body).digest() + body)
        os.replace(file.name, path)  # noqa: PTH105 - atomic on one file system
    except OSError as error:
        raise LakeError(f"cannot keep a fit in {path.parent}: {error}; free some space") from error
