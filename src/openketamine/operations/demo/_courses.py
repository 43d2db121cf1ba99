"""Two people of the demonstration with a course behind them, so that its pages have something to
tell: sessions with doses, numbers, side effects and scores, consents, wishes, checks.

Written through the journal, as what was taken over from before: no vial of this clinic was opened
for any of it, so the drug book knows nothing of it.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.outcomes.queries import facts_of
from openketamine.clinic.papers.commands import sign_consent, write_wishes
from openketamine.clinic.papers.queries import shown_to
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.authors import author_of
from openketamine.clinic.staff.models import Staff
from openketamine.core import course, treatment
from openketamine.core.course import facts
from openketamine.core.log import Author
from openketamine.core.scoring import score
from openketamine.core.treatment import facts as bedside
from openketamine.knowledge import digest

_PROTOCOL = "iv-depression"
_NAMES = uuid.UUID("8c0d6a1b-52f4-4c0b-9a0f-7d6b5a3c2e10")
_WHOLE_MIN = 40
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Visit:
    """One session: so many days ago; the dose wanted in µg/kg; the worst numbers; what happened.

    `events`: (words, grade); `medicine`: what was needed at the chair, empty where nothing was.
    """

    days: int
    ug_per_kg: int
    peak: tuple[int, int] = (138, 84)
    dissociation: int = 3
    nausea: int = 1
    moaas: int = 4
    spo2: int = 96
    events: tuple[tuple[str, int], ...] = ()
    medicine: str = ""
    over_min: int = _WHOLE_MIN


@dataclass(frozen=True)
class Told:
    """One course. `phq9`, `peg`: days ago → items; `checks`: days ago → domain."""

    family: str
    indication: str
    planned: int
    weight_g: int
    before: tuple[int, int]
    visits: tuple[Visit, ...]
    phq9: Mapping[int, tuple[int, ...]]
    peg: Mapping[int, tuple[int, ...]]
    checks: Mapping[int, str]
    wishes: Mapping[str, str]


COURSES = (
    Told(
        "Marsh", "depression", 12, 68_000, (118, 74),
        (
            Visit(58, 500), Visit(55, 500, events=(("nausea", 1),), nausea=4),
            Visit(51, 500, peak=(142, 86)), Visit(48, 600, peak=(146, 88), dissociation=4),
            Visit(44, 600, events=(("headache", 1),)), Visit(41, 600, peak=(144, 86)),
            Visit(34, 600), Visit(27, 600, dissociation=2), Visit(20, 600, peak=(140, 82)),
            Visit(6, 600, dissociation=3, events=(("dizziness", 1),)),
        ),
        {
            59: (3, 3, 2, 3, 2, 2, 2, 2, 0), 56: (3, 2, 2, 3, 2, 2, 2, 1, 0),
            49: (2, 2, 2, 2, 1, 2, 2, 1, 0), 42: (1, 1, 2, 2, 1, 1, 1, 0, 0),
            35: (1, 1, 1, 1, 1, 1, 1, 0, 0), 26: (0, 1, 1, 1, 0, 1, 1, 0, 0),
            18: (0, 0, 1, 1, 1, 0, 1, 0, 0), 4: (1, 1, 1, 2, 1, 1, 1, 0, 0),
        },
        {},
        {20: "bladder", 19: "liver"},
        {"goal": "To read a whole book again.", "music": "Slow piano, nothing with words.",
         "eye_mask": "Yes, my own.", "touch": "A hand on the shoulder is fine."},
    ),
    Told(
        "Reyes", "both", 6, 84_000, (136, 82),
        (
            Visit(17, 500, peak=(158, 94)), Visit(14, 500, peak=(162, 96), dissociation=5),
            Visit(10, 500, peak=(171, 101), dissociation=8, nausea=3, moaas=4,
                  events=(("panic", 3), ("nausea", 1)), medicine="midazolam"),
            Visit(6, 400, peak=(156, 92), dissociation=3, over_min=60,
                  events=(("vomiting", 1),), nausea=6),
        ),
        {
            18: (2, 3, 2, 2, 2, 2, 1, 2, 0), 15: (2, 2, 2, 2, 2, 1, 1, 1, 0),
            11: (2, 1, 2, 2, 1, 1, 1, 1, 0), 7: (1, 2, 1, 2, 1, 1, 1, 1, 0),
            4: (1, 1, 1, 2, 1, 1, 1, 1, 0),
        },
        {18: (8, 8, 7), 11: (7, 7, 7), 4: (6, 6, 5)},
        {},
        {"goal": "To sleep through, and to walk to the shop.", "company": "My sister may stay."},
    ),
)  # fmt: skip


def past_courses(staff: Mapping[str, Staff], now: datetime) -> None:
    """Write both, where they are not there yet."""
    for told in COURSES:
        person = Person.objects.filter(family=told.family).first()
        if person is not None and not facts_of(person).facts:
            _write(told, person, staff, now)


def _write(told: Told, person: Person, staff: Mapping[str, Staff], now: datetime) -> None:
    nora, priya = author_of(staff["nora"]), author_of(staff["priya"])
    first = _noon(now, told.visits[0].days + 1)
    streams = {f"course:{person.pk}": list(_of_course(told, person, (nora, priya), now))}
    rows = []
    for number, visit in enumerate(told.visits, 1):
        at = _noon(now, visit.days)
        row = Session(
            id=_name(person, f"session-{number}"), person=person, protocol_id=_PROTOCOL,
            created=at - 50 * _MINUTE, closed_at=at + 130 * _MINUTE,
        )  # fmt: skip
        rows.append(row)
        streams[row.stream] = list(_of_session(told, visit, number, row, (nora, priya)))
    Session.objects.bulk_create(rows)
    journal.append_many(streams, now)
    shown = shown_to(person, "ketamine", _PROTOCOL)
    said = {
        "sha256": shown.sha256,
        "answers": {one.question: [one.right] for one in shown.questions},
        "signed_as": f"{person.given} {person.family}",
    }
    sign_consent(person, "ketamine", _PROTOCOL, said, staff["nora"], first)
    write_wishes(person, told.wishes, staff["theo"], first)


def _of_course(
    told: Told, person: Person, by: tuple[Author, Author], now: datetime
) -> Iterator[journal.Entry]:
    opened = facts.CourseOpened(
        f"demo-{person.pk}", _PROTOCOL, told.indication, "phq-9", told.planned,
        told.wishes["goal"],
    )  # fmt: skip
    start = _noon(now, told.visits[0].days) - 90 * _MINUTE
    yield _entry(course, person, "opened", opened, start, by[1])
    for name, taken in (("phq-9", told.phq9), ("peg", told.peg)):
        for days, answers in taken.items():
            found = score(name, answers)
            body = facts.ScoreTaken(
                name, found.version, answers, found.total, found.band or "", source="staff"
            )
            at = _noon(now, days) - 60 * _MINUTE
            yield _entry(course, person, f"{name}-{days}", body, at, by[0])
    for days, domain in told.checks.items():
        done = facts.CheckDone(domain, "normal")
        yield _entry(course, person, f"check-{domain}", done, _noon(now, days), by[0])


def _of_session(
    told: Told, one: Visit, number: int, row: Session, by: tuple[Author, Author]
) -> Iterator[journal.Entry]:
    """What was charted, minute by minute around the start of the pump."""
    nora, priya = by
    start, person = row.created + 50 * _MINUTE, row.person
    dose_ug = told.weight_g * one.ug_per_kg // 1000 // 500 * 500
    rate = dose_ug * 60 // one.over_min
    wanted = {
        "wanted_mg": float(Decimal(told.weight_g * one.ug_per_kg) / 1_000_000),
        "weight_used_kg": told.weight_g / 1000, "limited_by": [],
    }  # fmt: skip
    plan = bedside.PlanSigned(
        "ketamine", "iv", dose_ug, one.over_min * 60, 1000, dose_ug, rate, told.weight_g,
        "actual", wanted, (), digest(),
    )  # fmt: skip
    end = one.over_min
    body: Any
    steps = [
        (-50, bedside.SessionOpened(str(person.pk), _PROTOCOL, number)),
        (-20, _numbers(told.before, 0, 0, 5, 98)),
        (-5, plan),
        (0, bedside.InfusionStarted(rate, 1000, dose_ug, told.weight_g)),
        (15, _numbers(_between(told.before, one.peak), one.dissociation // 2, 0, 5, 97)),
        (end - 5, _numbers(one.peak, one.dissociation, one.nausea, one.moaas, one.spo2)),
        *((end - 4, bedside.AdverseEventCharted(*event)) for event in one.events),
        *([(end - 3, _needed(one.medicine))] if one.medicine else []),
        (end, bedside.InfusionStopped()),
        (end + 50, _numbers(told.before, 0, 0, 5, 98)),
        (end + 75, bedside.Discharged("Robin Vance", "+1 555 0177", instructions_given=True)),
        (end + 80, bedside.SessionClosed()),
    ]
    for place, (minute, body) in enumerate(steps):
        author = priya if body is plan else nora
        at = start + minute * _MINUTE
        yield _entry(treatment, person, f"s{number}-{place}", body, at, author)


def _needed(medicine: str) -> bedside.MedicineGiven:
    return bedside.MedicineGiven(medicine, "1 mg", "iv", "panic that talking did not ease")


def _numbers(
    pressure: tuple[int, int], dissociation: int, nausea: int, moaas: int, spo2: int
) -> bedside.ObservationCharted:
    values = {
        "systolic": pressure[0], "diastolic": pressure[1], "heart_rate": 74, "spo2": spo2,
        "respiratory_rate": 14, "moaas": moaas, "dissociation": dissociation, "nausea": nausea,
    }  # fmt: skip
    return bedside.ObservationCharted({name: Decimal(value) for name, value in values.items()})


def _between(low: tuple[int, int], high: tuple[int, int]) -> tuple[int, int]:
    return (low[0] + high[0]) // 2, (low[1] + high[1]) // 2


def _noon(now: datetime, days: int) -> datetime:
    local = timezone.localtime(now).replace(hour=12, minute=0, second=0, microsecond=0)
    return local - timedelta(days=days)


def _name(person: Person, words: str) -> uuid.UUID:
    return uuid.uuid5(_NAMES, f"{person.pk}|{words}")


def _entry(
    log: Any, person: Person, name: str, body: Any, at: datetime, by: Author
) -> journal.Entry:
    """`log`: `treatment` or `course`, whose words these are."""
    identity = str(_name(person, name))
    return journal.Entry(identity, log.kind_of(body), log.encode_body(body), at, by, "demo")
