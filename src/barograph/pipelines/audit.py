"""Make published forecasts again from the lake and hold them against the record."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from barograph.core.errors import AuditError, BarographError
from barograph.core.settings import Settings
from barograph.evaluation.walk_forward import PLAIN, Runner
from barograph.features.base import Feature
from barograph.features.build import feature_set_hash
from barograph.features.extension import own
from barograph.lake.fingerprint import fingerprint
from barograph.lake.lake import Lake
from barograph.ledger.audit import Verified, verify
from barograph.ledger.forecasts import Entry, Ledger
from barograph.ledger.payload import forecast_payload
from barograph.pipelines.forecast import forecast

LEDGER = "ledger"
"""Folder of the record within the lake."""


def ledger_folder(lake: Lake) -> Path:
    """Where the record lies."""
    return lake.root / LEDGER


def published(lake: Lake) -> pl.DataFrame:
    """Return sequence, symbol, as_of, issued_at, simulated and hash; a row per forecast."""
    rows = [
        {
            "sequence": entry.sequence,
            "symbol": entry.published.symbol,
            "as_of": entry.published.as_of,
            "issued_at": entry.published.issued_at,
            "simulated": entry.published.simulated,
            "entry_hash": entry.entry_hash,
        }
        for entry in Ledger(ledger_folder(lake)).entries()
    ]
    return pl.DataFrame(rows)


def choose(lake: Lake, *, last: bool, sequence: int | None, every: bool) -> Sequence[Entry]:
    """Entries to rebuild: the last of all, one by its sequence, every one, or none.

    Raises
    ------
    AuditError
        If there is no such entry.
    """
    entries = tuple(Ledger(ledger_folder(lake)).entries())
    if every:
        return entries
    if sequence is not None:
        found = tuple(entry for entry in entries if entry.sequence == sequence)
        if not found:
            raise AuditError(f"no entry {sequence}; the ledger has entries 1 to {len(entries)}")
        return found
    return entries[-1:] if last else ()


def audit(
    lake: Lake,
    choice: Callable[[], Sequence[Entry]],
    features: Mapping[str, Feature],
    runner: Runner = PLAIN,
) -> tuple[Verified, Sequence[Entry]]:
    """Verify every chain, then rebuild the entries chosen, bit for bit.

    Parameters
    ----------
    lake : Lake
        Where record and data lie.
    choice : Callable[[], Sequence[Entry]]
        Picks the entries, once the chain has been found sound.
    features : Mapping[str, Feature]
        The catalogue, with the user's own that entries may have been made from.
    runner : Runner
        How the work is run.

    Raises
    ------
    AuditError
        At the first disagreement, naming the entry and what differs.
    """
    verified = verify(ledger_folder(lake))
    entries = choice()
    for entry in entries:
        rebuild(lake, entry, features, runner)
    return verified, entries


def rebuild(
    lake: Lake,
    entry: Entry,
    features: Mapping[str, Feature],
    runner: Runner = PLAIN,
) -> None:
    """Make one published forecast again from the versions it cites.

    Raises
    ------
    AuditError
        If the features, the bytes of the lake, the rows read, the models or any number of the
        forecast differ, or if the lake no longer gives what is needed.
    """
    said = entry.published
    features = features_of(entry, features)
    with citing(entry):
        check_bytes(lake, entry)
        settings = Settings.model_validate(said.settings)
        made = forecast(
            lake, settings, said.symbol, features, said.as_of, said.data_versions, runner
        )
    if made.dataset.data_hash != said.data_hash:
        raise AuditError(
            f"{entry.subject}: the rows read are not those it was made from: data hash "
            f"{made.dataset.data_hash[:12]}, was {said.data_hash[:12]}; restore the lake"
        )
    entry.compare(forecast_payload(made.frame))
    if made.model_hash != said.model_hash:
        raise AuditError(
            f"{entry.subject}: model hash {made.model_hash[:12]}, was {said.model_hash[:12]}; "
            "rebuild it with the package versions it names"
        )


def features_of(entry: Entry, features: Mapping[str, Feature]) -> Mapping[str, Feature]:
    """The features an entry was made from: those given, or the same without the user's own.

    Raises
    ------
    AuditError
        If it was made from neither.
    """
    said = entry.published.feature_set_hash
    added = own(features)
    shipped = {name: feature for name, feature in features.items() if name not in added}
    for candidate in (features, shipped):
        if feature_set_hash(candidate) == said:
            return candidate
    raise AuditError(
        f"{entry.subject}: features are {feature_set_hash(features)[:12]}, were {said[:12]}; "
        "rebuild it with the version of barograph that made it, and with features of your own that "
        "it had: --features"
    )


@contextmanager
def citing(entry: Entry) -> Iterator[None]:
    """Name the entry in whatever goes wrong while it is made again."""
    try:
        yield
    except AuditError:
        raise
    except (BarographError, ValueError, OSError) as error:
        raise AuditError(f"{entry.subject}: cannot be made again: {error}") from error


def check_bytes(lake: Lake, entry: Entry) -> None:
    """Hold the bytes of every table the entry cites against what was recorded.

    Raises
    ------
    AuditError
        At the first table that differs or cannot be read, naming it.
    """
    said = entry.published
    for table, version in said.data_versions.items():
        found = fingerprint(lake, {table: version})[table]
        if found != said.table_hashes.get(table):
            raise AuditError(
                f"{entry.subject}: {table} at version {version} is not, byte for byte, what it "
                "was made from; restore the lake from a copy"
            )
