"""A past stretch walked again hour by hour."""

from barograph.pipelines.replay.stretch import Ask, replay
from barograph.pipelines.replay.walk import Walk, walk

__all__ = ["Ask", "Walk", "replay", "walk"]
