"""What is shown of a forecast that should be distrusted."""

import pytest

from barograph.live.answer import graded


def test_confidence_stands_where_nothing_speaks_against_it() -> None:
    assert graded("high", "narrow", ()) == {"confidence": "high", "confidence_reason": "narrow"}


@pytest.mark.parametrize("grade", ["medium", "high"])
def test_a_doubt_lowers_confidence_and_is_its_reason(grade: str) -> None:
    told = graded(grade, "narrow", ("the last hour moved +900.0 %", "hardly any volume"))
    assert told["confidence"] == "low"
    assert told["confidence_reason"] == (
        f"the last hour moved +900.0 %; hardly any volume (graded {grade} otherwise)"
    )


def test_low_keeps_its_own_reason() -> None:
    assert graded("low", "wide", ("hardly any volume",))["confidence_reason"] == "wide"
