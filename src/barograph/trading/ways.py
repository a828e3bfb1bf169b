"""Ways to data that code of a strategy may not take: modules, names and attributes, by their names.

Modules are an allowlist: what computes may be imported. Of what computes, readers of files are
refused by name, and so is what looks into the interpreter, where the whole run lies open.
"""

import sys
import sysconfig
from collections.abc import Iterator
from dis import Instruction
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

COMPUTES: Final = frozenset({
    "__future__", "_collections", "_collections_abc", "_functools", "_heapq", "_operator",
    "_random", "_statistics", "abc", "bisect", "calendar", "cmath", "collections", "contextlib",
    "copy", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "heapq",
    "itertools", "lightgbm", "math", "numba", "numbers", "numpy", "operator", "polars", "random",
    "re", "reprlib", "scipy", "sklearn", "statistics", "statsmodels", "string", "time", "typing",
    "typing_extensions", "zoneinfo",
})  # fmt: skip
"""Packages a strategy may import."""

OURS: Final = frozenset({"core", "metrics", "trading"})
"""Parts of barograph it may."""

INSIDES: Final = frozenset({
    "builtins", "codecs", "ctypes", "gc", "importlib", "inspect", "io", "linecache", "os",
    "pathlib", "pickle", "shutil", "socket", "subprocess", "sys", "urllib",
})  # fmt: skip
"""Modules that others carry as an attribute: ``statistics.sys``."""

BUILT_IN: Final = frozenset({
    "__build_class__", "__builtins__", "__doc__", "__import__", "__loader__", "__spec__",
    "breakpoint", "compile", "delattr", "eval", "exec", "getattr", "globals", "input", "locals",
    "open", "vars",
})  # fmt: skip
"""Built in, and able to reach anything by a name that is not written down."""

ATTRIBUTES: Final = frozenset({
    "__builtins__", "__cached__", "__closure__", "__code__", "__dict__", "__doc__", "__file__",
    "__getattribute__",
    "__globals__", "__import__", "__loader__", "__spec__", "__subclasses__", "__traceback__",
    "_current_frames", "_getframe", "_tape", "ag_frame", "attrgetter", "cell_contents", "cr_frame",
    "f_back", "f_builtins", "f_globals", "f_locals", "gi_frame", "import_module", "methodcaller",
    "tb_frame", "tb_next", "func_globals", "getattr_static",
})  # fmt: skip
"""Attributes that look into the interpreter or behind a view."""

READERS: Final = frozenset({
    "DataSource", "SQLContext", "deserialize", "from_disk", "fromfile", "fromregex", "genfromtxt",
    "load", "load_npz",
    "load_svmlight_file", "loadarff", "loadmat", "loadtxt", "memmap", "mminfo", "mmread",
    "netcdf_file", "open_memmap", "read_array", "read_avro", "read_bytes", "read_clipboard",
    "read_csv", "read_csv_batched", "read_database", "read_database_uri", "read_delta",
    "read_excel", "read_feather", "read_fwf", "read_hdf", "read_ipc", "read_ipc_stream",
    "read_json", "read_lines", "read_ndjson", "read_ods", "read_orc", "read_parquet",
    "read_parquet_metadata", "read_parquet_schema", "read_pickle", "read_sql", "read_sql_query",
    "read_table", "read_text", "readsav", "sql", "scan_csv", "scan_delta", "scan_iceberg",
    "scan_ipc",
    "scan_lines", "scan_ndjson", "scan_parquet", "scan_pyarrow_dataset",
})  # fmt: skip
"""What reads files in the packages that may be imported."""

INSTALLED: Final = tuple(
    sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
HOME: Final = Path(__file__).parents[1]
STRATEGIES: Final = Path(__file__).parent / "strategies"
"""The catalogue is looked through like a file of one's own."""


def installed(file: str | None) -> bool:
    """Whether code lies where Python and its packages do, or is barograph's and no strategy."""
    if not file:
        return file == ""
    path = Path(file)
    if path.is_relative_to(HOME):
        return path.parent != STRATEGIES or path.stem == "base"
    return any(path.is_relative_to(place) for place in INSTALLED)


def file_of(kind: type) -> str | None:
    """File a class was written in; empty where it is built in, None where nobody knows."""
    module = sys.modules.get(kind.__module__)
    return None if module is None else getattr(module, "__file__", None) or ""


def leads(module: str) -> bool:
    """Whether a module that is not one's own leads to data, by its full name."""
    root, *rest = module.split(".")
    if root == "barograph":
        return bool(rest) and rest[0] not in OURS
    if not _is_others(root):
        return False
    return root not in COMPUTES or bool(INSIDES & {part.lstrip("_") for part in rest})


def _is_others(root: str) -> bool:
    """Whether a package is installed, or unknown; code of one's own is looked through instead."""
    if root in sys.stdlib_module_names or root not in sys.modules:
        return True
    module = sys.modules[root]
    places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
    return installed(next((place for place in places if place), ""))


def named(step: Instruction) -> str:
    """What a step of code names that it may not; empty where it names nothing such."""
    name, operation = str(step.argval), step.opname
    found = ""
    if operation == "IMPORT_NAME":
        found = name if leads(name) else ""
    elif operation in {"LOAD_GLOBAL", "LOAD_NAME"}:
        found = name if name in BUILT_IN | READERS | ATTRIBUTES else ""
    elif operation in {"LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM", "STORE_ATTR"}:
        found = name if name in ATTRIBUTES | READERS or name.lstrip("_") in INSIDES else ""
    return found


def spelled(constant: object) -> Iterator[str]:
    """Refused attributes that a constant spells, as ``case object(tb_frame=f)`` does."""
    if isinstance(constant, str):
        if constant in ATTRIBUTES:
            yield constant
    elif isinstance(constant, tuple | frozenset):
        for part in constant:
            yield from spelled(part)


def way(item: object) -> str:
    """Whether a module, class or function leads to data, in words; empty where it does not."""
    if isinstance(item, ModuleType):
        return "a way to data" if leads(item.__name__) else ""
    name, module = getattr(item, "__name__", ""), getattr(item, "__module__", None) or ""
    refused = item is open or name in READERS or name in ATTRIBUTES
    builtin = module == "builtins" and name in BUILT_IN
    code = getattr(item, "__code__", None)
    own = isinstance(code, CodeType) and not installed(code.co_filename)  # looked through instead
    strange = not own and module not in {"", "builtins", "types"} and leads(module)
    return f"{name}, a way to data" if refused or builtin or strange else ""
