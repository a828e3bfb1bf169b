"""What cleaning did with every row: counts that add up, gaps, and the reasons for refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from barograph.core.errors import LakeError


@dataclass(frozen=True, slots=True)
class Gap:
    """Bars a supplier does not have.

    Attributes
    ----------
    start : datetime
        Open of the first missing bar.
    end : datetime
        Open of the bar that is there again, so the gap is ``[start, end)``.
    bars : int
        How many bars are missing.
    """

    start: datetime
    end: datetime
    bars: int

    @property
    def hours(self) -> float:
        """Length of the gap, hours."""
        return (self.end - self.start) / timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A payload that came in so bad that somebody should look at it.

    Attributes
    ----------
    name : str
        File name or request.
    read, refused : int
        Its rows, and those of them that are no good.
    future : int
        Of these, rows of a time that had not begun when they came in.
    reason : str
        The most frequent reason.
    """

    name: str
    read: int
    refused: int
    future: int
    reason: str


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """Account of one cleaning; it cannot be made if the rows do not add up.

    Attributes
    ----------
    series : str
        Name of the series.
    read : int
        Rows parsed from payloads.
    silver : int
        Rows that went to silver.
    duplicates : int
        Rows that say what another row says already.
    quarantined : int
        Rows refused, with a reason each.
    flagged : int
        Rows of silver that are kept but suspicious; not a part of the sum.
    reasons : Mapping[str, int]
        Refused rows by kind of reason.
    gaps : tuple of Gap
        Bars missing between the first and the last bar of the whole series.
    spoilt : tuple of Spoilt
        Payloads read for the first time that hold a row from the future, or too many bad ones.

    Raises
    ------
    LakeError
        If ``read`` is not ``silver + duplicates + quarantined``, or the reasons do not add up to
        ``quarantined``.
    """

    series: str
    read: int
    silver: int
    duplicates: int
    quarantined: int
    flagged: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    spoilt: tuple[Spoilt, ...] = ()

    def __post_init__(self) -> None:
        total = self.silver + self.duplicates + self.quarantined
        if self.read != total or min(self.silver, self.duplicates, self.quarantined) < 0:
            raise LakeError(
                f"{self.series}: rows do not add up: read {self.read}, but silver {self.silver} "
                f"+ duplicates {self.duplicates} + quarantined {self.quarantined} = {total}"
            )
        named = sum(self.reasons.values())
        if named != self.quarantined:
            raise LakeError(
                f"{self.series}: {self.quarantined} rows quarantined, {named} with a reason"
            )

    @property
    def missing(self) -> int:
        """Bars missing in all gaps together."""
        return sum(gap.bars for gap in self.gaps)

    def lines(self) -> tuple[str, ...]:
        """The account in words: the sum first, then refusals, flags and gaps."""
        said = [
            f"{self.series}: {self.read:,} rows read = {self.silver:,} silver + "
            f"{self.duplicates:,} duplicates + {self.quarantined:,} quarantined"
        ]
        said += [f"  quarantined {count:,}: {reason}" for reason, count in self.reasons.items()]
        if self.flagged:
            said.append(f"  flagged {self.flagged:,}: jump (kept)")
        if self.gaps:
            longest = max(self.gaps, key=lambda gap: gap.bars)
            said.append(
                f"  gaps {len(self.gaps):,}: {self.missing:,} bars missing, the longest "
                f"{longest.hours:g} hours from {longest.start:%Y-%m-%d %H:%M}; left unfilled"
            )
        return tuple(said)
