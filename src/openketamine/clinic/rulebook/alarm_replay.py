"""What another limit of an alarm would have raised: recorded sessions, judged anew both ways."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.library.queries import alarm_site
from openketamine.clinic.sessions.models import Session
from openketamine.core.monitoring import (
    Around,
    FindingRaised,
    Limits,
    Sample,
    limits_for,
    step,
    watching,
)
from openketamine.core.screening import HouseLimit, Tightened
from openketamine.core.treatment import State, baseline, fold

# A session of three hours has ten thousand readings; twenty of them take some seconds.
MOST = 20
_SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Rung:
    """One session: how often this rule was raised, as it is and as it would be."""

    session: Session
    before: int
    after: int


@dataclass(frozen=True)
class AlarmDiff:
    """Sessions with numbers, the newest first; `older`: so many were not looked at."""

    sessions: tuple[Rung, ...] = ()
    hours: float = 0.0
    older: int = 0

    @property
    def before(self) -> int:
        """How often it was raised in all of them."""
        return sum(one.before for one in self.sessions)

    @property
    def after(self) -> int:
        """How often it would have been."""
        return sum(one.after for one in self.sessions)

    @property
    def changed(self) -> tuple[Rung, ...]:
        """The sessions in which that makes a difference."""
        return tuple(one for one in self.sessions if one.before != one.after)


def of_alarm(limit: HouseLimit, candidate: tuple[Tightened, ...], most: int = MOST) -> AlarmDiff:
    """The newest sessions, judged with the clinic's limits of today and with these."""
    rows = Session.objects.order_by("-created")
    rung, hours = [], 0.0
    for session in rows[:most]:
        state = fold(journal.core_facts(session.stream))
        if not state.samples:
            continue
        span = state.samples[-1].moment - state.samples[0].moment
        hours += span.total_seconds() / _SECONDS_AN_HOUR
        counts = (_raised(state, limit, site) for site in (alarm_site(), candidate))
        rung.append(Rung(session, *counts))
    return AlarmDiff(tuple(rung), hours, max(0, rows.count() - most))


def _raised(state: State, limit: HouseLimit, site: tuple[Tightened, ...]) -> int:
    """How often the rule is raised over the numbers of a session, each in its turn."""
    limits = _only(limits_for(state.opened.protocol_id if state.opened else "", site), limit)
    return sum(
        isinstance(change, FindingRaised) and change.rule == limit.rule
        for change in _changes(state, limits)
    )


def _changes(state: State, limits: Limits) -> Iterator[object]:
    start, usual = state.started_at, baseline(state)
    watch = watching(limits, {}, (), ())
    for sample in state.samples:
        base = _base(sample, start, usual)
        if base is not watch.baseline:
            watch = watching(limits, base, watch.active, ())
        made = step(watch, sample, sample.moment, Around(attached=False))
        if made is not None:
            watch = made.watch
            yield from made.changes


def _base(
    sample: Sample, start: datetime | None, usual: Mapping[str, Decimal]
) -> Mapping[str, Decimal]:
    return usual if start is not None and sample.moment > start else _NONE


_NONE: Mapping[str, Decimal] = {}


def _only(limits: Limits, limit: HouseLimit) -> Limits:
    """The family of this rule and nothing else: quicker, and nothing else is asked."""
    mine = tuple(
        family
        for family in limits.families
        if any(level.rule == limit.rule for level in family.levels)
    )
    return replace(limits, families=mine, technical=())
