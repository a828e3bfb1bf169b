"""Whatever is asked for and whenever, IBKR's limits hold as the gateway counts them."""

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barograph.pair.pacing import Asked, Pacer
from barograph.simulator.ibkr import Book
from barograph.simulator.ibkr_wire import Bars

Wish = tuple[float, str, int]

BURSTS = st.lists(
    st.tuples(
        st.floats(0.0, 700.0, allow_nan=False),  # seconds the caller idles before a burst
        st.floats(0.0, 12.0, allow_nan=False),  # and within it
        st.sampled_from(["BTC", "ETH"]),
        st.integers(0, 200),  # the month it begins with
        st.integers(1, 70),  # questions
    ),
    min_size=1,
    max_size=6,
)


def wishes_of(bursts: list[tuple[float, float, str, int, int]]) -> list[Wish]:
    """Questions one after the other, of ever new months as a download asks them."""
    return [
        (before if count == 0 else within, symbol, month + count)
        for before, within, symbol, month, questions in bursts
        for count in range(questions)
    ]


WISHES = BURSTS.map(wishes_of)


def asked(symbol: str, month: int) -> Bars:
    text = f"{symbol} {month}"
    return Bars(1, symbol, "CRYPTO", "PAXOS", "USD", None, 86_400, "1 hour", "AGGTRADES", text)


def followed(wishes: list[Wish], pacer: Pacer, start: float) -> list[tuple[float, Bars]]:
    """Requests as they are sent when every wait is kept, to the bit."""
    now, sent = start, []
    for idle, symbol, month in wishes:
        now += idle
        question = asked(symbol, month)
        now += pacer.wait(now, question.series, question.everything)
        pacer.note(now, question.series, question.everything)
        sent.append((now, question))
    return sent


@given(WISHES, st.floats(0, 2e9))
@example([(0.0, "BTC", month % 10) for month in range(150)], 1.7e9)
@example([(0.0, "BTC", month) for month in range(150)], 1.7e9)
@settings(max_examples=60, deadline=None)
def test_every_schedule_keeps_to_what_the_gateway_counts(wishes: list[Wish], start: float) -> None:
    """The judge is the stand-in's, written from IBKR's page and not from the pacer."""
    judge = Book()
    for now, question in followed(wishes, Pacer(), start):
        judge.take(question, now)
    assert judge.violations == []
    assert len(judge.asked) == len(wishes)


@given(WISHES, st.floats(0, 30))
@settings(max_examples=30, deadline=None)
def test_a_second_run_keeps_to_what_the_first_one_asked(wishes: list[Wish], idle: float) -> None:
    first = Pacer()
    sent = followed(wishes, first, 1.7e9)
    carried = orjson.dumps([[one.at, one.contract, one.request] for one in first.history])
    second = Pacer([Asked(*one) for one in orjson.loads(carried)])
    sent += followed(wishes, second, sent[-1][0] + idle)
    judge = Book()
    for now, question in sent:
        judge.take(question, now)
    assert judge.violations == []


@given(WISHES)
@settings(max_examples=30, deadline=None)
def test_no_one_waits_longer_than_the_longest_limit(wishes: list[Wish]) -> None:
    """Also a clock that was set back by a day costs ten minutes at most."""
    pacer = Pacer()
    now = followed(wishes, pacer, 1.7e9)[-1][0]
    for present in (now, now - 86_400.0):
        assert 0.0 <= pacer.wait(present, "BTC PAXOS AGGTRADES", "BTC 0") <= 600.5


@pytest.mark.parametrize(
    ("gap", "months", "rule"),
    [(5.0, 1, "identical"), (0.1, 70, "six requests"), (5.0, 70, "more than 60")],
)
def test_a_careless_client_is_caught_by_the_judge(gap: float, months: int, rule: str) -> None:
    """The judge that finds nothing above does look."""
    judge = Book()
    for count in range(70):
        judge.take(asked("BTC", count % months), 1.7e9 + gap * count)
    assert any(rule in one for one in judge.violations)
