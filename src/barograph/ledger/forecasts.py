"""The record of published forecasts: what was said, when, and from which inputs."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import AwareDatetime, Field, ValidationError

from barograph.core.errors import AuditError, InputError
from barograph.core.hashing import value_hash
from barograph.core.settings import Strict, explain
from barograph.core.time import parse_moment
from barograph.ledger.chain import Chain, Part, Record
from barograph.ledger.payload import Row, compare, iso
from barograph.ledger.writer import writing

FILE: Final = "forecasts.jsonl"
PARTS: Final = (Part("forecast", "payload_hash"), Part("settings", "config_hash", digits=16))
ORIGIN: Final = re.compile(rb'\{"as_of":"([^"]*)"')
WHEN: Final = frozenset({"issued_at"})
"""What may differ between two publications of one forecast."""


class Publication(Strict):
    """One forecast with everything needed to rebuild it.

    Attributes
    ----------
    issued_at : datetime
        When it was published.
    symbol : str
        For instance ``BTCUSDT``.
    as_of : datetime
        End of the last complete bar it used.
    settings : dict
        The whole run file, ``Settings.model_dump(mode="json")``.
    config_hash : str
        ``Settings.hash`` of it.
    data_versions : dict
        Lake table to its Delta version.
    data_hash : str
        Hash over ``core.hashing.frame_hash`` of the as-of silver rows that were read.
    table_hashes : dict
        Lake table to the SHA-256 of its bytes at the version cited.
    feature_set_hash : str
        Hash of the feature declarations.
    model_hash : str
        Hash of the fitted model.
    versions : dict
        Package to its version, ``barograph`` among them.
    simulated : bool
        Whether the market was simulated.
    forecast : tuple of rows
        ``ledger.payload.forecast_payload`` of the published frame.
    """

    issued_at: AwareDatetime
    symbol: str = Field(min_length=1)
    as_of: AwareDatetime
    settings: dict[str, Any]
    config_hash: str = Field(pattern="^[0-9a-f]{16}$")
    data_versions: dict[str, int]
    data_hash: str = Field(pattern="^[0-9a-f]{64}$")
    table_hashes: dict[str, str]
    feature_set_hash: str = Field(min_length=1)
    model_hash: str = Field(min_length=1)
    versions: dict[str, str]
    simulated: bool
    forecast: tuple[Row, ...] = Field(min_length=1)

    @property
    def payload_hash(self) -> str:
        """SHA-256 of the canonical form of the forecast."""
        return value_hash(self.forecast)

    @property
    def retrospective(self) -> bool:
        """Whether a horizon had passed when it was published, so that its outcome was there."""
        return any(self.had_passed(row) for row in self.forecast)

    def had_passed(self, row: Row) -> bool:
        """Whether the target time of a row of the forecast had come when it was published."""
        return parse_moment(str(row["target_time"])) <= self.issued_at

    def body(self) -> dict[str, Any]:
        """Return the record as plain JSON values.

        Raises
        ------
        InputError
            If the settings are not those the configuration hash was made from.
        """
        if value_hash(self.settings)[:16] != self.config_hash:
            raise InputError(
                f"config hash {self.config_hash} is not that of the settings; pass "
                "settings.model_dump(mode='json') and settings.hash"
            )
        return self.model_dump() | {
            "issued_at": iso(self.issued_at),
            "as_of": iso(self.as_of),
            "forecast": list(self.forecast),
            "payload_hash": self.payload_hash,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """A publication in its place in the chain.

    Attributes
    ----------
    sequence : int
        From 1.
    previous_hash, entry_hash : str
        Links of the chain.
    published : Publication
        What was recorded.
    """

    sequence: int
    previous_hash: str
    entry_hash: str
    published: Publication

    @property
    def subject(self) -> str:
        """How messages name the entry."""
        return (
            f"{FILE} entry {self.sequence} "
            f"({self.published.symbol} as of {iso(self.published.as_of)})"
        )

    def compare(self, rebuilt: Sequence[Row]) -> None:
        """Hold a rebuilt forecast against this entry, bit for bit.

        Parameters
        ----------
        rebuilt : sequence of rows
            ``forecast_payload`` of the forecast made again from the lake.

        Raises
        ------
        AuditError
            At the first difference, naming the entry, the horizon, the column and both values.
        """
        try:
            compare(self.published.forecast, rebuilt)
        except AuditError as error:
            raise AuditError(f"{self.subject}: {error}") from None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every published forecast, in order.

    Attributes
    ----------
    folder : Path
        Where ``forecasts.jsonl`` and its head lie; made on the first publication.
    """

    folder: Path

    @property
    def chain(self) -> Chain:
        """The file beneath."""
        return Chain(self.folder / FILE, "forecasts", PARTS)

    def publish(
        self, publications: Sequence[Publication], *, once: bool = False
    ) -> tuple[Entry, ...]:
        """Record forecasts; one already recorded is returned as it stands.

        A forecast is the same if all but ``issued_at`` is, so that a command run again after a
        sudden end doubles nothing.

        Parameters
        ----------
        publications : sequence of Publication
            What to record.
        once : bool
            Whether a symbol's origin is published only once, whatever it cites: an hour that is
            recorded already is returned as it stands. Decided under the lock, so that it holds
            for several writers too.

        Returns
        -------
        entries : tuple of Entry
            One per publication, in the order given; on the disk when this returns.

        Raises
        ------
        InputError
            If a publication contradicts itself.
        LakeError
            If the disk refuses; then none was recorded.
        AuditError
            If the end of the record is damaged. The rest is ``verify``'s to check, so that
            publishing stays quick however long the record grows.
        """
        key_of = subject if once else identity
        whole = [one.body() for one in publications]
        keys = [key_of(body) for body in whole]
        bodies: dict[str, dict[str, Any]] = {}
        for key, body in zip(keys, whole, strict=True):
            bodies.setdefault(key, body)
        with writing(self.chain) as writer:
            found = self.recorded({body["as_of"].encode() for body in whole}, key_of)
            fresh = {key: body for key, body in bodies.items() if key not in found}
            found |= dict(zip(fresh, writer.append(list(fresh.values())), strict=True))
        return tuple(entry(found[key]) for key in keys)

    def recorded(
        self, origins: set[bytes], key_of: Callable[[Mapping[str, Any]], str] | None = None
    ) -> dict[str, Record]:
        """What is recorded of some origins, by identity unless told otherwise, the newest of each.

        ``as_of`` is the first key of a line.
        """
        key_of = key_of or identity
        found: dict[str, Record] = {}
        for line in self.chain.lines():
            origin = ORIGIN.match(line)
            if origin and origin[1] in origins and (record := self.chain.glance(line)):
                found[key_of(record.body)] = record
        return found

    def entries(self) -> Iterator[Entry]:
        """Every entry from the first, each checked as it is read."""
        for record in self.chain.records():
            yield entry(record)

    def last(self) -> Entry:
        """Return the newest entry, the whole record having been checked.

        Raises
        ------
        AuditError
            If there is none, or the record is damaged.
        """
        newest: Record | None = None
        for record in self.chain.records():
            newest = record
        if newest is None:
            raise AuditError(
                f"no forecast in {self.chain.path}; publish one with `barograph forecast`"
            )
        return entry(newest)


def identity(body: Mapping[str, Any]) -> str:
    """Hash of what makes two publications the same."""
    return value_hash({name: value for name, value in body.items() if name not in WHEN})


def subject(body: Mapping[str, Any]) -> str:
    """What a publication is about: its symbol and origin."""
    return f"{body['symbol']} {body['as_of']}"


def entry(record: Record) -> Entry:
    """Read a sound record back.

    Raises
    ------
    AuditError
        If its fields are not those of a forecast.
    """
    fields = {name: value for name, value in record.body.items() if name != "payload_hash"}
    try:
        published = Publication.model_validate(fields)
    except ValidationError as error:
        raise AuditError(f"{FILE} entry {record.sequence}: {explain(error)}") from None
    return Entry(record.sequence, record.previous_hash, record.entry_hash, published)
