"""Strategy files that cheat in ways a person would try, and one that only looks suspicious."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.unit.trading.beliefs import question

from barograph.core.errors import InputError, LookAheadError
from barograph.core.types import Floats
from barograph.trading import asking
from barograph.trading.asking import checked_decisions, checked_exposures, exposures
from barograph.trading.catalogue import strategies
from barograph.trading.extension import own_strategies
from barograph.trading.foresight import behind
from barograph.trading.stepwise import Stepwise
from barograph.trading.strategies.base import Beliefs, Strategy

ASKED = question(400)
KNOWN = "import numpy as np\nHOURS = np.arange(500.0)\nPRICES = np.sin(HOURS) + 2.0\n"
"""What a file might have read before it is asked: prices of 500 hours."""
PACKAGES = "import numpy as np\nimport polars as pl\n"


def asked(tmp_path: Path, text: str) -> None:
    """Put a file to the question, as a backtest does."""
    place = tmp_path / "planted.py"
    place.write_text(text, encoding="utf-8")
    for rule in own_strategies(place).values():
        if isinstance(rule, Stepwise):
            checked_decisions(rule, ASKED)
        elif isinstance(rule, Strategy):
            checked_exposures(rule, ASKED)


def deciding(body: str, above: str = "") -> str:
    lines = body.replace("\n", "\n        ")
    return f"{KNOWN}{above}\nclass Peek:\n    def decide(self, view):\n        {lines}\n"


CONSTRUCTS = {
    'return globals()["PRICES"][0]': "globals, used by Peek.decide, is a way to data",
    'return type(self).decide.__globals__["PRICES"][0]': "__globals__, used by",
    "return len(vars(self))": "vars, used by",
    'return getattr(view, "cl" + "ose")[-1]': "getattr, used by",
    "import sys\nreturn len(sys.modules)": "sys, imported by",
    "import gc\nreturn len(gc.get_objects())": "gc, imported by",
    "import inspect\nreturn float(bool(inspect))": "inspect, imported by",
    "return float(bool(x for x in ()).gi_frame.f_back)": "gi_frame, used by|f_back, used by",
    'return float(len(__builtins__["dir"]()))': "__builtins__, used by",
    "from statistics import sys\nreturn 0.0": "sys, used by",
    "import random\nreturn float(bool(random._os))": "_os, used by",
    "view._tape.peeks.clear()\nreturn 0.0": "_tape, used by",
    "match view:\n    case object(__dict__=found):\n        return 0.0": "'__dict__', spelled by",
    "import operator\nreturn operator.attrgetter('a')(view)": "attrgetter, used by",
    "return eval('1.0')": "eval, used by",
}


@pytest.mark.parametrize(("body", "touched"), CONSTRUCTS.items())
def test_looking_into_the_interpreter_is_refused_by_name(
    body: str, touched: str, tmp_path: Path
) -> None:
    with pytest.raises(LookAheadError, match=f"carries data: .*({touched})"):
        asked(tmp_path, deciding(body).replace(KNOWN, ""))


READERS = [
    "codecs", "gzip", "linecache", "io", "bz2", "lzma", "tarfile", "zipfile", "mmap", "urllib",
    "socket", "pandas", "pyarrow", "pickle", "sqlite3", "logging", "http.client", "fileinput",
]  # fmt: skip


@pytest.mark.parametrize("module", READERS)
def test_a_module_that_reads_is_refused_inside_a_function_and_above(
    module: str, tmp_path: Path
) -> None:
    with pytest.raises(LookAheadError, match=f"{module}, imported by Peek.decide, is a way"):
        asked(tmp_path, deciding(f"import {module}").replace(KNOWN, ""))
    if "." not in module and module not in {"pandas", "pyarrow"}:
        above = f"import {module} as m"
        with pytest.raises(LookAheadError, match=r"global 'm' of Peek.decide is a way to data"):
            asked(tmp_path, deciding("return float(bool(m))", above).replace(KNOWN, ""))


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("np.loadtxt('x')", "loadtxt"), ("np.load('x')", "load"), ("np.memmap('x')", "memmap"),
        ("pl.sql('x')", "sql"), ("np.fromfile('x')", "fromfile"),
        ("np.genfromtxt('x')", "genfromtxt"),
    ],
)  # fmt: skip
def test_readers_of_packages_that_compute_are_refused(call: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(LookAheadError, match=f"{name}, used by Peek.decide, is a way"):
        asked(tmp_path, deciding(f"return {call}[0]").replace(KNOWN, PACKAGES))


HELD = {
    "import types\nHELD = types.SimpleNamespace(c=PRICES.tolist())": r"HELD.*\.c is a list of 500",
    "from scipy.interpolate import CubicSpline\nHELD = CubicSpline(HOURS, PRICES)": "is an array",
    "from sklearn.neighbors import KNeighborsRegressor as K\n"
    "HELD = K(1).fit(HOURS[:, None], PRICES)": "is an array of 500 values",
    "from scipy.spatial import KDTree\nHELD = KDTree(PRICES[:, None])": "is an array|bytes",
    "HELD = int(''.join('1' if p > 2 else '0' for p in PRICES), 2)": "an int of [0-9]+ bits",
    "HELD = ''.join('1' if p > 2 else '0' for p in PRICES) * 2": "a str of 1,000 values",
    "HELD = bytes(500)": "a bytes of 500 values",
    "HELD = {n: tuple(PRICES[n : n + 60]) for n in range(0, 480, 8)}": "in all, more than 1,024",
    "from decimal import Decimal\nHELD = Decimal('1' * 99)": "a Decimal of 99 digits",
    "class Hidden(dict):\n    __module__ = 'numpy'\n    __len__ = lambda self: 0\n"
    "HELD = Hidden()\nHELD.more = PRICES": "more is an array",
}


@pytest.mark.parametrize(("above", "touched"), HELD.items())
def test_data_in_any_form_is_measured(above: str, touched: str, tmp_path: Path) -> None:
    text = deciding("return float(bool(HELD))", above) + "\ndel PRICES, HOURS\n"
    with pytest.raises(LookAheadError, match=f"(?s)carries data: .*({touched})"):
        asked(tmp_path, text)


def test_what_a_file_holds_counts_though_no_code_names_it(tmp_path: Path) -> None:
    with pytest.raises(LookAheadError, match="global 'HOURS' of its file is an array of 500"):
        asked(tmp_path, deciding("return 0.0"))


# While it decides ---------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["decide", "__init__", "exposure"])
@pytest.mark.parametrize("how", ["{}", "try:\n    {}\nexcept Exception:\n    pass"])
def test_a_file_is_seen_being_opened_even_where_nothing_was_refused(
    at: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the search by name out of the way, the hook sees it; caught or not."""
    monkeypatch.setattr(asking, "refuse_carried", lambda _rule, _code: None)
    place = tmp_path / "prices.txt"
    place.write_text("1.0", encoding="utf-8")
    body = how.format(f"open({str(place)!r}).read()").replace("\n", "\n        ")
    text = f"class Peek:\n    def {at}(self, *view):\n        {body}\n        return None\n"
    if at == "__init__":
        text = text.replace("*view", "") + "    def decide(self, view): return 0.0\n"
    elif at == "exposure":
        text = (
            "from barograph.trading.strategies.base import Strategy\nimport numpy as np\n"
            f"{text.replace('return None', 'return np.zeros(view[0].mean.shape)')}"
            'STRATEGIES = (Strategy("peek", "planted", Peek().exposure),)\n'
        )
    with pytest.raises(LookAheadError, match=f"'peek': it opens {place} while it decides"):
        asked(tmp_path, text)
    assert place.read_text(encoding="utf-8") == "1.0"  # nobody listens any more


