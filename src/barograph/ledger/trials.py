"""Everything ever tried, so that a good score can be read against how often we looked.

A backtest chosen among many is worth less than one tried alone; nobody can weigh that unless the
number of tries is kept, the failed ones included. See Bailey & Lopez de Prado (2014), "The
deflated Sharpe ratio", Journal of Portfolio Management 40(5), 94-107.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import AwareDatetime, Field, FiniteFloat, ValidationError

from barograph.core.errors import AuditError
from barograph.core.settings import Strict, explain
from barograph.ledger.chain import Chain
from barograph.ledger.payload import iso
from barograph.ledger.writer import writing

FILE: Final = "trials.jsonl"
FORECASTING: Final = frozenset({"run", "evaluate"})
"""Commands whose trials are looks at forecasts."""
TRADING: Final = frozenset({"backtest", "optimise"})
"""Commands whose trials are looks at what trading forecasts earned."""


class Trial(Strict):
    """One evaluation or backtest that was looked at.

    Attributes
    ----------
    at : datetime
        When.
    command : str
        ``run``, ``evaluate``, ``backtest`` ...
    symbol : str
        What was forecast or traded.
    config_hash : str
        ``Settings.hash`` of the run file; of a backtest, the hash of its plan.
    feature_set_hash : str
        Hash of the feature declarations, user extensions included.
    data_hash : str
        Hash of the data it was judged on.
    version : str
        Version of barograph.
    scores : dict
        Headline scores, for instance ``pinball/24`` of the flagship, or ``sharpe``.
    """

    at: AwareDatetime
    command: str = Field(min_length=1)
    symbol: str = Field(min_length=1)
    config_hash: str = Field(pattern="^[0-9a-f]{16}$")
    feature_set_hash: str
    data_hash: str
    version: str
    scores: dict[str, FiniteFloat]

    @property
    def configuration(self) -> tuple[str, str, str]:
        """What makes two trials the same configuration, whatever data they saw."""
        return self.config_hash, self.feature_set_hash, self.version

    @property
    def look(self) -> tuple[str, ...]:
        """What makes two trials the same look at the same data."""
        return self.command, self.symbol, self.data_hash, *self.configuration

    def body(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return self.model_dump() | {"at": iso(self.at)}


@dataclass(frozen=True, slots=True)
class Trials:
    """Every trial, in order.

    Attributes
    ----------
    folder : Path
        Where ``trials.jsonl`` and its head lie; made on the first trial.
    """

    folder: Path

    @property
    def chain(self) -> Chain:
        """The file beneath."""
        return Chain(self.folder / FILE, "trials")

    def register(self, trial: Trial) -> int:
        """Record a trial and return the number of distinct configurations of forecasts so far.

        Raises
        ------
        LakeError
            If the disk refuses; then nothing was recorded.
        AuditError
            If the record is damaged.
        """
        with writing(self.chain) as writer:
            writer.append([trial.body()])
            return self.count()

    def all(self) -> Iterator[Trial]:
        """Every trial in the order recorded, each checked as it is read.

        Raises
        ------
        AuditError
            If the record is damaged.
        """
        for record in self.chain.records():
            try:
                yield Trial.model_validate(dict(record.body))
            except ValidationError as error:
                raise AuditError(f"{FILE} entry {record.sequence}: {explain(error)}") from None

    def add(self, trials: Sequence[Trial]) -> int:
        """Record those that are not there yet, and return how many were.

        One is there if the same command tried its configuration on the same data: looking again at
        what was seen is no new try.

        Raises
        ------
        LakeError
            If the disk refuses; then nothing was recorded.
        AuditError
            If the record is damaged.
        """
        with writing(self.chain) as writer:
            there = {trial.look for trial in self.all()}
            new = {trial.look: trial for trial in trials if trial.look not in there}
            if new:
                writer.append([trial.body() for trial in new.values()])
            return len(new)

    def count(self, commands: Collection[str] = FORECASTING) -> int:
        """Count the distinct configurations these commands tried.

        A repeat on other data is not a new one.
        """
        return len({one.configuration for one in self.all() if one.command in commands})
