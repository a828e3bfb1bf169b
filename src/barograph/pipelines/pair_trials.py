"""Every configuration a workspace has ever tried, so that a result can be read against them.

One entry for each distinct configuration, whatever data it was tried on; trying it again is no new
one. What a run will try only later is not counted before it does, also where an earlier run has
tried it: a run that goes on after a kill counts as one that was never stopped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from barograph.core.errors import LakeError
from barograph.core.hashing import value_hash
from barograph.pair.rules import PairSettings, Rule
from barograph.pair.select import configurations
from barograph.pair.workspace import FORMAT, Workspace
from barograph.pipelines.pair_learn import Proposal

FILE: Final = "trials.json"


@dataclass(frozen=True, slots=True)
class Trials:
    """Counts for one run.

    Attributes
    ----------
    place : Workspace
    searched : frozenset of str
        Identities of the search.
    rounds : tuple of frozenset of str
        Of every round that could be made, in order.
    held : tuple of frozenset of str
        Of each round where it is learnt anew for the span held out.
    """

    place: Workspace
    searched: frozenset[str]
    rounds: tuple[frozenset[str], ...]
    held: tuple[frozenset[str], ...]

    def record(self, rounds: int = 0, held: Iterable[int] = ()) -> int:
        """Record the search, some rounds and what was learnt anew; count all ever tried.

        Parameters
        ----------
        rounds : int
            Rounds made, this one among them.
        held : iterable of int
            Places of the rounds learnt anew for the span held out.

        Raises
        ------
        LakeError
            If the record is damaged, or cannot be written.
        """
        known = self._known()
        own = self.searched.union(*self.rounds, *self.held)
        tried = self.searched.union(*self.rounds[:rounds], *(self.held[place] for place in held))
        if not tried <= known:
            told = {"format": FORMAT, "configurations": sorted(known | tried)}
            self.place.write_json(self.place.root / FILE, told)
        return len((known - own) | tried)

    def _known(self) -> frozenset[str]:
        path = self.place.root / FILE
        if not path.is_file():
            return frozenset()
        try:
            return frozenset(orjson.loads(path.read_bytes())["configurations"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LakeError(
                f"{path} is damaged ({error}); the number of trials is not known without it: "
                "restore it, or begin with an empty workspace"
            ) from error


def trials_of(
    place: Workspace, settings: PairSettings, planned: tuple[Proposal, ...]
) -> Trials:  # fmt: skip
    """Counts for a run that may make some rounds."""
    return Trials(
        place,
        frozenset(_identity("search", rule, settings) for rule in configurations(settings.search)),
        tuple(_round("round", proposal, settings) for proposal in planned),
        tuple(_round("held out", proposal, settings) for proposal in planned),
    )


def _round(what: str, proposal: Proposal, settings: PairSettings) -> frozenset[str]:
    learnt = [what, proposal.learner, settings.learning.model_dump(exclude={"workers"})]
    return frozenset(
        _identity(value_hash([*learnt, number]), proposal.rule, settings)
        for number in range(proposal.configurations(settings))
    )


def _identity(what: str, rule: Rule, settings: PairSettings) -> str:
    costs = settings.execution.model_dump(mode="json")
    breakers = settings.breakers.model_dump(mode="json")
    return value_hash([what, rule.model_dump(), costs, breakers])[:16]
