"""The run file: one frozen tree, complete, hashed into the run's name; unknown keys refused."""

import difflib
import hashlib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from barograph.core.errors import SettingsError
from barograph.core.time import HORIZONS

Hours = Annotated[int, Field(ge=1, le=24 * 30)]


Model = TypeVar("Model", bound=BaseModel)


class Strict(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class WalkForward(Strict):
    """How history is cut into what a model learns from and what it is judged on.

    Models that learn online take an outcome in in the hour it matures: their purge is the horizon
    by construction. A longer purge and an embargo hold for fits in batches (GARCH, trees) only;
    ``docs/decisions/0009-windows-of-online-models.md`` says why.

    Attributes
    ----------
    scheme : str
        ``anchored`` (training grows from the first bar) or ``rolling`` (a window of
        ``train_days``; a model that learns online begins anew with it for each test window).
    train_days : int
        Rolling: the window. Anchored: the least history before the first forecast.
    test_days : int
        Days between refits of the models that are fitted in batches.
    purge_hours : int
        Hours before a test window whose targets no batch is fitted on; each horizon is purged by
        at least itself, whatever is written here.
    embargo_hours : int
        Further hours left out between a batch and the test window.
    validation_days : int
        The first days of answers, on which what learns from answers (debiasing, pools, conformal
        tracking) chooses; they are not reported.
    folds : int or None
        At most this many test windows are reported, the last ones; None for as many as fit.
    warmup_days : int or None
        Where ``folds`` is given: days of answers made before the first reported window, for the
        same learning; None for all the history there is.
    """

    scheme: Literal["anchored", "rolling"] = "anchored"
    train_days: int = Field(default=365, ge=1)
    test_days: int = Field(default=91, ge=1)
    purge_hours: int = Field(default=0, ge=0)
    embargo_hours: int = Field(default=0, ge=0)
    validation_days: int = Field(default=0, ge=0)
    warmup_days: int | None = Field(default=None, ge=1)
    folds: int | None = Field(default=None, ge=1)


class Settings(Strict):
    """A complete run.

    Attributes
    ----------
    size : str
        ``small``, ``medium`` or ``large``.
    symbols : tuple of str
        What is forecast; each symbol has the others and ``peers`` as peers where they exist.
    peers : tuple of str
        Symbols whose bars may serve as features, in order of preference.
    venues : tuple of str
        Venues to take bars from, in order of preference.
    horizons : tuple of int
        Hours ahead, ascending.
    models : tuple of str
        Baselines and experts to run beside the flagship.
    walk_forward : WalkForward
        The windows.
    seed : int
        Seed of everything random.
    """

    size: Literal["small", "medium", "large"]
    symbols: tuple[str, ...] = Field(min_length=1)
    peers: tuple[str, ...]
    venues: tuple[str, ...] = Field(min_length=1)
    horizons: tuple[Hours, ...] = HORIZONS
    models: tuple[str, ...] = Field(min_length=1)
    walk_forward: WalkForward
    seed: int

    @field_validator("horizons")
    @classmethod
    def _ascending(cls, horizons: tuple[int, ...]) -> tuple[int, ...]:
        wanted = tuple(sorted(set(horizons)))
        if not horizons or horizons != wanted:
            raise ValueError(f"horizons must ascend; write {list(wanted) or [1, 24]}")
        return horizons

    @field_validator("symbols", "models")
    @classmethod
    def _distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        wanted = tuple(dict.fromkeys(names))
        if names != wanted:
            raise ValueError(f"a name is there twice; write {list(wanted)}")
        return names

    @property
    def hash(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical form."""
        canonical = orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(canonical).hexdigest()[:16]


def load_settings(path: Path) -> Settings:
    """Read a run file; see ``load``."""
    return load(path, Settings)


def load(path: Path, kind: type[Model]) -> Model:
    """Read a file of settings of some kind.

    Raises
    ------
    SettingsError
        If the file is missing, is not YAML, has an unknown key or a value that makes no sense.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise SettingsError(f"cannot read {path}: {' '.join(str(error).split())}") from error
    if not isinstance(raw, dict):
        raise SettingsError(f"{path} holds {type(raw).__name__}, wanted a mapping of settings")
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(f"{path}: {explain(error, kind)}") from error


def explain(error: ValidationError, kind: type[BaseModel] = Settings) -> str:
    """One line for the worst fault of a run file, with the nearest known key.

    A misspelt key is also a missing one: the misspelling is what to tell.
    """
    faults = error.errors()
    fault = next((f for f in faults if f["type"] == "extra_forbidden"), faults[0])
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "missing":
        return f"{place} is missing; every one must be there"
    if fault["type"] == "extra_forbidden":
        for part in map(str, fault["loc"][:-1]):
            inner = kind.model_fields[part].annotation if part in kind.model_fields else None
            kind = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else kind
        known = list(kind.model_fields)
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"unknown key {place!r}; {hint}"
    return f"{place}: {fault['msg']} (got {fault['input']!r})"
