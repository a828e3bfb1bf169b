"""What a strategy carries along: code and few numbers are fine, data and ways to it are not.

A strategy is handed what it may know. Data of its own would be from whatever time it was read at,
and nobody could tell whether an answer comes from the future. So everything a strategy reaches is
looked through before it is asked: closures, globals, defaults, attributes, class attributes,
constants and what lies in them, objects of packages too (a fitted spline is its prices). How much
may be held is limited one by one and in all. Code of packages is not looked through; ``ways`` says
which may be used.
"""

import array
import builtins
import dis
import functools
import io
import pickle
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from random import Random
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Final, TypeAlias

import numpy as np

from barograph.core.errors import LookAheadError
from barograph.trading.strategies.base import Rule
from barograph.trading.ways import file_of, installed, leads, named, spelled, way

MOST: Final = 64
"""Values that a list, array, set or mapping may hold: parameters, not prices."""

IN_ALL: Final = 1024
"""Values that a strategy may hold in all; a text counts by eight characters."""

LONGEST: Final = 500
"""Characters of a text that is no docstring."""

BITS: Final = 128
"""Of a whole number: beyond that it is a list of answers."""

BYTES: Final = 4096
"""Size of an object that cannot be looked into."""

DEPTH: Final = 40
"""How deep things may lie in one another."""

TABLES: Final = frozenset(
    {"polars", "pandas", "pyarrow", "deltalake", "duckdb", "torch", "sqlite3"}
)
"""Packages whose objects are tables or ways to them."""

PRICED: Final = frozenset({"Beliefs", "Intents", "Market", "Panel", "Record", "Tape"})
"""What of barograph holds prices or forecasts."""

ENDINGS: Final = (
    ".arrow", ".csv", ".db", ".duckdb", ".feather", ".gz", ".ipc", ".json", ".jsonl", ".npy",
    ".npz", ".parquet", ".pickle", ".pkl", ".sqlite", ".zip",
)  # fmt: skip

LOADED: Final = "barograph_strategy_"
"""How modules of strategy files are called: all that such a module holds is its strategy's."""

Place: TypeAlias = str
Found: TypeAlias = Iterator[tuple[Place, str]]


@dataclass(slots=True)
class Search:
    """What was seen so far, and how much of it are values."""

    seen: dict[int, object] = field(default_factory=dict)
    values: int = 0
    depth: int = 0


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
    search = Search()
    for place, what in _all(rule, code, search):
        raise LookAheadError(
            f"strategy {rule.name!r} carries data: {place} is {what}; take numbers as parameters, "
            "and prices and forecasts from what it is handed"
        )


def _all(rule: Rule, code: object, search: Search) -> Found:
    name = getattr(code, "__name__", rule.name)
    yield from held(code, name, search)
    module = getattr(code, "__module__", None) or ""
    if module.startswith(LOADED) and module in sys.modules:
        for key, value in list(vars(sys.modules[module]).items()):
            if not key.startswith("__") and not _is_code(value):
                yield from held(value, f"global {key!r} of its file", search)
    if search.values > IN_ALL:
        yield name, f"a holder of {search.values:,} values in all, more than {IN_ALL:,}"


def _is_code(value: object) -> bool:
    return callable(value) or isinstance(value, ModuleType | Rule)


def held(item: object, place: Place, search: Search) -> Found:
    """Every piece of data that is reached from an object, with where and what it is."""
    if isinstance(item, Enum):
        yield from held(item.value, f"{place}.value", search)
        return
    if item is None or isinstance(item, bool | int | float | complex):
        yield from _number(item, place, search)
        if not _own(type(item)):  # a class of the strategy's own may carry more than its number
            return
    if id(item) in search.seen:
        return
    search.seen[id(item)] = item  # kept alive: an id is unique only as long as its object lives
    search.depth += 1
    if search.depth > DEPTH:
        yield place, f"something within {DEPTH} others"
    elif what := data(item):
        yield place, what
    elif isinstance(item, str | bytes | bytearray):
        search.values += len(item) // 8
        if _own(type(item)):
            yield from _object(item, place, search)
    else:
        yield from _parts(item, place, search)
    search.depth -= 1