@pytest.mark.parametrize("side", ["up", "gain", "loss"])
def test_nothing_that_is_shown_can_be_written_into(side: str) -> None:
    def exposure(beliefs: Beliefs, _cost: float) -> Floats:
        getattr(beliefs.odds, side)[:] = 0.9
        return np.zeros(beliefs.mean.shape)

    def dug(beliefs: Beliefs, _cost: float) -> Floats:
        shown = getattr(beliefs.odds, side)
        shown.flags.writeable = True
        shown[:] = 0.9
        return np.zeros(beliefs.mean.shape)

    before = getattr(ASKED.beliefs.odds, side).copy()
    with pytest.raises(InputError, match="assignment destination is read-only"):
        exposures(Strategy("tamper", "planted", exposure), ASKED)
    exposures(Strategy("tamper", "planted", dug), ASKED)
    np.testing.assert_array_equal(getattr(ASKED.beliefs.odds, side), before)


# Seldom -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every", [24, 168])
@pytest.mark.parametrize("first", range(0, 24, 5))
@pytest.mark.parametrize("else_", [np.nan, 0.0, 0.5])
def test_one_hour_ahead_now_and_then_is_caught(every: int, first: int, else_: float) -> None:
    """Also where the hours between are answered honestly."""
    long = question(24 * 200, 1)

    def exposure(beliefs: Beliefs, _cost: float) -> Floats:
        known = np.nan_to_num(beliefs.mean)
        found = np.full(known.shape, else_) if else_ != 0.5 else np.sign(known)
        found[first:-1:every] = np.sign(known[first + 1 :: every])[: len(found[first:-1:every])]
        return found

    with pytest.raises(LookAheadError, match=r"reads the future: its exposure of S0 at .* 'mean'"):
        checked_exposures(Strategy("seldom", "planted", exposure), long)


