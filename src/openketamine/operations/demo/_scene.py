"""Set the scene: staff, vials, people; one dose under way, one person recovering, one ready."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from openketamine.clinic.journal import clock
from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries as facts
from openketamine.clinic.patients.commands import import_bundle
from openketamine.clinic.patients.models import Person
from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.pharmacy.commands import (
    Label,
    begin_sheet,
    finish_sheet,
    receive_vial,
)
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.accounts import AUDITORS_STAY
from openketamine.clinic.staff.commands import hire
from openketamine.clinic.staff.contact import set_contact
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.history import read_bundle
from openketamine.core.treatment import Author
from openketamine.operations._people import DEMO_PASSWORD, DEMO_PEOPLE
from openketamine.operations.demo._cast import Patient, Scene, bundle, bundles, scene
from openketamine.operations.demo._certificates import hand_in, plan_week
from openketamine.operations.demo._check_ins import ask_between_sessions
from openketamine.operations.demo._courses import past_courses
from openketamine.operations.demo._readings import PastMonitor
from openketamine.operations.demo._story import PROTOCOL, Story, StoryFailed

_STREAM = "demo"
_SCENE_SET = "scene_set"
_DIRECTOR = Author("demonstration", "Demonstration", "system")
_CHAIRS = tuple(f"Chair {number}" for number in range(1, 13))
_VIALS_WANTED = 3
_DELIVERED: dict[str, Any] = {
    "supplier": "Northside Medical Supply",
    "supplier_address": "4 Wharf Lane, Tucson, AZ 85701",
    "supplier_dea": "demonstration",
    "invoice": "NS-1042",
    "site": "Main clinic",
    "cabinet": "Safe 1",
}
_log = logging.getLogger("openketamine.operations.demo")


@dataclass(frozen=True)
class _Part:
    """A part in the scene: the person, and the minutes since (or until) their pump starts."""

    patient: Patient
    minutes: int


def set_scene() -> None:
    """Make the demonstration as it should be now. What is there stays; nothing is edited."""
    now = timezone.localtime(clock.now()).replace(microsecond=0)
    staff = _staff(now)
    _stock(staff, now)
    for raw in bundles(timezone.localdate(now)):
        if not _is_known(raw, now):
            import_bundle(raw, staff["fran"], now - timedelta(hours=2))
    past_courses(staff, now)
    ask_between_sessions(staff, now)
    if not _somebody_is_infused(now):
        _end_old_scenes(staff, now)
        _next_scene(staff, now)


def _staff(now: datetime) -> dict[str, Staff]:
    """The cast of the house, hired when they are not."""
    known = {one.username: one for one in Staff.objects.all()}
    for one in DEMO_PEOPLE:
        if one.username not in known:
            known[one.username] = hire(
                one.username, one.name, one.role, DEMO_PASSWORD, now, credentials=one.credentials
            )
            if one.phone:
                set_contact("", one.phone, Proof(known[one.username], now, "demonstration"), now)
        if known[one.username].has_ended(now):
            # Outside of a demonstration two people decide on this.
            known[one.username].ends_at = now + AUDITORS_STAY
            known[one.username].save(update_fields=["ends_at"])
    hand_in(known, now)
    plan_week(known, now)
    return known


def _stock(staff: Mapping[str, Staff], now: datetime) -> None:
    """At least three vials that drug may be taken from, a pack of troches, devices for the nose,
    and the inventory that the law wants before the first of them comes in."""
    today = timezone.localdate(now)
    if not pharmacy.notes("inventory_taken"):
        _nothing_on_hand(staff, now - timedelta(hours=3))
    usable = [one for one in pharmacy.usable_vials(now) if one.on_hand_ul >= 3_000]
    for number in range(_VIALS_WANTED - len(usable)):
        label = Label(
            drug="ketamine",
            ndc="67457-001-10",
            lot=f"K{today:%y%j}{chr(ord('A') + number)}",
            expiry=today + timedelta(days=400),
            concentration_ug_per_ml=50_000,
            volume_ul=10_000,
            **_DELIVERED,
        )
        _received(label, staff, now - timedelta(hours=2))
    if not any(one.vial.is_pack for one in pharmacy.usable_vials(now)):
        _packs(staff, now - timedelta(hours=2))


def _nothing_on_hand(staff: Mapping[str, Staff], at: datetime) -> None:
    """The initial inventory of a clinic that begins: nothing, by two people."""
    sheet = begin_sheet([], {}, staff["ines"], at, purpose="initial", moment="opening")
    finish_sheet(sheet, {}, staff["wes"], at)


def _packs(staff: Mapping[str, Staff], at: datetime) -> None:
    until = timezone.localdate(at) + timedelta(days=80)
    packs = (
        ("ketamine", "troche", "12345-0678-30", "T4410", 100_000, 30),
        ("esketamine", "device", "50458-028-02", "S8801", 28_000, 6),
    )
    for drug, form, ndc, lot, unit_ug, units in packs:
        label = Label(
            drug=drug, form=form, ndc=ndc, lot=lot, expiry=until, unit_ug=unit_ug, units=units,
            concentration_ug_per_ml=0, volume_ul=0, **_DELIVERED,
        )  # fmt: skip
        _received(label, staff, at)


def _received(label: Label, staff: Mapping[str, Staff], at: datetime) -> None:
    """By the inventory officer, held against the delivery note by a nurse."""
    receive_vial(label, staff["ines"], at, verifier=Proof(staff["wes"], at, "demonstration"))


def _is_known(raw: bytes, now: datetime) -> bool:
    mrn = read_bundle(raw, timezone.localdate(now)).person.mrn
    return Person.objects.filter(mrn=mrn).exists()


def _somebody_is_infused(now: datetime) -> bool:
    """Whether a dose is under way whose end lies ahead."""
    for session in Session.objects.filter(closed_at__isnull=True):
        infusion = queries.state_json(session, now)["infusion"]
        if infusion and infusion["running"]:
            end = infusion["planned_end"]
            if end and datetime.fromisoformat(end) > now:
                return True
    return False


def _next_scene(staff: Mapping[str, Staff], now: datetime) -> None:
    """A new scene, or none: whoever was treated today is not treated again, not even here. Then
    the house opens with the people whom it has."""
    number = facts.head(_STREAM)
    parts = _parts(scene(number))
    try:
        if number:
            _rehearse(parts, staff, now)
    except StoryFailed as why:
        _log.warning("nobody new sits down: %s", why)
    else:
        _new_scene(parts, staff, now)


def _parts(cast: Scene) -> tuple[_Part, ...]:
    return _Part(cast.recovering, -65), _Part(cast.infusing, -15), _Part(cast.waiting, 9)


def _rehearse(parts: Sequence[_Part], staff: Mapping[str, Staff], now: datetime) -> None:
    """Every part up to the signed dose, where the rules are asked; nothing of it is kept.

    Not the scene itself in one transaction: inside of one nothing is remembered of a session, and
    a monitor's past would be read again for each of its messages.
    Raises StoryFailed where the clinic says no.
    """
    with transaction.atomic():
        for part in parts:
            story = _story(part, staff, now)
            for at, step in story.until_signed():
                step(at)
        transaction.set_rollback(True)


def _new_scene(parts: Sequence[_Part], staff: Mapping[str, Staff], now: datetime) -> None:
    told = [_play(part, staff, now) for part in parts]
    # Setting the scene took a while: the monitors catch up, so that no gap opens before the live.
    for story, monitor in told:
        monitor.say_until(timezone.localtime(clock.now()).replace(microsecond=0))
        _log.info("%s sits in %s", story.patient.bundle, story.session.chair)
    body = {"stories": [_noted(story) for story, _ in told]}
    entry = journal.Entry(str(uuid.uuid4()), _SCENE_SET, body, now, _DIRECTOR, origin="demo")
    journal.append(_STREAM, [entry], now)


def _play(part: _Part, staff: Mapping[str, Staff], now: datetime) -> tuple[Story, PastMonitor]:
    """Everything that happened to this person until now, in the order in which it happened."""
    story = _story(part, staff, now)
    monitor = PastMonitor(story.session, story.device_id, story.start - timedelta(minutes=33))
    for at, step in story.steps():
        if at > now:
            break
        monitor.say_until(at)
        step(at)
    monitor.say_until(now)
    return story, monitor


def _story(part: _Part, staff: Mapping[str, Staff], now: datetime) -> Story:
    """This part with its session, which is expected today."""
    start = now + timedelta(minutes=part.minutes)
    session, place = _expected(part.patient, staff, start - timedelta(minutes=45), now)
    return Story(part.patient, session, _device(place), start, staff)


def _expected(
    patient: Patient, staff: Mapping[str, Staff], at: datetime, now: datetime
) -> tuple[Session, int]:
    """The session, with a chair that nobody sits in."""
    mrn = read_bundle(bundle(patient.bundle, timezone.localdate(now))).person.mrn
    person = Person.objects.get(mrn=mrn)
    session = commands.open_session(person.id, PROTOCOL, staff["fran"], at)
    taken = set(Session.objects.filter(closed_at__isnull=True).values_list("chair", flat=True))
    place = next(n for n, chair in enumerate(_CHAIRS, 1) if chair not in taken)
    session.chair = _CHAIRS[place - 1]
    return session, place


def _device(place: int) -> str:
    """The monitor that stands at this chair."""
    return f"080019FFFE{place:06d}"


def _noted(story: Story) -> dict[str, Any]:
    return {
        "session": str(story.session.id),
        "bundle": story.patient.bundle,
        "device_id": story.device_id,
        "start": story.start.isoformat(),
        "by_people": _by_people(story.session, story.staff),
    }


def _by_people(session: Session, staff: Mapping[str, Staff]) -> int:
    """How many facts of a session people recorded."""
    names = {str(one.pk) for one in staff.values()}
    return sum(fact.by.id in names for fact in facts.facts(session.stream))


def _end_old_scenes(staff: Mapping[str, Staff], now: datetime) -> None:
    """Where nobody took over while the demonstration was closed, the story went on without us."""
    for fact in facts.facts(_STREAM, kinds=[_SCENE_SET]):
        cast = scene(fact.number - 1)
        patients = {one.bundle: one for one in (cast.recovering, cast.infusing, cast.waiting)}
        for told in fact.body["stories"]:
            session = queries.session(uuid.UUID(told["session"]))
            if session.closed_at or _by_people(session, staff) != told["by_people"]:
                continue
            start = timezone.localtime(datetime.fromisoformat(told["start"]))
            patient = patients[told["bundle"]]
            _end(Story(patient, session, told["device_id"], start, staff), now)


def _end(story: Story, now: datetime) -> None:
    """The rest of a story, if all of it lies in the past."""
    steps = [*story.steps(), *story.ending()]
    if steps[-1][0] > now:
        return
    begun = queries.state(story.session, now).infusion is not None
    try:
        if not begun:
            commands.close(
                story.session.id,
                {"id": story.step_id("close"), "reason": "did not start"},
                story.staff["nora"],
                steps[-1][0],
            )
            return
        for at, step in steps:
            if at > story.start:
                step(at)
    except (StoryFailed, ValueError) as error:
        _log.warning("a story of the demonstration stays open: %s", error)
