"""What a strategy carries along: code and numbers are fine, data and ways to it are not.

A strategy is handed what it may know. Data of its own would be from whatever time it was read at,
and nobody could tell whether an answer comes from the future. So everything a strategy reaches is
looked through before it is asked: closures, globals its code reads, defaults, attributes, class
attributes, constants and what lies in them. Code of installed packages is not.
"""

import array
import builtins
import dis
import functools
import io
import sys
import sysconfig
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from pathlib import Path, PurePath
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Final, TypeAlias

import numpy as np

from barograph.core.errors import LookAheadError
from barograph.trading.strategies.base import Rule

MOST: Final = 64
"""Values that a list, tuple, set or mapping may hold: parameters, not prices."""

LONGEST: Final = 10_000
"""Characters of a text."""

TABLES: Final = frozenset(
    {"polars", "pandas", "pyarrow", "deltalake", "duckdb", "torch", "sqlite3"}
)
"""Packages whose objects are tables or ways to them."""

DOORS: Final = frozenset({
    "aiohttp", "ccxt", "ctypes", "deltalake", "duckdb", "gc", "glob", "httpx", "inspect", "io",
    "joblib", "multiprocessing", "os", "pathlib", "pickle", "requests", "shelve", "socket",
    "sqlite3", "subprocess", "sys", "urllib",
})  # fmt: skip
"""Packages that lead to data or to the insides of a run."""

PRICED: Final = frozenset({"Beliefs", "Intents", "Market", "Panel", "Record", "Tape"})
"""What of barograph holds prices or forecasts."""

OURS: Final = ("lake", "ledger", "sources", "store", "pipelines", "live", "service", "api")
"""Parts of barograph that lead to data."""

CALLS: Final = frozenset({
    "__import__", "_getframe", "_current_frames", "eval", "exec", "f_back", "f_locals", "fromfile",
    "genfromtxt", "import_module", "load", "loadtxt", "memmap", "open_memmap", "read_bytes",
    "read_clipboard", "read_csv", "read_database", "read_delta", "read_excel", "read_feather",
    "read_ipc", "read_json", "read_ndjson", "read_parquet", "read_pickle", "read_sql", "read_table",
    "read_text", "scan_csv", "scan_delta", "scan_ipc", "scan_ndjson", "scan_parquet", "tb_frame",
})  # fmt: skip
"""Names that read files or look into the interpreter."""

ENDINGS: Final = (
    ".arrow", ".csv", ".db", ".duckdb", ".feather", ".gz", ".ipc", ".json", ".jsonl", ".npy",
    ".npz", ".parquet", ".pickle", ".pkl", ".sqlite", ".zip",
)  # fmt: skip