def _number(item: object, place: Place, search: Search) -> Found:
    search.values += item is not None
    if isinstance(item, int) and not isinstance(item, bool) and item.bit_length() > BITS:
        yield place, f"an int of {item.bit_length():,} bits"


def _parts(item: object, place: Place, search: Search) -> Found:
    """What lies in a collection, a function, a module, a class or an object."""
    if isinstance(item, np.ndarray):
        yield from held(item.tolist(), place, search)
    elif isinstance(item, Mapping):
        for key, value in item.items():
            yield from held(key, f"a key of {place}", search)
            yield from held(value, f"{place}[{key!r}]", search)
    elif isinstance(item, Collection) and not isinstance(item, type):
        for number, value in enumerate(item):
            yield from held(value, f"{place}[{number}]", search)
    elif isinstance(item, ModuleType):
        if not installed(getattr(item, "__file__", None) or ""):
            yield from _members(vars(item), place, search)
    elif isinstance(item, type):
        yield from _class(item, place, search)
    else:
        yield from _bound(item, place, search)
    if _own(type(item)):
        yield from _object(item, place, search)


def _own(kind: type) -> bool:
    """Whether a class was written by whoever wrote the strategy, whatever it says of itself."""
    return not installed(file_of(kind)) or any(
        isinstance(value, FunctionType) and not installed(_source(value)) and _written(value)
        for value in vars(kind).values()
    )


def _written(function: FunctionType) -> bool:
    """Whether a function is not one that ``dataclasses`` or ``namedtuple`` made of a text."""
    return not _source(function).startswith("<")


def _source(function: FunctionType) -> str:
    """File of a function; empty where it is frozen into Python."""
    file = function.__code__.co_filename
    return "" if file.startswith("<frozen") else file


def _bound(item: object, place: Place, search: Search) -> Found:
    """What lies in functions and in what wraps them; else in an object."""
    if isinstance(item, FunctionType):
        yield from _function(item, place, search)
    elif isinstance(item, MethodType):
        yield from held(item.__self__, f"{place}.__self__", search)
        yield from held(item.__func__, place, search)
    elif isinstance(item, functools.partial):
        parts = {"func": item.func, "args": item.args, "keywords": item.keywords}
        yield from _members(parts, place, search)
    elif isinstance(item, property | classmethod | staticmethod | functools.cached_property):
        for name in ("fget", "fset", "__func__", "func"):
            yield from held(getattr(item, name, None), place, search)
    elif not _own(type(item)):
        yield from _object(item, place, search)


def _object(item: object, place: Place, search: Search) -> Found:
    """What an object wraps or is bound to, its attributes, and its size where it has none."""
    around = [getattr(item, name, None) for name in ("__wrapped__", "py_func", "__self__")]
    for value in around:
        if not isinstance(value, ModuleType):  # that of a function that is built in
            yield from held(value, place, search)
    own = _own(type(item))
    if own:
        yield from held(type(item), type(item).__name__, search)
    if own or not callable(item) or isinstance(getattr(item, "__dict__", None), dict):
        if any(value is not None for value in around) and not own:
            return
        slots = [name for kind in type(item).__mro__ for name in _slots(kind)]
        kept = {name: getattr(item, name) for name in slots if hasattr(item, name)}
        members = {**kept, **getattr(item, "__dict__", {})}
        yield from _members(members, place, search)
        if not own and not members:
            yield from _opaque(item, place)


def _opaque(item: object, place: Place) -> Found:
    """Size of an object of compiled code, by what it would be stored as."""
    if isinstance(item, Random | np.random.RandomState | np.random.BitGenerator):
        return
    try:
        size = len(pickle.dumps(item))
    except Exception:  # noqa: BLE001 - what cannot be stored is no table
        return
    if size > BYTES:
        yield place, f"a {type(item).__name__} of {size:,} bytes"


