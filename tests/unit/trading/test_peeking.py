"""Planted cheats: each must fail, with the name of what it touched."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.unit.trading.beliefs import question

from barograph.core.errors import InputError, LookAheadError
from barograph.core.types import Floats
from barograph.lake.lake import Lake
from barograph.trading import asking, doors
from barograph.trading.asking import checked_decisions, checked_exposures
from barograph.trading.stepwise import Stepwise, Wish, decisions
from barograph.trading.strategies.base import Beliefs, Strategy
from barograph.trading.view import View

ASKED = question()
HOUR = timedelta(hours=1)
PRICES = ASKED.market.close
TABLE = pl.DataFrame({"close": [1.0, 2.0]})
SHORT = [1.0, 2.0, 3.0]
LONG = [1.0] * 500
FILE = "prices.parquet"
POSITION = {"rows": 0}


def by_steps(decide: Callable[[View], Wish | float | None], **more: Any) -> Stepwise:
    """A strategy that decides by a function of the view."""
    kind = type("Cheat", (), {"decide": lambda _self, view: decide(view), **more})
    return Stepwise("cheat", "planted", kind)


def at_once(exposure: Callable[..., Floats]) -> Strategy:
    return Strategy("cheat", "planted", exposure)


# Through the view ---------------------------------------------------------------------------------


def next_bar(view: View) -> float:
    return view.close[len(view.close)] - view.close[-1]


def far_slice(view: View) -> float:
    return float(view.high[len(view.high) - 1 : len(view.high) + 5].max())


def later_moment(view: View) -> float:
    return view.close.at(view.now + HOUR)


def later_forecast(view: View) -> float:
    told = view.forecast(at=view.now + 3 * HOUR)
    return 0.0 if told is None else told.mean


def other_symbol(view: View) -> float:
    return view.of("S1").close[len(view.close)]


def quietly(view: View) -> float:
    with suppress(Exception):
        return view.close[len(view.close)]
    return 0.0


@pytest.mark.parametrize(
    ("decide", "touched"),
    [
        (next_bar, r"S0 close\[1\] is later than the close it was asked at, 2024-01-01T00:00"),
        (far_slice, r"S0 high\[0:6\] is later"),
        (later_moment, r"S0 close.at\(2024-01-01T01:00\) is later"),
        (later_forecast, "S0 forecast of 2024-01-01T03:00 is later"),
        (other_symbol, r"S1 close\[1\] is later"),
        (quietly, r"S0 close\[1\] is later"),
    ],
)
def test_asking_the_view_for_what_is_later_fails_by_name(
    decide: Callable[[View], float], touched: str
) -> None:
    with pytest.raises(LookAheadError, match=f"'cheat': {touched}"):
        checked_decisions(by_steps(decide), ASKED)


def test_counting_back_past_the_beginning_does_not_come_round_to_the_end() -> None:
    with pytest.raises(InputError, match="IndexError"):
        decisions(by_steps(lambda view: view.close[-len(view.close) - 1]), ASKED)


def test_memory_behind_the_view_holds_nothing_later() -> None:
    """Whoever digs into the view's own parts finds no later hour to see."""
    seen = []

    def dig(view: View) -> None:
        tape = view._tape
        later = {name: values[:, tape.length :] for name, values in tape.values.items()}
        seen.append(all(np.isnan(values).all() for values in later.values()))
        assert view.close[-1:].base is None

    decisions(by_steps(dig), ASKED)
    assert len(seen) > 400
    assert all(seen)


# Through what it carries --------------------------------------------------------------------------


def closing_over(data: object) -> Callable[[View], float]:
    def decide(view: View) -> float:
        return float(bool(data)) * view.close[-1]

    return decide


def reads_a_global(view: View) -> float:
    return float(PRICES[len(view.close), 0])


def reads_a_table(view: View) -> float:
    return float(TABLE["close"][len(view.close)])


def names_a_file(_view: View) -> float:
    return float(len(FILE))


def opens_a_file(_view: View) -> float:
    with open("/etc/hostname") as file:  # noqa: PTH123
        return float(len(file.read()))


def scans_a_file(_view: View) -> float:
    return float(pl.scan_parquet("bars/*").collect().height)


def opens_a_lake(_view: View) -> float:
    return float(len(Lake(__file__).bars("BTCUSDT", "1h", ())))  # type: ignore[arg-type]


def imports_a_lake(_view: View) -> float:
    from barograph.lake import lake

    return float(bool(lake))


def calls_another(view: View) -> float:
    return reads_a_global(view)


def looks_at_frames(_view: View) -> float:
    return float(len(sys._getframe().f_locals))


def default(view: View, prices: list[float] = LONG) -> float:
    return prices[len(view.close)]


def counting() -> Iterator[float]:
    yield 1.0


class Loaded(float):
    """A number that carries more than its value."""

    table: list[float]


class Named(str):
    """A text that does."""

    __slots__ = ("table",)


