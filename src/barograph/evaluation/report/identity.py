"""Everything needed to make this report again."""

from collections.abc import Mapping

from barograph.evaluation.report.inputs import ReportInputs
from barograph.page import blocks as b
from barograph.page.facts import table, title
from barograph.page.style import Drawing

TITLE = "Run identity"


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Hashes and plain facts first, then one table per group."""
    if not inputs.run:
        return [b.Note("This page was made without a run's identity.", "warn")]
    plain = {key: value for key, value in inputs.run.items() if not isinstance(value, Mapping)}
    groups = {key: value for key, value in inputs.run.items() if isinstance(value, Mapping)}
    blocks: list[b.Block | Drawing] = [
        b.Note("The same configuration on the same data gives the same bytes of forecasts.", "say")
    ]
    if plain:
        blocks.append(table("Identity", plain, folded=False))
    blocks += [table(title(name), facts, folded=True) for name, facts in groups.items()]
    return blocks
