"""Bars that come late are gathered before the history is walked over anew."""

import time

from barograph.live.job import Walks


def test_the_first_walk_is_at_once_and_the_next_one_waits() -> None:
    walks = Walks(apart=0.05)
    assert walks.due
    walks.walked()
    assert not walks.due
    time.sleep(0.06)
    assert walks.due
