"""How many attempts stand behind the result."""

from datetime import datetime

import polars as pl

from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.style import Drawing

TITLE = "What was tried"


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """The count, and the table when there is one."""
    plural = "configuration has" if inputs.tried == 1 else "configurations have"
    blocks: list[b.Block | Drawing] = [
        b.Note(
            f"{inputs.tried:,} {plural} been tried on these data, this one included; the best of "
            "many looks better than it is.",
            "say",
        )
    ]
    if inputs.trials is not None and not inputs.trials.is_empty():
        blocks.append(table(inputs.trials))
    return blocks


def table(trials: pl.DataFrame) -> b.Table:
    """The trials as they were recorded."""
    rows = tuple(tuple(_cell(value) for value in row) for row in trials.iter_rows())
    return b.Table(tuple(trials.columns), rows, "Configurations tried", folded=len(rows) > 12)


def _cell(value: object) -> b.Cell:
    if isinstance(value, bool) or value is None:
        return b.words(b.MISSING if value is None else ("yes" if value else "no"))
    if isinstance(value, int):
        return b.number(value, ",d")
    if isinstance(value, float):
        return b.number(value, ".6g")
    if isinstance(value, datetime):
        return b.words(f"{value:%Y-%m-%d %H:%M}")
    return b.words(str(value))