class Kept(Enum):
    """A name for a list."""

    A = [0.5] * 500


def loaded(kind: Callable[[], Any]) -> object:
    item = kind()
    item.table = LONG
    return item


@pytest.mark.parametrize(
    ("decide", "touched"),
    [
        (closing_over(PRICES), "closure variable 'data' of .*decide.* is an array of 480 values"),
        (closing_over(TABLE), "closure variable 'data' of .*decide.* is a DataFrame of polars"),
        (closing_over(TABLE.lazy()), "is a LazyFrame of polars"),
        (closing_over(ASKED.market), "closure variable 'data' of .*decide.* is a Market"),
        (closing_over(ASKED.beliefs), "closure variable 'data' of .*decide.* is a Beliefs"),
        (closing_over(ASKED), r"closure variable 'data' of .*decide.market is a Market"),
        (closing_over(Path("bars")), "closure variable 'data' of .*decide.* is the path bars"),
        (closing_over(LONG), "is a list of 500 values"),
        (closing_over({"a": {"b": PRICES}}), r"decide\['a'\]\['b'\] is an array"),
        (closing_over(counting()), "is a generator"),
        (closing_over(loaded(lambda: Loaded(1.0))), r"table is a list of 500 values"),
        (closing_over(loaded(lambda: Named("a"))), r"table is a list of 500 values"),
        (closing_over(Kept.A), r"is a list of 500 values"),
        (closing_over(functools.partial(max, PRICES)), r"args\[0\] is an array"),
        (closing_over(PRICES.item), "closure variable 'data' of .*decide.* is an array"),
        (closing_over(functools.lru_cache(lambda: PRICES)), "global 'PRICES' of .* is an array"),
        (closing_over("1.5 " * 5000), "is a str of 20,000 values"),
        (closing_over(b"1234" * 100), "is a bytes of 400 values"),
        (reads_a_global, "global 'PRICES' of .* is an array"),
        (reads_a_table, "global 'TABLE' of .* is a DataFrame"),
        (calls_another, "global 'PRICES' of global 'reads_a_global' of .* is an array"),
        (names_a_file, "global 'FILE' of .* is the path prices.parquet"),
        (opens_a_file, "open, used by .*decide.* is a way to data"),
        (scans_a_file, "scan_parquet, used by .* is a way to data"),
        (opens_a_lake, "global 'Lake' of .* is Lake, a way to data"),
        (imports_a_lake, "barograph.lake, imported by .* is a way to data"),
        (looks_at_frames, "global 'sys' of .* is a way to data|_getframe, used by"),
        (default, "default 0 of .* is a list of 500 values"),
    ],
)  # fmt: skip
def test_carrying_data_fails_by_name_before_anything_is_asked(
    decide: Callable[[View], float], touched: str
) -> None:
    with pytest.raises(LookAheadError, match=f"'cheat' carries data: .*({touched})"):
        checked_decisions(by_steps(decide), ASKED)


def test_attributes_of_a_class_and_of_what_it_holds_are_looked_through() -> None:
    with pytest.raises(LookAheadError, match=r"Cheat.prices is an array"):
        checked_decisions(by_steps(lambda _view: None, prices=PRICES), ASKED)

    @dataclass
    class Holder:
        prices: Floats

    with pytest.raises(LookAheadError, match=r"Cheat.inner.prices is an array"):
        checked_decisions(by_steps(lambda _view: None, inner=Holder(PRICES)), ASKED)


def test_numbers_functions_and_packages_may_be_carried() -> None:
    weights = (0.5, -0.25)

    def mean(values: Floats) -> float:
        return float(np.nanmean(values))

    def decide(view: View) -> float:
        return weights[0] * float(view.close[-1] > mean(view.close[-5:])) + SHORT[0] * 0.0

    assert np.nanmax(checked_decisions(by_steps(decide), ASKED).target) == 0.5


# Rules for all hours ------------------------------------------------------------------------------


def shifted(beliefs: Beliefs, _cost: float) -> Floats:
    return np.sign(np.roll(beliefs.mean, -1, axis=0))


def ranked(beliefs: Beliefs, _cost: float) -> Floats:
    return np.where(beliefs.vol > np.nanmedian(beliefs.vol, axis=0), 0.0, 1.0)


def normalised(beliefs: Beliefs, _cost: float) -> Floats:
    return np.clip((beliefs.p_up - np.nanmean(beliefs.p_up)) * 10.0, -1.0, 1.0)


def next_source(beliefs: Beliefs, _cost: float) -> Floats:
    found = np.zeros(beliefs.source.shape)
    found[:-1] = beliefs.source[1:] % 2
    return found


def next_odds(beliefs: Beliefs, _cost: float) -> Floats:
    up = beliefs.odds.up if beliefs.odds else beliefs.p_up
    return np.vstack((up[1:], up[:1])) - 0.5


