"""Ask again, later each time; the one place where waiting for a supplier is decided."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from barograph.core.errors import SourceError

LOG: Final = logging.getLogger(__name__)
T = TypeVar("T")


class TransientError(Exception):
    """A failure that may pass: too many requests, a server error, silence, a broken answer.

    Attributes
    ----------
    wait : float or None
        Seconds the supplier asked to wait; None where it did not say.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long to wait: exponential, with jitter, or as the supplier asks.

    Attributes
    ----------
    attempts : int
        Times a request is made before giving up.
    first_wait : float
        Seconds before the second attempt; doubled each time.
    longest_wait : float
        Seconds no single wait exceeds; a supplier that asks for more is given up at once.
    sleep : Callable[[float], None]
        What waits; a test passes one that does not.
    jitter : Callable[[], float]
        Within 0 ... 1; each wait is shortened by up to a half of itself, so that clients that
        failed together do not return together.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def call(self, what: str, work: Callable[[], T]) -> T:
        """Result of the work, tried until it succeeds.

        Parameters
        ----------
        what : str
            What is asked for, for messages.
        work : Callable[[], T]
            Raises ``TransientError`` to be called again.

        Raises
        ------
        SourceError
            If every attempt failed, or the supplier asks to wait for too long.
        """
        retrying = Retrying(
            sleep=self.sleep,
            wait=self._wait,
            stop=stop_after_attempt(self.attempts),
            retry=retry_if_exception_type(TransientError),
            before_sleep=_tell(what),
            reraise=True,
        )
        try:
            answer: T = retrying(self._patiently, what, work)
        except TransientError as error:
            raise SourceError(f"{what}: {error} ({self.attempts} attempts)") from error
        return answer

    def _patiently(self, what: str, work: Callable[[], T]) -> T:
        try:
            return work()
        except TransientError as error:
            if error.wait is not None and error.wait > self.longest_wait:
                raise SourceError(
                    f"{what}: {error}, and asks to wait {error.wait:.0f} s"
                    f" (limit {self.longest_wait:.0f} s); try again then"
                ) from error
            raise

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TransientError) and error.wait is not None:
            return error.wait
        return self.pause(state.attempt_number)

    def pause(self, attempt: int) -> float:
        """Seconds to wait after the given attempt (1, 2 ...) where the supplier says nothing."""
        doubled = min(self.first_wait * 2.0 ** (attempt - 1), self.longest_wait)
        return doubled * (1 - 0.5 * self.jitter())


def asked_wait(header: str | None, present: datetime) -> float | None:
    """Seconds a ``Retry-After`` header asks for: a count or a date; None where unreadable.

    Reference: RFC 9110, section 10.2.3.
    """
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - present).total_seconds())
    except (ValueError, TypeError):
        return None


def _tell(what: str) -> Callable[[RetryCallState], None]:
    def say(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        LOG.warning("%s: %s; asking again in %.1f s", what, error, wait)

    return say
