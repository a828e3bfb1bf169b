"""A backtest from a lake and forecasts: wishes, fills, figures, files."""

from barograph.pipelines.backtest.document import document, write
from barograph.pipelines.backtest.plan import Plan, decisions
from barograph.pipelines.backtest.run import Backtest, backtest
from barograph.pipelines.backtest.scene import Scene, scene_of

__all__ = ["Backtest", "Plan", "Scene", "backtest", "decisions", "document", "scene_of", "write"]
