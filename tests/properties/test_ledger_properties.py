"""Whatever is recorded comes back to the last bit, and no change of it goes unseen."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barograph.core.errors import AuditError
from barograph.core.hashing import frame_hash
from barograph.ledger.chain import RESERVED, Chain
from barograph.ledger.writer import writing

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
BODIES = st.dictionaries(
    st.text("abcdef_", min_size=1, max_size=6).filter(lambda name: name not in RESERVED),
    st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5),
    max_size=5,
)
QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def bits(value: Any) -> Any:
    """Make ``-0.0`` differ from ``0.0`` and ``1`` from ``1.0`` in a comparison."""
    if isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: bits(item) for key, item in items}
    return value.hex() if isinstance(value, float) else (type(value), value)


@QUICK
@given(st.lists(st.lists(BODIES, max_size=3), max_size=4))
def test_what_is_recorded_comes_back(batches: list[list[dict[str, Any]]]) -> None:
    with TemporaryDirectory() as folder:
        chain = Chain(Path(folder) / "notes.jsonl", "notes")
        for batch in batches:
            with writing(chain) as writer:
                writer.append(batch)
        read = [record.body for record in chain.records()]
    assert bits(read) == bits([body for batch in batches for body in batch])


@QUICK
@given(st.lists(BODIES, min_size=1, max_size=4), st.data())
def test_any_damage_is_seen(bodies: list[dict[str, Any]], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        chain = Chain(Path(folder) / "notes.jsonl", "notes")
        with writing(chain) as writer:
            writer.append(bodies)
        sound = chain.path.read_bytes()
        start = data.draw(st.integers(0, len(sound)), label="start")
        stop = data.draw(st.integers(start, len(sound)), label="stop")
        damaged = sound[:start] + data.draw(st.binary(max_size=4), label="put in") + sound[stop:]
        chain.path.write_bytes(damaged)
        if damaged.startswith(sound) and b"\n" not in damaged[len(sound) :]:
            assert sum(1 for _ in chain.records()) == len(bodies)
        else:
            with pytest.raises(AuditError, match=r"notes\.jsonl entry \d+ "):
                list(chain.records())


@QUICK
@given(
    st.lists(st.tuples(st.floats() | st.none(), st.text(max_size=5) | st.none()), max_size=20),
    st.data(),
)
def test_a_table_hashes_the_same_however_it_is_cut(
    rows: list[tuple[float | None, str | None]], data: st.DataObject
) -> None:
    schema = {"x": pl.Float64(), "name": pl.String()}
    whole = pl.DataFrame(rows, schema=schema, orient="row")
    cut = data.draw(st.integers(0, len(rows)))
    pieces = pl.concat([whole[:cut], whole[cut:]], rechunk=False)
    assert frame_hash(pieces) == frame_hash(whole)
    assert frame_hash(pieces.select("name", "x")) == frame_hash(whole)
