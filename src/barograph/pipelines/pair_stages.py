"""Stages of a run of the pair: each kept under a key of all that made it, so that a run goes on.

A stage is a folder of ``out/``: ``product.json`` and a table for each name in it. It is written
beside and renamed when it is whole; the name holds the key, a hash of the stage's name, the stages
it reads, the settings and the source of the pair's own code. A run that was killed finds the stages
that were whole and makes the others.
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

import barograph.features
import barograph.pair
import barograph.trading
from barograph.core.errors import LakeError
from barograph.core.hashing import digest, value_hash
from barograph.pair.heartbeat import Heartbeat, Stage
from barograph.pair.workspace import PART, Workspace, as_parquet

DOCUMENT: Final = "product.json"
WEIGHTS: Final = {
    "step2_build_events_dataset": 1.1,
    "step2_5_analyze_events": 0.1,
    "step2_compare_and_select": 7.0,
    "step2_capital_curve": 0.1,
    "step2_dual_symbol_portfolio_test": 0.2,
    "step3_build_training_dataset": 0.1,
    "step3_train_and_backtest": 2.5,
    "step3_optimize_model": 11.0,
    "robustness": 0.1,
    "held_out": 20.0,
    "final_output": 1.2,
}
"""How long stages take beside each other: what the time left is guessed from."""


@dataclass(frozen=True, slots=True)
class Product:
    """What a stage made.

    Attributes
    ----------
    document : dict
        Plain JSON values; no time of day, no duration.
    frames : dict of str to DataFrame
    key : str
        Of all that made it; 64 hex digits.
    """

    document: dict[str, Any]
    frames: dict[str, pl.DataFrame] = field(default_factory=dict)
    key: str = ""


@dataclass(slots=True)
class Stages:
    """Makes stages, or finds them made.

    Attributes
    ----------
    place : Workspace
        Held by the run.
    heart : Heartbeat
    base : str
        Hash of the data and the settings.
    planned : dict of str to int
        How often each stage is expected, for the time left.
    """

    place: Workspace
    heart: Heartbeat
    base: str
    planned: dict[str, int]
    spent: float = 0.0
    began: float = field(default_factory=time.monotonic)
    done: list[str] = field(default_factory=list)

    def make(
        self,
        name: str,
        reads: tuple[Product, ...],
        work: Callable[[Stage], Product],
        part: str = "",
    ) -> Product:
        """Return a stage's product, made or found.

        Parameters
        ----------
        name : str
            As in the logs.
        reads : tuple of Product
            Of the stages it follows from.
        work : Callable
            Makes it.
        part : str
            Tells apart stages of one name.

        Raises
        ------
        LakeError
            If the disk says no.
        """
        made_of = [name, part, self.base, *(one.key for one in reads)]
        key = value_hash(made_of)
        folder = self.place.out / f"{name}-{key[:16]}"
        with self.heart.stage(name) as stage:
            if part:
                stage.beat(note=part)
            found = self._found(folder, key)
            if found is None:
                began = time.monotonic()
                fresh = work(stage)
                found = Product(fresh.document, fresh.frames, key)
                self._keep(folder, found)
                self.spent += time.monotonic() - began
                self.done.append(name)
            else:
                stage.beat(1.0, note="found whole from a run before")
                self.planned[name] = self.planned.get(name, 1) - 1
            stage.beat(1.0, note=self._outlook())
        return found

    def _outlook(self) -> str:
        elapsed = time.monotonic() - self.began
        past = sum(WEIGHTS.get(name, 1.0) for name in self.done)
        left = sum(
            WEIGHTS.get(name, 1.0) * max(count - self.done.count(name), 0)
            for name, count in self.planned.items()
        )
        ahead = f", about {self.spent * left / past:.0f} s left" if past > 0.0 else ""
        return f"run: {elapsed:.0f} s elapsed{ahead}"

    def _found(self, folder: Path, key: str) -> Product | None:
        """Product in a folder, where it is whole."""
        try:
            held = orjson.loads((folder / DOCUMENT).read_bytes())
            if held["key"] != key:
                return None
            frames = {}
            for name, wanted in held["frames"].items():
                content = (folder / f"{name}.parquet").read_bytes()
                if digest(content) != wanted:
                    return None
                frames[name] = pl.read_parquet(content)
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError):
            return None
        return Product(held["document"], frames, key)

    def _keep(self, folder: Path, product: Product) -> None:
        draft = folder.with_name(f"{folder.name}.{os.getpid()}{PART}")
        try:
            shutil.rmtree(draft, ignore_errors=True)
            self.place.inside(draft).mkdir(parents=True)
            hashes = {}
            for name, frame in product.frames.items():
                content = as_parquet(frame)
                (draft / f"{name}.parquet").write_bytes(content)
                hashes[name] = digest(content)
            held = {"key": product.key, "frames": hashes, "document": product.document}
            (draft / DOCUMENT).write_bytes(orjson.dumps(held, option=orjson.OPT_SERIALIZE_NUMPY))
            shutil.rmtree(folder, ignore_errors=True)
            draft.replace(folder)
        except OSError as error:
            raise LakeError(f"cannot write {folder}: {error.strerror}") from error


def code_hash() -> str:
    """Hash of the source that makes the stages: the pair, the engine, the features."""
    packages = (barograph.pair, barograph.trading, barograph.features)
    files = [file for one in packages for file in sorted(Path(one.__path__[0]).rglob("*.py"))]
    files += sorted(Path(__file__).parent.glob("pair_*.py"))
    return value_hash([[file.name, digest(file.read_bytes())] for file in files])
