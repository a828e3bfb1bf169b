"""The report a person wants to read: one self-contained page (R-E6).

``render(inputs)`` returns the page and its figures; the pipelines write them. One file per
section; each says in a sentence what its table and picture show.
"""

from barograph.evaluation.report.document import Report, render
from barograph.evaluation.report.inputs import ReportInputs

__all__ = ["Report", "ReportInputs", "render"]