def test_cuts_lie_behind_changes_at_every_hour_of_the_week() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(168 * 6, 2))
    cuts = np.array(behind({"exposure": values}, 168))
    assert sorted((cuts - 1) % 168) == list(range(168))
    held = np.where(np.arange(1000)[:, None] < 500, 0.0, 1.0)
    assert behind({"exposure": held}, 168) == [501]
    assert behind({"exposure": np.full((1000, 1), np.nan)}, 168) == []


# What must pass -----------------------------------------------------------------------------------

HONEST = '''"""A plain class with the things that a plain class has."""

import math
import random
import re
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numba
import numpy as np
import polars as pl
from scipy import stats
from scipy.special import ndtr

from barograph.trading.stepwise import Wish
from barograph.trading.view import View

ZONE, NAMED = ZoneInfo("America/New_York"), re.compile("^S")
WEIGHTS, DRAWN = np.array([0.1, 0.2, 0.7]), np.random.default_rng(3)
NORMAL = stats.norm(0.0, 1.0)


class Side(Enum):
    UP = 1
    DOWN = -1


class Pair(NamedTuple):
    a: float
    b: float


@numba.njit(cache=True)
def twice(x):
    return x * 2.0


@lru_cache
def root(x):
    return math.sqrt(x)


@dataclass(frozen=True, slots=True)
class Level:
    at: float = 0.5
    many: tuple = (1, 2)


@dataclass
class Plain:
    """It remembers some closes."""

    lean: float = 0.01
    window: int = 24
    recent: deque = field(default_factory=lambda: deque(maxlen=500), init=False)

    def __post_init__(self):
        self.buffer, self.level = np.zeros(self.window), Level()
        self.dice = random.Random(4)

    @property
    def mean(self) -> float:
        return float(np.mean(self.recent))

    def decide(self, view: View) -> Wish | None:
        self.recent.append(view.close[-1])
        self.buffer = np.roll(self.buffer, 1)
        told = view.forecast()
        if told is None or not NAMED.match(view.symbol):
            return None
        if view.now.astimezone(ZONE).hour == 3:
            return Wish(Side.UP.value * self.lean)
        frame = pl.DataFrame({"a": list(self.recent)[-5:]})
        above = ndtr(float(frame["a"].mean() > self.mean)) + NORMAL.cdf(0.1) + self.level.at
        return Wish(twice(root(4.0)) * Pair(0.1, 0.2).a * above * WEIGHTS[1] * (told.p_up > 0.5))
'''


def test_a_plain_class_with_a_window_a_deque_and_packages_passes(tmp_path: Path) -> None:
    asked(tmp_path, HONEST)


def test_the_catalogue_passes() -> None:
    for rule in strategies().values():
        if isinstance(rule, Strategy):
            checked_exposures(rule, replace(ASKED, parameters=rule.parameters({})))