INSTALLED: Final = tuple(
    sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
Place: TypeAlias = str
Found: TypeAlias = Iterator[tuple[Place, str]]


def refuse_carried(rule: Rule, code: object) -> None:
    """Look through everything a strategy reaches.

    Parameters
    ----------
    rule : Rule
        For its name.
    code : object
        Its function or class.

    Raises
    ------
    LookAheadError
        Naming the first thing that is data or leads to some, and where it is held.
    """
    for place, what in held(code, getattr(code, "__name__", rule.name), set()):
        raise LookAheadError(
            f"strategy {rule.name!r} carries data: {place} is {what}; take numbers as parameters, "
            "and prices and forecasts from what it is handed"
        )


def held(item: object, place: Place, seen: set[int]) -> Found:
    """Every piece of data that is reached from an object, with where and what it is."""
    if id(item) in seen or item is None or isinstance(item, bool | int | float | complex | Enum):
        return
    seen.add(id(item))
    what = data(item)
    if what:
        yield place, what
    elif isinstance(item, Mapping):
        for key, value in item.items():
            yield from held(value, f"{place}[{key!r}]", seen)
    elif isinstance(item, Collection) and not isinstance(item, str | bytes | type):
        for number, value in enumerate(item):
            yield from held(value, f"{place}[{number}]", seen)
    else:
        yield from _within(item, place, seen)


def _within(item: object, place: Place, seen: set[int]) -> Found:
    """What lies in functions, classes, modules and objects."""
    if isinstance(item, ModuleType):
        if not _installed(getattr(item, "__file__", None) or ""):
            yield from _members(vars(item), place, seen)
    elif isinstance(item, FunctionType):
        yield from _function(item, place, seen)
    elif isinstance(item, MethodType):
        yield from held(item.__self__, f"{place}.__self__", seen)
        yield from held(item.__func__, place, seen)
    elif isinstance(item, functools.partial):
        parts = {"func": item.func, "args": item.args, "keywords": item.keywords}
        yield from _members(parts, place, seen)
    elif isinstance(item, property | classmethod | staticmethod):
        for name in ("fget", "fset", "__func__"):
            yield from held(getattr(item, name, None), place, seen)
    elif isinstance(item, type):
        yield from _class(item, place, seen)
    else:
        yield from _object(item, place, seen)


def _object(item: object, place: Place, seen: set[int]) -> Found:
    """What an object wraps or is bound to, and the attributes of one that is not installed."""
    for name in ("__wrapped__", "py_func", "__self__"):
        yield from held(getattr(item, name, None), place, seen)
    if not _installed(_file(type(item))):
        slots = [name for kind in type(item).__mro__ for name in _slots(kind)]
        own = {name: getattr(item, name) for name in slots if hasattr(item, name)}
        yield from _members({**own, **getattr(item, "__dict__", {})}, place, seen)
        yield from held(type(item), type(item).__name__, seen)


def _members(members: Mapping[str, object], place: Place, seen: set[int]) -> Found:
    for name, value in list(members.items()):
        if name not in {"__builtins__", "__loader__", "__spec__", "__cached__", "__file__"}:
            yield from held(value, f"{place}.{name}", seen)


def _slots(kind: type) -> tuple[str, ...]:
    names = kind.__dict__.get("__slots__", ())
    return (names,) if isinstance(names, str) else tuple(names)


def _class(kind: type, place: Place, seen: set[int]) -> Found:
    for base in kind.__mro__:
        if not _installed(_file(base)):
            members = {name: value for name, value in vars(base).items() if name not in HOUSE}
            yield from _members(members, place, seen)


HOUSE: Final = frozenset({
    "__annotations__", "__dataclass_fields__", "__dict__", "__doc__", "__match_args__",
    "__module__", "__slots__", "__weakref__", "__abstractmethods__", "_abc_impl",
})  # fmt: skip
"""What Python writes into a class by itself."""


def _function(item: FunctionType, place: Place, seen: set[int]) -> Found:
    if _installed(item.__code__.co_filename):
        return
    for name, cell in zip(item.__code__.co_freevars, item.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # not filled yet
            continue
        yield from held(value, f"closure variable {name!r} of {place}", seen)
    for number, value in enumerate(item.__defaults__ or ()):
        yield from held(value, f"default {number} of {place}", seen)
    for name, value in (item.__kwdefaults__ or {}).items():
        yield from held(value, f"default {name!r} of {place}", seen)
    yield from _members(item.__dict__, place, seen)
    yield from _code(item.__code__, item.__globals__, place, seen)


def _code(code: CodeType, world: Mapping[str, object], place: Place, seen: set[int]) -> Found:
    """What code names: globals, files, packages; and what it has as constants."""
    for step in dis.get_instructions(code):
        name, is_global = str(step.argval), step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}
        if step.opname == "IMPORT_NAME" and _leads(name):
            yield f"{name}, imported by {place},", "a way to data"
        elif name in CALLS and (is_global or step.opname in {"LOAD_ATTR", "LOAD_METHOD"}):
            yield f"{name}, used by {place},", "a way to data"
        elif is_global:
            # What is not of the module is built in: `open` is a way to data like any other.
            value = world.get(name, getattr(builtins, name, None))
            yield from held(value, f"global {name!r} of {place}", seen)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant, world, place, seen)
        else:
            yield from held(constant, f"a constant of {place}", seen)


def data(item: object) -> str:
    """What kind of data an object is, or leads to; empty where it is none."""
    if isinstance(item, type | ModuleType) or callable(item):
        return _way(item)
    kind, module = type(item).__name__, type(item).__module__
    root, found = module.split(".", 1)[0], ""
    if isinstance(item, np.ndarray):
        found = f"an array of {item.size:,} values"
    elif isinstance(item, PurePath) or (isinstance(item, str) and _names_a_file(item)):
        found = f"the path {item}"
    elif root in TABLES or _leads(module) or (root == "barograph" and kind in PRICED):
        found = f"a {kind} of {root}"
    elif isinstance(item, Iterator | io.IOBase | memoryview | array.array):
        found = f"a {kind}"
    elif isinstance(item, Collection) and len(item) > (LONGEST if isinstance(item, str) else MOST):
        found = f"a {kind} of {len(item):,} values"
    return found


def _way(item: object) -> str:
    """Whether a module, class or function leads to data, in words."""
    if isinstance(item, ModuleType):
        return "a way to data" if _leads(item.__name__) else ""
    name, module = getattr(item, "__name__", ""), getattr(item, "__module__", None) or ""
    leads = item is open or name in CALLS or _leads(module)
    return f"{name}, a way to data" if leads else ""


def _leads(module: str) -> bool:
    first, *rest = module.split(".")
    return first in DOORS or (first == "barograph" and bool(rest) and rest[0] in OURS)


def _names_a_file(text: str) -> bool:
    is_path = " " not in text or text.startswith(("/", ".", "~"))
    return is_path and "\n" not in text and text.lower().endswith(ENDINGS)


def _file(kind: type) -> str | None:
    """File a class was written in; empty where it is built in, None where nobody knows."""
    module = sys.modules.get(kind.__module__)
    return None if module is None else getattr(module, "__file__", None) or ""


def _installed(file: str | None) -> bool:
    """Whether code lies where Python and its packages do."""
    if not file:
        return file == ""
    return any(Path(file).is_relative_to(place) for place in INSTALLED)
