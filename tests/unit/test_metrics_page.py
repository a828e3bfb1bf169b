"""The generated reference is current and complete."""

from pathlib import Path

from barograph.metrics.catalogue import metrics
from barograph.metrics.page import page

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"


def test_the_reference_is_current() -> None:
    renew = "renew it: python -m barograph.metrics.page > docs/reference/metrics.md"
    assert REFERENCE.read_text(encoding="utf-8") == page(), renew


def test_every_metric_has_its_row() -> None:
    assert all(f"| `{name}` |" in page() for name in metrics())
