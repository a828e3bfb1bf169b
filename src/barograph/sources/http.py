"""The transport: one function from an address to bytes, handed to whatever needs it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, TypeAlias

import httpx

from barograph import __version__
from barograph.core.errors import SourceError
from barograph.core.time import Clock, now
from barograph.sources.retry import Retry, TransientError, asked_wait

HttpGet: TypeAlias = Callable[[str, Mapping[str, str | int]], bytes]
"""Address and query to the body of the answer; raises ``SourceError`` when it gives up."""

LIMITED: Final = frozenset({418, 429})
"""Too many requests; 418 is Binance's ban of an address that went on after a 429."""


class NotThereError(SourceError):
    """The supplier has no such thing (404): not a failure where absence is an answer."""


@contextmanager
def web(
    retry: Retry | None = None,
    *,
    timeout: float = 20.0,
    clock: Clock = now,
    trust_env: bool = True,
) -> Iterator[HttpGet]:
    """Transport over httpx, its connections closed at the end.

    Parameters
    ----------
    retry : Retry, optional
        How failures are met; the usual patience when None.
    timeout : float
        Seconds to connect, and between two pieces of an answer.
    clock : Clock
        The present, for a ``Retry-After`` that is a date.
    trust_env : bool
        Whether proxies named in the environment are used.
    """
    agent = {"User-Agent": f"barograph/{__version__}"}
    with httpx.Client(
        timeout=timeout, follow_redirects=True, headers=agent, trust_env=trust_env
    ) as client:
        yield getter(client, retry or Retry(), clock)


def getter(client: httpx.Client, retry: Retry, clock: Clock = now) -> HttpGet:
    """Transport of a client, with retries."""

    def get(url: str, query: Mapping[str, str | int]) -> bytes:
        return retry.call(f"GET {url}", lambda: _once(client, url, query, clock))

    return get


def _once(client: httpx.Client, url: str, query: Mapping[str, str | int], clock: Clock) -> bytes:
    try:
        reply = client.get(url, params=dict(query) or None)
    except httpx.TransportError as error:
        raise TransientError(f"{type(error).__name__} {error}".strip()) from error
    except httpx.HTTPError as error:
        raise SourceError(f"GET {url}: {error}") from error
    status = reply.status_code
    if status in LIMITED or status >= 500:
        wait = asked_wait(reply.headers.get("Retry-After"), clock())
        raise TransientError(f"status {status}", wait)
    if status == 404:
        raise NotThereError(f"GET {url}: status 404, there is no such file")
    if status >= 400:
        said = " ".join(reply.text.split())[:120]
        raise SourceError(f"GET {url}: status {status}: {said or 'no reason given'}")
    return reply.content
