"""What makes this run this run."""

from collections.abc import Mapping

from barograph.page import blocks as b
from barograph.page.facts import table, title
from barograph.page.style import Drawing
from barograph.trading.report.inputs import ReportInputs

TITLE = "Run identity"


def parts(inputs: ReportInputs) -> list[b.Block | Drawing]:
    """Plain facts first, then a table a group."""
    plain = {key: one for key, one in inputs.facts.items() if not isinstance(one, Mapping)}
    groups = {key: one for key, one in inputs.facts.items() if isinstance(one, Mapping)}
    return [
        b.Note(
            "The same plan on the same data gives the same trades to the last bit; their hash is "
            f"{inputs.record.hash[:16]}.",
            "say",
        ),
        table("Plan", plain, folded=True),
        *(table(title(name), facts, folded=True) for name, facts in groups.items() if facts),
    ]
