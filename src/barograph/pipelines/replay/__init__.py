"""A past stretch walked again hour by hour."""

from barograph.pipelines.backtest.plan import Plan
from barograph.pipelines.replay.stretch import Ask, replay
from barograph.pipelines.replay.walk import Walk, walk

__all__ = ["Ask", "Plan", "Walk", "replay", "walk"]
