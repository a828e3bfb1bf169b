"""Make published forecasts again from the lake and hold them against the record."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from barograph.core.errors import AuditError, BarographError
from barograph.core.settings import Settings
from barograph.evaluation.walk_forward import PLAIN, Runner
from barograph.features.base import Feature
from barograph.features.build import feature_set_hash
from barograph.lake.lake import Lake
from barograph.ledger.audit import Verified, verify
from barograph.ledger.forecasts import Entry, Ledger
from barograph.pipelines.forecast import forecast, publication

LEDGER = "ledger"
"""Folder of the record within the lake."""


def ledger_folder(lake: Lake) -> Path:
    """Where the record lies."""
    return lake.root / LEDGER


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
    entries: Sequence[Entry],
    features: Mapping[str, Feature],
    runner: Runner = PLAIN,
) -> Verified:
    """Verify every chain, then rebuild the entries bit for bit.

    Raises
    ------
    AuditError
        At the first disagreement, naming the entry and what differs.
    """
    verified = verify(ledger_folder(lake))
    for entry in entries:
        rebuild(lake, entry, features, runner)
    return verified


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
        If the features, the data, the models or any number of the forecast differ, or if the
        lake no longer gives what is needed.
    """
    said = entry.published
    found = feature_set_hash(features)
    if found != said.feature_set_hash:
        raise AuditError(
            f"{entry.subject}: features are {found[:12]}, were {said.feature_set_hash[:12]}; "
            "rebuild it with the version of barograph that made it"
        )
    try:
        settings = Settings.model_validate(said.settings)
        made = forecast(
            lake,
            settings,
            said.symbol,
            features,
            said.as_of,
            said.data_versions,
            runner,
        )
        again = publication(lake, settings, features, made, said.issued_at, said.data_versions)
    except AuditError:
        raise
    except (BarographError, ValueError, OSError) as error:
        raise AuditError(f"{entry.subject}: cannot be made again: {error}") from error
    if again.data_hash != said.data_hash:
        raise AuditError(
            f"{entry.subject}: the lake is not what it was made from: data hash "
            f"{again.data_hash[:12]}, was {said.data_hash[:12]}; restore the lake from a copy"
        )
    entry.compare(again.forecast)
    if again.model_hash != said.model_hash:
        raise AuditError(
            f"{entry.subject}: model hash {again.model_hash[:12]}, was {said.model_hash[:12]}"
        )
