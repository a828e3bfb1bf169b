"""Everything needed to make this report again."""

from collections.abc import Iterator, Mapping

from barograph.evaluation.report.inputs import Facts, ReportInputs
from barograph.page import blocks as b
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
        blocks.append(_table("Identity", plain, folded=False))
    blocks += [_table(_title(name), facts, folded=True) for name, facts in groups.items()]
    return blocks


def _table(caption: str, facts: Facts, *, folded: bool) -> b.Table:
    rows = tuple(
        (b.words(_title(name), "head"), b.words(text, "mono")) for name, text in flat(facts)
    )
    return b.Table(("what", "value"), rows, caption, folded)


def _title(name: str) -> str:
    """A key in words; the path of a table as it is."""
    return name if "/" in name else name.replace("_", " ").replace(".", " · ")


def flat(facts: Facts, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested facts as dotted names and texts, in their order."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            yield f"{prefix}{name}", "yes" if value else "no"
        elif isinstance(value, float):
            yield f"{prefix}{name}", f"{value:.6g}"
        elif isinstance(value, list | tuple):
            yield f"{prefix}{name}", ", ".join(str(part) for part in value) or b.MISSING
        else:
            yield f"{prefix}{name}", b.MISSING if value is None else str(value)
