"""Who works when, a week ahead, and what is lacking. One stream, `rota`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from django.utils import timezone

from openketamine.clinic.journal import queries
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.clinic.staff.permission import can, must
from openketamine.clinic.staff.roles import TASKS
from openketamine.core.findings import BadInput

STREAM = "rota"
DAYS = 7
SHIFTS: Mapping[str, tuple[str, time]] = MappingProxyType(
    {"morning": ("Morning", time(8)), "afternoon": ("Afternoon", time(13))}
)
"""Each shift in words, and when it begins in the clinic's own time."""

# What a shift in which drug is given needs: who signs, who gives, and a second hand besides.
_NEEDS = (
    ("plan.sign", 1, "somebody who signs doses"),
    ("infusion.start", 2, "two people who give and watch"),
    ("drug.witness", 2, "somebody who draws, and a witness"),
)


@dataclass(frozen=True)
class Shift:
    """One shift: who is planned, and what it lacks, each in one sentence."""

    day: date
    name: str
    title: str
    people: tuple[Staff, ...]
    lacks: tuple[str, ...]


def plan(who: Staff, day: date, shift: str, by: Staff, now: datetime) -> None:
    """This person works then. Raises BadInput for who left, an unknown shift or a day gone by."""
    if not who.is_active:
        raise BadInput("person", "somebody who works here", who.username)
    _append("shift_planned", who, day, shift, by, now)


def unplan(who: Staff, day: date, shift: str, by: Staff, now: datetime) -> None:
    """This person does not work then after all. Raises BadInput."""
    _append("shift_taken_back", who, day, shift, by, now)


def week(now: datetime) -> list[Shift]:
    """Today and the six days after, shift by shift."""
    today = timezone.localdate(now)
    planned = _planned()
    people = {str(one.pk): one for one in Staff.colleagues.filter(is_active=True)}
    found = []
    for ahead in range(DAYS):
        day = today + timedelta(days=ahead)
        for name, (title, begins) in SHIFTS.items():
            here = [people[one] for one in planned.get((day, name), ()) if one in people]
            at = timezone.make_aware(datetime.combine(day, begins))
            found.append(Shift(day, name, title, tuple(here), tuple(_lacks(here, at))))
    return found


def _lacks(here: Sequence[Staff], at: datetime) -> list[str]:
    """Gaps in a shift that somebody is planned for; a shift that nobody planned is closed."""
    if not here:
        return []
    able = {task: [one for one in here if can(one, task, at=at)] for task, _, _ in _NEEDS}
    said = [f"Lacks {words}." for task, count, words in _NEEDS if len(able[task]) < count]
    for one in here:
        whys = {can(one, task, at=at).why for task, _, _ in _NEEDS if one.role in TASKS[task]}
        said += [f"{one.display_name}: {why}" for why in sorted(whys - {""})]
    return said


def _planned() -> dict[tuple[date, str], list[str]]:
    found: dict[tuple[date, str], list[str]] = {}
    for fact in queries.facts(STREAM):
        key = (date.fromisoformat(fact.body["day"]), fact.body["shift"])
        here = found.setdefault(key, [])
        who = fact.body["staff"]
        if fact.kind == "shift_planned" and who not in here:
            here.append(who)
        elif fact.kind == "shift_taken_back" and who in here:
            here.remove(who)
    return found


def _append(kind: str, who: Staff, day: date, shift: str, by: Staff, now: datetime) -> None:
    must(by, "rota.plan", at=now)
    if shift not in SHIFTS:
        raise BadInput("shift", " or ".join(SHIFTS), shift)
    if day < timezone.localdate(now):
        raise BadInput("day", "today or a day to come", day.isoformat())
    body = {"staff": str(who.pk), "day": day.isoformat(), "shift": shift}
    put_on_record(STREAM, kind, body, by, now, origin="rota")
