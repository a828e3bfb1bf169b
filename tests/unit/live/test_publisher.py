"""What is held against an entry that is shown again."""

from tests.unit.ledger.samples import publication

from barograph.ledger.forecasts import Entry
from barograph.live.publisher import corrected

ENTRY = Entry(1, "0" * 64, "1" * 64, publication())


def test_an_entry_whose_hour_stands_is_not_doubted() -> None:
    assert corrected(ENTRY, 63_123.45) == ()


def test_an_entry_made_from_a_close_that_was_corrected_says_both() -> None:
    (words,) = corrected(ENTRY, 6_312.3)
    assert words == "it was made from a price of 63,123.45, since corrected to 6,312.30"