def from_the_end(beliefs: Beliefs, _cost: float) -> Floats:
    left = len(beliefs.mean) - np.arange(len(beliefs.mean))
    return np.repeat(np.where(left % 48 < 24, 1.0, -1.0)[:, None], beliefs.mean.shape[1], axis=1)


@pytest.mark.parametrize(
    ("exposure", "column"),
    [
        (shifted, "'mean' of later hours"),
        (ranked, "'vol' of later hours"),
        (normalised, "'p_up' of later hours"),
        (next_source, "'source' of later hours"),
        (next_odds, "'odds' of later hours"),
        (from_the_end, "the number of hours to come"),
    ],
)
def test_a_rule_that_reads_later_rows_fails_with_the_hour_and_the_column(
    exposure: Callable[..., Floats], column: str
) -> None:
    said = f"'cheat' reads the future: its exposure of S[01] at 2024-01-.*T.* where {column} differ"
    with pytest.raises(LookAheadError, match=said):
        checked_exposures(at_once(exposure), ASKED)


def test_a_rule_over_an_array_of_its_own_fails() -> None:
    def exposure(beliefs: Beliefs, _cost: float) -> Floats:
        found: Floats = np.sign(PRICES[1:2] - PRICES[:1]) * np.ones(beliefs.mean.shape)
        return found

    with pytest.raises(LookAheadError, match="global 'PRICES' of exposure is an array"):
        checked_exposures(at_once(exposure), ASKED)


def test_rolling_over_the_past_is_no_foresight() -> None:
    def exposure(beliefs: Beliefs, _cost: float) -> Floats:
        filled = np.nan_to_num(beliefs.mean)
        total = np.cumsum(filled, axis=0)
        return np.sign(total)

    assert np.isfinite(checked_exposures(at_once(exposure), ASKED)).all()


def test_an_answer_that_differs_from_time_to_time_is_no_answer() -> None:
    def exposure(beliefs: Beliefs, _cost: float) -> Floats:
        return np.random.default_rng().random(beliefs.mean.shape)

    with pytest.raises(InputError, match="answers the same question differently"):
        checked_exposures(at_once(exposure), ASKED)

    def remember(_view: View) -> float:
        POSITION["rows"] += 1
        return float(POSITION["rows"] % 7)

    with pytest.raises(InputError, match="keep what it remembers in self"):
        checked_decisions(by_steps(remember), ASKED)


def test_a_way_that_nobody_thought_of_is_seen_by_what_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here up the frames of an error, by names that are not spelled out.

    It is refused by ``getattr`` already; with that net away, the next one is tried.
    """

    def decide(view: View) -> float:
        try:
            return 1.0 / (len(view.close) - len(view.close))
        except ZeroDivisionError as error:
            frame = getattr(error.__traceback__, "tb_" + "frame")
        while "question" not in (local := getattr(frame, "f_" + "locals")):
            frame = getattr(frame, "f_" + "back")
        close = local["question"].market.close[:, 0]
        return float(np.nan_to_num(close[len(view.close) : len(view.close) + 1]).sum() > 100.0)

    with pytest.raises(LookAheadError, match=r"getattr, used by .* is a way to data"):
        checked_decisions(by_steps(decide), ASKED)
    monkeypatch.setattr(asking, "refuse_carried", lambda _rule, _code: None)
    with pytest.raises(LookAheadError, match="looks at tb_frame of a traceback while it decides"):
        checked_decisions(by_steps(decide), ASKED)
    monkeypatch.setattr(doors, "FRAMES", frozenset())
    with pytest.raises(
        LookAheadError, match=r"reads the future: its target of S[01] at .* where 'close' of later"
    ):
        checked_decisions(by_steps(decide), ASKED)


# Forecasts that were not published ----------------------------------------------------------------


def test_citing_a_forecast_published_later_fails_with_its_number() -> None:
    def decide(view: View) -> Wish | None:
        told = view.forecast()
        return None if told is None else Wish(1.0, source=told.source + 30)

    with pytest.raises(
        LookAheadError, match=r"cites forecast \d+ at 2024-01-01T0.*, which was published by 2024"
    ):
        checked_decisions(by_steps(decide), ASKED)
    with pytest.raises(InputError, match="there is none of that number"):
        checked_decisions(by_steps(lambda _view: Wish(1.0, source=99_999)), ASKED)


def test_citing_an_earlier_forecast_is_kept_and_this_closes_one_is_the_default() -> None:
    def decide(view: View) -> Wish | None:
        told = view.forecast()
        if told is None:
            return None
        before = view.forecast(at=view.now - HOUR) if len(view.close) > 1 else None
        return Wish(1.0, source=None if before is None else before.source)

    made = checked_decisions(by_steps(decide), ASKED)
    wished = np.isfinite(made.target)
    rows, columns = np.nonzero(wished)
    late = made.source[rows, columns]
    expected = np.where(ASKED.beliefs.source[rows - 1, columns] > 0, rows, rows + 1)
    np.testing.assert_array_equal(late[rows > 0], expected[rows > 0])
