"""Strategies of the user's own: a Python file with a class, or ending in ``STRATEGIES``."""

import importlib.util
import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from barograph.core.errors import InputError
from barograph.trading.stepwise import Stepwise
from barograph.trading.strategies.base import Rule, Strategy


def own_strategies(path: Path) -> Mapping[str, Rule]:
    """Strategies a file declares.

    A class with ``decide(view)`` is one that is asked hour by hour: its name is ``name`` or that of
    the class, its parameters are those of ``__init__``, which all have a number as default, and
    ``grid`` holds values worth trying. Where there is no ``STRATEGIES``, every such class of the
    file counts.

    Parameters
    ----------
    path : Path
        A Python file. It is executed: load only what you trust.

    Returns
    -------
    strategies : Mapping of str to Rule
        By name, in the order of the file.

    Raises
    ------
    InputError
        If the file is missing or fails, holds no strategy, or one that cannot be used.
    """
    module = _load(path)
    declared = getattr(module, "STRATEGIES", None)
    if declared is None:
        declared = [
            item
            for item in vars(module).values()
            if isinstance(item, type) and item.__module__ == module.__name__ and _decides(item)
        ]
    if not isinstance(declared, Sequence) or not declared:
        raise InputError(
            f"{path} holds no strategy; write a class with decide(self, view), or end the file "
            "with STRATEGIES = (...)"
        )
    found: dict[str, Rule] = {}
    for item in declared:
        rule = _rule(item, path)
        if rule.name in found:
            raise InputError(f"{path}: the name {rule.name!r} is taken; choose another")
        found[rule.name] = rule
    return found


def _load(path: Path) -> ModuleType:
    if not path.is_file():
        raise InputError(f"no strategy file at {path}; give the path of a .py file")
    name = f"barograph_strategy_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{path} is no Python module; give the path of a .py file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise InputError(f"{path} failed: {type(error).__name__}: {error}") from error
    return module


def _decides(kind: type) -> bool:
    return callable(getattr(kind, "decide", None))


def _rule(item: Any, path: Path) -> Rule:  # noqa: ANN401 - whatever the file holds
    if isinstance(item, Strategy | Stepwise):
        return item
    if isinstance(item, type) and _decides(item):
        return _of_class(item, path)
    raise InputError(
        f"{path}: STRATEGIES holds {item!r}; wanted a Strategy, or a class with decide(self, view)"
    )


def _of_class(kind: type, path: Path) -> Stepwise:
    defaults: dict[str, float] = {}
    for name, parameter in inspect.signature(kind).parameters.items():
        value = parameter.default
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(
                f"{path}: parameter {name!r} of {kind.__name__} needs a number as default, as in "
                f"{name}: float = 0.5"
            )
        defaults[name] = value
    name = getattr(kind, "name", None) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__)
    about = (inspect.getdoc(kind) or "").partition("\n")[0].strip(" .")
    grid = {key: tuple(values) for key, values in getattr(kind, "grid", {}).items()}
    return Stepwise(str(name).lower(), about, kind, defaults=defaults, grid=grid)
