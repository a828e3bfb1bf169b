"""What became of each published forecast, recorded once it is known."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pydantic import AwareDatetime, Field, FiniteFloat, ValidationError

from barograph.core.errors import AuditError, InputError
from barograph.core.hashing import value_hash
from barograph.core.settings import Strict, explain
from barograph.core.time import parse_moment
from barograph.ledger.chain import Chain, Record
from barograph.ledger.forecasts import Entry
from barograph.ledger.payload import Row, iso
from barograph.ledger.writer import writing

FILE: Final = "outcomes.jsonl"


class Outcome(Strict):
    """One horizon of one published forecast, with what happened.

    Attributes
    ----------
    forecast_sequence, forecast_hash : int, str
        Which ledger entry.
    symbol, as_of, horizon_hours, target_time
        Which of its horizons.
    recorded_at : datetime
        When the outcome was recorded; at or after ``target_time``.
    realised_return : float or None
        Log return over the horizon; None where the target bar is missing at the supplier.
    realised_variance : float or None
        Integrated Garman-Klass variance over the horizon; None where a bar is missing.
    retrospective : bool
        Whether the target time had come when the forecast was issued: it was no forecast then.
    scores : dict
        Metric to its value for this forecast; lower is better unless the metric says otherwise.
    """

    forecast_sequence: int = Field(ge=1)
    forecast_hash: str = Field(pattern="^[0-9a-f]{64}$")
    symbol: str = Field(min_length=1)
    as_of: AwareDatetime
    horizon_hours: int = Field(ge=1)
    target_time: AwareDatetime
    recorded_at: AwareDatetime
    realised_return: FiniteFloat | None
    realised_variance: FiniteFloat | None
    retrospective: bool = False
    scores: dict[str, FiniteFloat]

    @property
    def place(self) -> tuple[str, int]:
        """Entry hash and horizon: what the outcome belongs to."""
        return self.forecast_hash, self.horizon_hours

    @property
    def content(self) -> str:
        """Hash of what is said, whenever it was said."""
        return value_hash(self.model_dump(mode="json", exclude={"recorded_at"}))

    def body(self) -> dict[str, Any]:
        """Return the record as plain JSON values.

        Raises
        ------
        InputError
            If the outcome is recorded before it could be known.
        """
        if self.recorded_at < self.target_time:
            raise InputError(
                f"outcome of {self.symbol} at {iso(self.target_time)} recorded at "
                f"{iso(self.recorded_at)}, before it was known"
            )
        return self.model_dump() | {
            "as_of": iso(self.as_of),
            "target_time": iso(self.target_time),
            "recorded_at": iso(self.recorded_at),
        }


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Every recorded outcome, in order.

    Attributes
    ----------
    folder : Path
        Where ``outcomes.jsonl`` and its head lie; made on the first outcome.
    """

    folder: Path

    @property
    def chain(self) -> Chain:
        """The file beneath."""
        return Chain(self.folder / FILE, "outcomes")

    def record(self, outcomes: Sequence[Outcome]) -> int:
        """Append what is not yet recorded; the same outcome a second time changes nothing.

        An outcome that differs from the one recorded (the supplier revised a bar) is appended
        as a further vintage: nothing is overwritten, and ``latest`` gives the newest.

        Returns
        -------
        appended : int
            How many were new.

        Raises
        ------
        InputError
            If an outcome is recorded before its target time.
        LakeError
            If the disk refuses; then none was recorded.
        AuditError
            If the record is damaged.
        """
        with writing(self.chain) as writer:
            newest = self.latest()
            fresh: list[Outcome] = []
            for outcome in outcomes:
                known = newest.get(outcome.place)
                if known is None or known.content != outcome.content:
                    newest[outcome.place] = outcome
                    fresh.append(outcome)
            writer.append([outcome.body() for outcome in fresh])
        return len(fresh)

    def all(self) -> Iterator[Outcome]:
        """Every outcome in the order recorded, vintages included, each checked as it is read."""
        for record in self.chain.records():
            yield outcome_of(record)

    def latest(self) -> dict[tuple[str, int], Outcome]:
        """Return the newest vintage by entry hash and horizon."""
        return {outcome.place: outcome for outcome in self.all()}

    def due(self, entries: Iterable[Entry], now: datetime) -> list[tuple[Entry, Row]]:
        """Horizons whose target time has passed and whose outcome is not recorded.

        Parameters
        ----------
        entries : iterable of Entry
            For instance ``Ledger(folder).entries()``.
        now : datetime
            The present moment.

        Returns
        -------
        due : list of (Entry, row)
            The forecast and the row of its payload, in the order published.
        """
        known = self.latest()
        return [
            (entry, row)
            for entry in entries
            for row in entry.published.forecast
            if (entry.entry_hash, row["horizon_hours"]) not in known
            and parse_moment(str(row["target_time"])) <= now
        ]


def outcome_of(record: Record) -> Outcome:
    """Read a sound record back.

    Raises
    ------
    AuditError
        If its fields are not those of an outcome.
    """
    try:
        return Outcome.model_validate(dict(record.body))
    except ValidationError as error:
        raise AuditError(f"{FILE} entry {record.sequence}: {explain(error)}") from None
