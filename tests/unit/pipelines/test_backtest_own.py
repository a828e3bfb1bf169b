"""Strategies of one's own, from a file: asked, held to the past, traded; the page's examples."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.unit.pipelines.test_backtest import place
from typer.testing import CliRunner

from barograph.cli.app import app
from barograph.core.errors import InputError, LookAheadError, SettingsError
from barograph.lake.lake import Lake
from barograph.pipelines.backtest import Plan, backtest, document
from barograph.pipelines.backtest.asked import for_all_hours
from barograph.pipelines.backtest.strategy import strategy_named
from barograph.pipelines.prepare import settings_of
from barograph.trading.catalogue import strategies
from barograph.trading.stepwise import Stepwise
from barograph.trading.strategies.base import Strategy

__all__ = ["place"]

SETTINGS = settings_of("small", None, ["BTCUSDT"])
PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "backtest.md"
CLASS = '''
"""A file of one class."""
from barograph.trading.stepwise import Wish

class BuyTheDip:
    """Buy after a fall.

    And keep it a while.
    """
    grid = {"fall": (0.01, 0.02)}

    def __init__(self, fall: float = 0.01, bars: int = 3) -> None:
        self.fall, self.bars, self.asked = fall, bars, 0

    def decide(self, view):
        self.asked += 1
        if len(view.close) <= self.bars:
            return None
        moved = view.close[-1] / view.close[-1 - self.bars] - 1.0
        return Wish(1.0, expiry=2) if moved < -self.fall else 0
'''
RULES = """
import numpy as np
from barograph.trading.strategies.base import Strategy

def lean(beliefs, cost, least):
    return np.where(np.isfinite(beliefs.p_up), np.sign(beliefs.p_up - 0.5 - least), np.nan)

def tomorrow(beliefs, cost):
    return np.sign(np.roll(beliefs.mean, -1, axis=0))

