"""The ledger as a witness: what was published of an hour, held against what the walk says."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from barograph.core.errors import AuditError
from barograph.core.settings import Settings
from barograph.features.build import feature_set_hash
from barograph.ledger.forecasts import Entry, Ledger, entry
from barograph.ledger.payload import Row, forecast_payload, iso
from barograph.models.catalogue import recipes
from barograph.pipelines.audit import ledger_folder, rebuild
from barograph.pipelines.replay.walk import Walk, pooled
from barograph.trading.replay import Source

LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Witness:
    """What the ledger has of a stretch.

    Attributes
    ----------
    walk : Walk
        What it is held against.
    entries : Mapping[int, tuple of Entry]
        Entries by hour since 1970, oldest first.
    heard : dict
        What it has said of a row already.
    """

    walk: Walk
    entries: Mapping[int, tuple[Entry, ...]]
    heard: dict[int, tuple[Source, Sequence[Row]]] = field(default_factory=dict)

    @classmethod
    def of(cls, walk: Walk, first: int, last: int) -> "Witness":
        """Read the ledger's entries of some rows of a walk.

        Raises
        ------
        AuditError
            If an entry is damaged.
        """
        panel, ledger = walk.panel, Ledger(ledger_folder(walk.lake))
        if not ledger.chain.path.exists():
            return cls(walk, {})
        origins = {iso(panel.moment(row)).encode() for row in range(first, last + 1)}
        found: dict[int, list[Entry]] = {}
        for record in ledger.recorded(origins).values():
            if record.body["symbol"] == panel.symbol:
                one = entry(record)
                hour = int(one.published.as_of.timestamp()) // 3600
                found.setdefault(hour, []).append(one)
        return cls(walk, {hour: tuple(some) for hour, some in found.items()})

    def testify(self, row: int) -> tuple[Source, Sequence[Row]]:
        """What was forecast at a row, and where that is known from.

        Returns
        -------
        source : Source
        forecast : sequence of rows
            As ``ledger.payload.forecast_payload`` makes them; empty without a forecast.

        Raises
        ------
        AuditError
            If the ledger has another forecast than can be made of the lake, naming the hour, the
            number and both values.
        """
        if row not in self.heard:
            self.heard[row] = self._testify(row)
        return self.heard[row]

    def _testify(self, row: int) -> tuple[Source, Sequence[Row]]:
        frame = self.walk.frame(row)
        made = () if frame.is_empty() else forecast_payload(frame)
        entries = self.entries.get(int(self.walk.panel.hours[row]), ())
        like = [one for one in entries if self.is_like(one)]
        if not like:
            kind = "none" if not made else "unlike" if entries else "walk"
            return Source(kind, entries[-1].sequence if entries else None), made
        one = like[-1]
        kind = "ledger"
        try:
            one.compare(made)
        except AuditError as error:
            LOG.warning("%s; making it again from the versions it cites", error)
            self.restore(one, error)
            kind = "restored"
        said = one.published
        return Source(kind, one.sequence, said.issued_at, said.retrospective), said.forecast

    def restore(self, one: Entry, reason: AuditError) -> None:
        """Make an entry again from the bars it cites, where those of the lake have changed.

        Raises
        ------
        AuditError
            If that gives other numbers too.
        """
        try:
            rebuild(self.walk.lake, one, self.walk.features)
        except AuditError as error:
            raise AuditError(
                f"{reason}; nor is it what the versions it cites give: {error}"
            ) from None

    def is_like(self, one: Entry) -> bool:
        """Whether an entry's run file makes the same forecasts as the walk's."""
        try:
            theirs = Settings.model_validate(one.published.settings)
        except ValidationError:
            return False
        mine = self.walk.settings
        if essence(theirs) != essence(mine):
            return False
        reads = any(recipes()[name].inputs for name in pooled(mine))
        return not reads or one.published.feature_set_hash == feature_set_hash(self.walk.features)


def essence(settings: Settings) -> tuple[object, ...]:
    """What the flagship's numbers depend on in a run file."""
    names = pooled(settings)
    # Online regressions draw nothing and look at no peer.
    drawn = (settings.seed, settings.peers) if any(recipes()[name].inputs for name in names) else ()
    return (set(names), settings.horizons, settings.venues, settings.walk_forward, drawn)