def _members(members: Mapping[str, object], place: Place, search: Search) -> Found:
    for name, value in list(members.items()):
        if name not in {*UNREAD, "__builtins__", "__loader__", "__spec__"}:
            yield from held(value, f"{place}.{name}", search)


UNREAD: Final = ("__cached__", "__doc__", "__file__")
"""What a strategy may not ask for by name, so that nothing can be kept there."""


def _slots(kind: type) -> tuple[str, ...]:
    names = kind.__dict__.get("__slots__", ())
    return (names,) if isinstance(names, str) else tuple(names)


def _class(kind: type, place: Place, search: Search) -> Found:
    for base in kind.__mro__:
        if _own(base):
            members = {name: value for name, value in vars(base).items() if name not in HOUSE}
            yield from _members(members, place, search)


HOUSE: Final = frozenset({
    "__annotations__", "__dataclass_fields__", "__dataclass_params__", "__dict__", "__doc__",
    "__match_args__", "__module__", "__slots__", "__weakref__", "__abstractmethods__", "_abc_impl",
})  # fmt: skip
"""What Python writes into a class by itself."""


def _function(item: FunctionType, place: Place, search: Search) -> Found:
    if installed(_source(item)):
        return
    for name, cell in zip(item.__code__.co_freevars, item.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # not filled yet
            continue
        yield from held(value, f"closure variable {name!r} of {place}", search)
    for number, value in enumerate(item.__defaults__ or ()):
        yield from held(value, f"default {number} of {place}", search)
    for name, value in (item.__kwdefaults__ or {}).items():
        yield from held(value, f"default {name!r} of {place}", search)
    yield from _members(item.__dict__, place, search)
    yield from _code(item.__code__, item.__globals__, place, search)


def _code(code: CodeType, world: Mapping[str, object], place: Place, search: Search) -> Found:
    """What code names: globals, files, packages; and what it has as constants."""
    for step in dis.get_instructions(code):
        if name := named(step):
            by = "imported" if step.opname == "IMPORT_NAME" else "used"
            yield f"{name}, {by} by {place},", "a way to data"
        elif step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            # What is not of the module is built in.
            name = str(step.argval)
            value = world.get(name, getattr(builtins, name, None))
            yield from held(value, f"global {name!r} of {place}", search)
    for number, constant in enumerate(code.co_consts):
        if isinstance(constant, CodeType):
            yield from _code(constant, world, place, search)
        elif number or not isinstance(constant, str):  # the first text is the docstring
            for name in spelled(constant):
                yield f"{name!r}, spelled by {place},", "a way to data"
            yield from held(constant, f"a constant of {place}", search)


def data(item: object) -> str:
    """What kind of data an object is, or leads to; empty where it is none."""
    if isinstance(item, type | ModuleType | FunctionType | BuiltinFunctionType):
        return way(item)
    kind, module = type(item).__name__, type(item).__module__
    root, found = module.split(".", 1)[0], ""
    if isinstance(item, PurePath) or (isinstance(item, str) and _names_a_file(item)):
        found = f"the path {item}"
    elif root in TABLES or (root == "barograph" and (kind in PRICED or leads(module))):
        found = f"a {kind} of {root}"
    elif isinstance(item, Iterator | io.IOBase | memoryview | array.array):
        found = f"a {kind}"
    elif callable(item) and not hasattr(item, "__dict__"):
        found = way(item)
    return found or _size(item)


def _size(item: object) -> str:
    """How much an object holds, where that is more than parameters are."""
    kind = type(item).__name__
    if isinstance(item, np.ndarray):
        return f"an array of {item.size:,} values" if item.size > MOST else ""
    if isinstance(item, Decimal):
        digits = len(item.as_tuple().digits)
        return f"a Decimal of {digits} digits" if digits > BITS // 3 else ""
    if isinstance(item, Collection) and len(item) > (LONGEST if isinstance(item, str) else MOST):
        return f"a {kind} of {len(item):,} values"
    return ""


def _names_a_file(text: str) -> bool:
    is_path = " " not in text or text.startswith(("/", ".", "~"))
    return is_path and "\n" not in text and text.lower().endswith(ENDINGS)