STRATEGIES = (
    Strategy("lean", "with the odds", lean, defaults={"least": 0.0}),
    Strategy("tomorrow", "cheats", tomorrow),
)
"""


def file(folder: Path, text: str, name: str = "my_own.py") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def run(place: Path, strategy: str, **more: object) -> object:
    lake, path = Lake(place / "lake"), place / "forecasts.parquet"
    plan = Plan(strategy=strategy, limits={"confidence": 0.0}, **more)  # type: ignore[arg-type]
    return document(backtest(lake, SETTINGS, path, plan))


def test_one_class_in_a_file_is_a_strategy(place: Path, tmp_path: Path) -> None:
    own = file(tmp_path, CLASS)
    rule = strategy_named(own)
    assert isinstance(rule, Stepwise)
    assert (rule.name, rule.about) == ("buy_the_dip", "Buy after a fall")
    assert rule.defaults == {"fall": 0.01, "bars": 3}
    assert rule.grid == {"fall": (0.01, 0.02)}
    assert rule.parameters({"bars": 5.0})["bars"] == 5
    told = run(place, own, parameters={"bars": 5.0})
    assert told["strategy"] == "buy_the_dip"  # type: ignore[index]
    assert told["performance"]["trades"] > 5  # type: ignore[index]
    assert told != run(place, own, parameters={"bars": 8.0})
    with pytest.raises(SettingsError, match="'buy_the_dip' decides hour by hour"):
        for_all_hours(Plan(strategy=own))


def test_a_file_may_hold_several_and_one_is_named(place: Path, tmp_path: Path) -> None:
    own = file(tmp_path, RULES)
    assert isinstance(strategy_named(f"{own}:lean"), Strategy)
    with pytest.raises(SettingsError, match=r"holds 2 strategies; name one of .*my_own.py:lean, "):
        strategy_named(own)
    with pytest.raises(SettingsError, match="did you mean 'lean'"):
        strategy_named(f"{own}:leen")
    told = run(place, f"{own}:lean", parameters={"least": 0.01})
    assert told["parameters"] == {"least": 0.01}  # type: ignore[index]


def test_a_cheat_fails_in_the_command_with_one_line(place: Path, tmp_path: Path) -> None:
    options = ["backtest", "--forecasts", str(place / "forecasts.parquet"), "--lake",
               str(place / "lake"), "--out", str(tmp_path / "out")]  # fmt: skip
    own = file(tmp_path, RULES)
    said = CliRunner().invoke(app, [*options, "--strategy", f"{own}:tomorrow"])
    assert isinstance(said.exception, LookAheadError)
    assert "'tomorrow' reads the future: its exposure of BTCUSDT at 20" in str(said.exception)
    assert not (tmp_path / "out").exists()
    prices = tmp_path / "prices.parquet"
    pl.DataFrame({"close": [1.0]}).write_parquet(prices)
    text = f"import polars as pl\nclose = pl.read_parquet({str(prices)!r})['close']\n" + (
        "class Knows:\n    def decide(self, view):\n        return close[len(view.close)]\n"
    )
    said = CliRunner().invoke(app, [*options, "--strategy", file(tmp_path, text)])
    assert "global 'close' of Knows.decide is a Series of polars" in str(said.exception)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\n", "holds no strategy; write a class with decide"),
        ("STRATEGIES = (1,)\n", "STRATEGIES holds 1; wanted a Strategy, or a class"),
        ("1 / 0\n", "failed: ZeroDivisionError"),
        ("class A:\n    def __init__(self, a): ...\n    def decide(self, view): ...\n",
         "parameter 'a' of A needs a number as default"),
        ("class A:\n    name = 'x'\n    def decide(self, view): ...\n"
         "class B:\n    name = 'x'\n    def decide(self, view): ...\n", "the name 'x' is taken"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        strategy_named(file(tmp_path, text))
    with pytest.raises(InputError, match=r"no strategy file at .*missing.py"):
        strategy_named(str(tmp_path / "missing.py"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("float('nan')", "target nan; wanted a number"),
        ("'long'", "a str; wanted a Wish, a number or None"),
        ("Wish(1.0, limit=-5.0)", "limit -5.0; wanted a price above 0"),
        ("Wish(1.0, expiry=0)", "expiry 0; wanted at least 1 bar"),
        ("1 / 0", "failed at 2024-01-03T00:00 of BTCUSDT: ZeroDivisionError"),
        ("view.of('XRPUSDT').close[-1]", "XRPUSDT is not traded; there are BTCUSDT"),
        ("view.close.at(view.now.replace(tzinfo=None))", "has no time zone"),
        ("view.close.at(view.now.replace(year=2001))", "is no close of the bars from"),
    ],
)
def test_an_answer_that_is_no_wish_says_when_and_what(
    place: Path, tmp_path: Path, answer: str, said: str
) -> None:
    text = "from barograph.trading.stepwise import Wish\nclass A:\n    def decide(self, view):\n"
    with pytest.raises(InputError, match=said):
        run(place, file(tmp_path, f"{text}        return {answer}\n"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("np.zeros(3)", r"answered in shape \(3,\); wanted \(\d+, 1\)"),
        ("np.full(beliefs.mean.shape, np.inf)", "wants an infinite exposure"),
        ("beliefs.colour", "failed: AttributeError"),
    ],
)
def test_exposures_that_make_no_sense_are_said(
    place: Path, tmp_path: Path, answer: str, said: str
) -> None:
    text = (
        "import numpy as np\nfrom barograph.trading.strategies.base import Strategy\n"
        f"def rule(beliefs, cost):\n    return {answer}\n"
        "STRATEGIES = (Strategy('odd', 'odd', rule),)\n"
    )
    with pytest.raises(InputError, match=said):
        run(place, file(tmp_path, text))


def test_a_rule_cannot_change_what_the_next_one_sees(place: Path, tmp_path: Path) -> None:
    text = RULES.replace("return np.where", "beliefs.p_up[:] = 0.9\n    return np.where", 1)
    with pytest.raises(InputError, match="assignment destination is read-only"):
        run(place, f"{file(tmp_path, text)}:lean")


def test_where_a_gate_refuses_orders_go_too(place: Path, tmp_path: Path) -> None:
    text = (
        "from barograph.trading.stepwise import Wish\nclass A:\n    def decide(self, view):\n"
        "        told, price = view.forecast(), view.close[-1]\n"
        "        return told and Wish(1.0, 0.99 * price, 0.9 * price, 1.1 * price, 5)\n"
    )
    plan = Plan(strategy=file(tmp_path, text), limits={"confidence": 0.51})
    made = backtest(Lake(place / "lake"), SETTINGS, place / "forecasts.parquet", plan)
    wished = np.isfinite(made.wishes.target)
    shut = wished & ~(made.scene.beliefs.p_up >= 0.51)
    assert shut.any()
    assert (shut != wished).any()
    assert (made.wishes.target[shut] == 0.0).all()
    for name in ("limit", "stop", "take"):
        prices = getattr(made.wishes, name)
        assert np.isnan(prices[shut]).all()
        assert np.isfinite(prices[wished & ~shut]).all()


def test_the_examples_of_the_page_work(place: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for number, text in enumerate(blocks):
        told = run(place, file(tmp_path, text, f"example_{number}.py"))
        assert told["performance"]["trades"] > 0  # type: ignore[index]


def test_the_help_names_every_strategy() -> None:
    shown = CliRunner().invoke(app, ["backtest", "--help"], env={"COLUMNS": "200"}).output
    for name in strategies():
        assert name in shown
    assert "my_strategy.py" in shown
