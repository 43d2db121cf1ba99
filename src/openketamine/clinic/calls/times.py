"""How long answers took, over all sessions of some days: for each rule, with its denominators."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.sessions.models import Session
from openketamine.core.monitoring import PRIORITIES
from openketamine.core.treatment import MOMENTS, Response, Times, fold, responses, times

# What a report reads of a session: no readings, and no free words of a person.
_KINDS = (
    "session_opened", "finding_raised", "finding_cleared", "finding_acknowledged", "finding_shown",
    "person_called", "call_answered", "rate_changed", "infusion_paused", "infusion_stopped",
    "dose_stopped", "medicine_given", "emergency_begun", "emergency_step_done",
    "observation_charted", "device_attached", "corrected",
)  # fmt: skip
MOST = 2000


@dataclass(frozen=True)
class Row:
    """One rule. `cells`: how long until each of `MOMENTS`, in their order."""

    rule: str
    priority: str
    nature: str
    raised: int
    latched: int
    cells: tuple[Times, ...]


@dataclass(frozen=True)
class Report:
    """`sessions` were read, `left_out` not: the newest come first. `called`: for so many findings
    somebody was told; `unanswered`: of these nobody answered so many."""

    since: datetime
    until: datetime
    sessions: int
    left_out: int
    with_findings: int
    rows: tuple[Row, ...]
    total: Row | None
    called: int
    unanswered: int


def report(days: int, now: datetime) -> Report:
    """Sessions that were opened in the last so many days."""
    since = now - timedelta(days=days)
    rows = Session.objects.filter(created__gt=since, created__lte=now).order_by("-created")
    streams = [one.stream for one in rows[:MOST]]
    by_session = [_responses(stream) for stream in streams]
    found = [one for some in by_session for one in some]
    grouped: dict[tuple[int, str, str], list[Response]] = defaultdict(list)
    for one in found:
        finding = one.alarm.finding
        rank = PRIORITIES.index(finding.priority)
        grouped[(rank, finding.nature, finding.rule)].append(one)
    called = [one for one in found if one.told is not None]
    return Report(
        since=since,
        until=now,
        sessions=len(streams),
        left_out=rows.count() - len(streams),
        with_findings=sum(bool(some) for some in by_session),
        rows=tuple(_row(key[2], some) for key, some in sorted(grouped.items())),
        total=_row("All findings", found) if found else None,
        called=len(called),
        unanswered=sum(one.answered is None for one in called),
    )


def _responses(stream: str) -> tuple[Response, ...]:
    return responses(fold(journal.facts_as_core(stream, _KINDS)))


def _row(rule: str, found: Sequence[Response]) -> Row:
    finding = found[0].alarm.finding
    return Row(
        rule=rule,
        priority=finding.priority,
        nature=finding.nature,
        raised=len(found),
        latched=sum(one.alarm.latched for one in found),
        cells=tuple(times(found, moment) for moment in MOMENTS),
    )
