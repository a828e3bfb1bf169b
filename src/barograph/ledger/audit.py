"""Check the whole record: every byte of every chain, and that outcomes cite real forecasts."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

from barograph.core.errors import AuditError
from barograph.ledger.forecasts import Ledger
from barograph.ledger.outcomes import Outcomes
from barograph.ledger.trials import Trials


@dataclass(frozen=True, slots=True)
class Verified:
    """What a sound record holds.

    Attributes
    ----------
    forecasts, outcomes, trials : int
        Entries by chain.
    last_hash : str
        Hash of the last forecast entry. Noted elsewhere (a letter, a public page), it proves
        later that the record was not rewritten as a whole, which no chain can prove by itself.
    """

    forecasts: int
    outcomes: int
    trials: int
    last_hash: str


def verify(folder: Path) -> Verified:
    """Check the record of a lake.

    Parameters
    ----------
    folder : Path
        Where ``forecasts.jsonl`` lies.

    Raises
    ------
    AuditError
        At the first entry that is not what was written, naming the file, the entry's sequence,
        its symbol and ``as_of``, and which hash is wrong; or if there is no record at all.
    LakeVersionError
        If a newer program wrote it.
    """
    ledger = Ledger(folder)
    hashes = {entry.entry_hash: entry.sequence for entry in ledger.entries()}
    if not hashes:
        raise AuditError(
            f"no forecast in {ledger.chain.path}; publish one with `barograph forecast`"
        )
    outcomes = 0
    for outcomes, outcome in enumerate(Outcomes(folder).all(), start=1):
        if hashes.get(outcome.forecast_hash) != outcome.forecast_sequence:
            raise AuditError(
                f"{Outcomes(folder).chain.path.name} entry {outcomes} ({outcome.symbol} as of "
                f"{outcome.as_of:%Y-%m-%dT%H:%MZ}) cites forecast {outcome.forecast_sequence} by "
                "a hash that it does not have"
            )
    trials = sum(1 for _ in Trials(folder).all())
    return Verified(len(hashes), outcomes, trials, deque(hashes, maxlen=1)[0])
