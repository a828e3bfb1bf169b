"""Waiting is doubled, shortened by chance, or as the supplier asks; nothing here sleeps."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from barograph.core.errors import SourceError
from barograph.sources.http import NotThereError, getter, web
from barograph.sources.retry import Retry, TransientError, asked_wait

NOW = datetime(2025, 1, 1, tzinfo=UTC)


class Naps(list[float]):
    """Seconds that would have been slept."""

    def retry(self, **settings: float) -> Retry:
        attempts = int(settings.pop("attempts", 6))
        return Retry(attempts=attempts, sleep=self.append, jitter=lambda: 0.0, **settings)


def failing(*errors: Exception) -> Callable[[], str]:
    left = list(errors)

    def work() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return work


def test_waits_double_up_to_the_longest() -> None:
    naps = Naps()
    broken = [TransientError("broken") for _ in range(5)]
    assert naps.retry(longest_wait=4.0).call("it", failing(*broken)) == "done"
    assert naps == [1.0, 2.0, 4.0, 4.0, 4.0]


def test_jitter_shortens_by_up_to_a_half() -> None:
    assert Retry(jitter=lambda: 1.0).pause(3) == 2.0
    assert all(2.0 <= Retry().pause(3) <= 4.0 for _ in range(50))


def test_the_supplier_says_how_long() -> None:
    naps = Naps()
    naps.retry().call("it", failing(TransientError("busy", 7.0), TransientError("busy", 0.0)))
    assert naps == [7.0, 0.0]


def test_a_wait_that_is_too_long_ends_it() -> None:
    naps = Naps()
    with pytest.raises(SourceError, match="it: banned, and asks to wait 7200 s"):
        naps.retry().call("it", failing(TransientError("banned", 7200.0)))
    assert naps == []


def test_it_gives_up_and_says_why() -> None:
    broken = [TransientError("broken") for _ in range(9)]
    with pytest.raises(SourceError, match=r"^it: broken \(3 attempts\)$"):
        Naps().retry(attempts=3).call("it", failing(*broken))


def test_other_errors_pass() -> None:
    with pytest.raises(SourceError, match=r"^no$"):
        Naps().retry().call("it", failing(SourceError("no")))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("7", 7.0), ("-1", 0.0), ("soon", None),
     ("Wed, 01 Jan 2025 00:00:30 GMT", 30.0), ("Tue, 31 Dec 2024 00:00:00 GMT", 0.0)],
)  # fmt: skip
def test_retry_after_is_a_count_or_a_date(header: str | None, seconds: float | None) -> None:
    assert asked_wait(header, NOW) == seconds


def get(naps: Naps, *replies: httpx.Response | Exception) -> bytes:
    left = list(replies)

    def answer(request: httpx.Request) -> httpx.Response:
        reply = left.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        return getter(client, naps.retry(), lambda: NOW)("http://x/y", {"limit": 1})


def test_failures_that_pass_are_met() -> None:
    naps = Naps()
    content = get(
        naps,
        httpx.Response(429, headers={"Retry-After": "9"}),
        httpx.Response(418),
        httpx.Response(503),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.Response(200, content=b"bytes"),
    )
    assert content == b"bytes"
    assert naps == [9.0, 2.0, 4.0, 8.0, 16.0]


def test_failures_that_stay_are_said() -> None:
    with pytest.raises(NotThereError, match="status 404"):
        get(Naps(), httpx.Response(404))
    with pytest.raises(SourceError, match="status 451: not in your country"):
        get(Naps(), httpx.Response(451, text="not in your\n country"))
    with pytest.raises(SourceError, match="bad"):
        get(Naps(), httpx.DecodingError("bad"))


def test_the_usual_transport_reaches_nobody_here() -> None:
    naps = Naps()
    with (
        web(naps.retry(attempts=2), timeout=0.5, trust_env=False) as transport,
        pytest.raises(SourceError, match=r"ConnectError .* \(2 attempts\)"),
    ):
        transport("http://127.0.0.1:9/nothing", {})
    assert naps == [1.0]
