"""The page of a backtest: one self-contained file, every figure beside what to hold it against.

``render(inputs)`` returns the page; the pipelines write it. One file per section.
"""

from barograph.trading.report.document import render
from barograph.trading.report.inputs import ReportInputs

__all__ = ["ReportInputs", "render"]
