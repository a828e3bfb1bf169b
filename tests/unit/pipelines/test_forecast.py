"""What the model hash covers: what every model, and the calibrated flagship, said at the origin."""

from dataclasses import replace

import numpy as np

from barograph.core.hashing import value_hash
from barograph.models.base import Output
from barograph.pipelines.forecast import words

OUTPUT = Output(np.full((3, 2), 0.1), np.full((3, 2, 13), 0.2), np.full((3, 2), 0.5))


def test_the_last_bit_of_anything_said_at_the_origin_changes_the_hash() -> None:
    whole = value_hash(words(OUTPUT, 2))
    for name in ("variance", "quantiles", "p_up"):
        values = getattr(OUTPUT, name).copy()
        values[2].flat[-1] = np.nextafter(values[2].flat[-1], 1.0)
        moved = replace(OUTPUT, **{name: values})
        assert value_hash(words(moved, 2)) != whole, name
        assert value_hash(words(moved, 1)) == whole, name


def test_what_is_not_said_is_left_out_and_unknown_is_null() -> None:
    silent = Output(np.array([[np.nan, 2.0]]))
    assert words(silent, 0) == {"variance": [None, 2.0]}
