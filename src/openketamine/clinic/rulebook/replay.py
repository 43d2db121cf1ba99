"""The clinical diff: recorded decisions taken again, on the record as it was known then."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from openketamine.clinic.library.queries import site as own_site
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.queries import Known
from openketamine.clinic.rulebook.decisions import Decision, Loaded, decisions
from openketamine.core.findings import BadInput
from openketamine.core.history import latest
from openketamine.core.screening import (
    Change,
    Difference,
    Evaluation,
    HouseLimit,
    Tightened,
    compare,
    digest_with,
    evaluate,
)

# One takes a few milliseconds; a clinic that records ten a day sees the last fifty days at once.
MOST = 500
# The reason of a limit that nobody has signed yet; it stands in no list.
PREVIEW = "as in the preview"

_Site = tuple[Tightened, ...]


@dataclass(frozen=True)
class Changed:
    """One decision that comes out differently, with the facts behind each change.

    `as_recorded`: what was recorded, where that is not what the replay started from.
    """

    decision: Decision
    difference: Difference
    facts: tuple[tuple[Change, tuple[str, ...]], ...]
    as_recorded: str = ""


@dataclass(frozen=True)
class Diff:
    """What became of the recorded decisions.

    `gone`: the inputs of so many are not there any more, or the protocol is not. `faithful`: so
    many come out exactly as they were recorded under the rules of today. `known`: in so many the
    signal of the limit was measured. `stops`: how many are refused, before and after.
    """

    changed: tuple[Changed, ...] = ()
    replayed: int = 0
    gone: int = 0
    unreadable: int = 0
    older: int = 0
    faithful: int = 0
    known: int = 0
    stops: tuple[int, int] = (0, 0)
    other_knowledge: int = 0

    @property
    def decided_differently(self) -> int:
        """How many decisions themselves are others, and not only a finding beside them."""
        return sum(one.difference.decided_differently for one in self.changed)

    @property
    def not_replayed(self) -> int:
        """Recorded decisions that this says nothing about."""
        return self.gone + self.unreadable + self.older

    @property
    def stops_everybody(self) -> bool:
        """Whether nobody would be left who may be treated today without an override."""
        before, after = self.stops
        return self.replayed > 0 and after == self.replayed and after > before


@dataclass
class Replays:
    """Takes decisions again; each person's past is read once."""

    _known: dict[str, Known] = field(default_factory=dict)

    def record_then(self, decision: Decision) -> Known | None:
        """What was known of the person when it was decided; None where no record is that old."""
        everything = self._everything(decision.person)
        return known_at(everything, decision.at)

    def again(self, decision: Decision, known: Known, site: _Site) -> Evaluation | None:
        """The same decision under the rules of today; None where the protocol is gone."""
        overrides = decision.evaluation.overrides
        try:
            return evaluate(
                known.under(decision.protocol, decision.day), decision.protocol, decision.day,
                overrides, site=site, **patients.house_labels(),
            )  # fmt: skip
        except BadInput:
            return None

    def _everything(self, person: Person) -> Known:
        if person.stream not in self._known:
            self._known[person.stream] = patients.known(person)
        return self._known[person.stream]


def known_at(everything: Known, moment: datetime) -> Known | None:
    """What was known at a moment: imports and answers up to it, and none after it."""
    versions = tuple(one for one in everything.versions if one.at <= moment)
    facts, consents = (
        tuple(one for one in some if one.recorded_at <= moment)
        for some in (everything.facts, everything.consents)
    )
    known = replace(everything, versions=versions, facts=facts, consents=consents)
    return known if versions else None


def of_limit(limit: HouseLimit, candidate: _Site, most: int = MOST) -> Diff:
    """What another value of a limit would have changed, everything else being as it is today."""
    now = own_site()

    def both(replays: Replays, one: Decision, known: Known) -> _Pair | None:
        before, after = (replays.again(one, known, site) for site in (now, candidate))
        return (before, after) if before and after else None

    def has_it(one: Decision, known: Known) -> bool:
        return latest(known.record, limit.signal, one.day) is not None or limit.signal == "age"

    return _diff(decisions(most), both, has_it)


def since_recorded(most: int = MOST) -> Diff:
    """What the knowledge and the limits of today would decide differently than was recorded."""
    now = own_site()

    def both(replays: Replays, one: Decision, known: Known) -> _Pair | None:
        after = replays.again(one, known, now)
        return (one.evaluation, after) if after else None

    today = digest_with(now)
    loaded = decisions(most)
    others = sum(one.evaluation.knowledge != today for one in loaded.decisions)
    return replace(_diff(loaded, both), other_knowledge=others)


_Pair = tuple[Evaluation, Evaluation]


def _diff(
    loaded: Loaded,
    both: Callable[[Replays, Decision, Known], _Pair | None],
    has_it: Callable[[Decision, Known], bool] = lambda _one, _known: True,
) -> Diff:
    replays, pairs, known_values = Replays(), [], 0
    for one in loaded.decisions:
        known = replays.record_then(one)
        pair = both(replays, one, known) if known else None
        if known is None or pair is None:
            continue
        known_values += has_it(one, known)
        pairs.append((one, *pair))
    return Diff(
        changed=_changed(pairs),
        replayed=len(pairs),
        gone=len(loaded.decisions) - len(pairs),
        unreadable=loaded.unreadable,
        older=loaded.older,
        faithful=sum(not compare(one.evaluation, before).changes for one, before, _ in pairs),
        known=known_values,
        stops=(
            sum(bool(before.refuses) for _, before, _ in pairs),
            sum(bool(after.refuses) for _, _, after in pairs),
        ),
    )


def _changed(pairs: Iterable[tuple[Decision, Evaluation, Evaluation]]) -> tuple[Changed, ...]:
    """Those that differ, other decisions first, the newest first."""
    found = []
    for one, before, after in pairs:
        difference = compare(before, after)
        if difference.changes:
            recorded = one.evaluation.decision
            facts = tuple((change, _facts(change, before, after)) for change in difference.changes)
            found.append(
                Changed(one, difference, facts, "" if recorded == before.decision else recorded)
            )
    return tuple(sorted(found, key=lambda one: not one.difference.decided_differently))


def _facts(change: Change, before: Evaluation, after: Evaluation) -> tuple[str, ...]:
    """The person's own facts behind the change, from the side on which the rule speaks."""
    side = after if change.after != "-" else before
    return tuple(
        fact.text
        for finding in side.findings
        if (finding.rule, finding.summary) == (change.rule, change.summary)
        for fact in finding.because
        if not fact.text.endswith(PREVIEW)
    )
