"""People with records, and one session told from beginning to end, for the pages that show them."""

import json
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest

MORNING = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
PROTOCOL = "iv-depression"


def bundle(
    mrn="MRN0001",
    family="Okonkwo",
    given="Adaeze",
    *,
    born="1984-03-07",
    allergies="known",
    without="",
    **more,
):
    """A small FHIR R4 Bundle of one person, `without` the resource of this id; `more` are further
    resources by any name."""
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": mrn}],
        "name": [{"use": "official", "family": family, "given": [given]}],
        "gender": "female",
        **({"birthDate": born} if born else {}),
    }
    resources = [patient, *_record(), *_allergies(allergies), *more.values()]
    entries = [
        {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": one}
        for one in resources
        if one["id"] != without
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def _record():
    yield condition("c1", "370143000", "Major depressive disorder", "active")
    yield condition("c2", "59621000", "Essential hypertension", "active")
    yield condition("c3", "195662009", "Acute viral pharyngitis", "resolved")
    yield {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "active",
        "intent": "order",
        "authoredOn": "2026-05-02",
        "medicationCodeableConcept": {"text": "Sertraline 100 MG Oral Tablet"},
    }
    yield observation("o1", "29463-7", 70, "kg", "2026-11-18")
    yield observation("o2", "8302-2", 168, "cm", "2026-11-18")
    yield {"resourceType": "Immunization", "id": "i1", "status": "completed"}


def condition(name, code, text, status):
    """A SNOMED-coded condition."""
    coding = {"system": "http://snomed.info/sct", "code": code, "display": text}
    return {
        "resourceType": "Condition",
        "id": name,
        "clinicalStatus": {"coding": [{"code": status}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"coding": [coding], "text": text},
        "onsetDateTime": "2019-04-01",
    }


def observation(name, code, value, unit, day):
    """A LOINC-coded measurement."""
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": unit, "code": unit},
    }


def _allergies(state):
    if state == "known":
        yield {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "code": {"text": "Penicillin"},
            "criticality": "high",
            "recordedDate": "2026-11-01",
            "reaction": [{"manifestation": [{"text": "Hives"}]}],
        }
    if state == "none":
        yield {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "code": {"text": "No known allergies"},
            "recordedDate": "2026-11-01",
        }


def import_person(by, now, **kwargs):
    """One person through the front door."""
    from openketamine.clinic.patients import commands

    return commands.import_bundle(bundle(**kwargs), by, now).person


ANSWERS = {
    "antidepressant-trials": "two or more",
    "off-label-consent": "given",
    "capacity": "yes",
    "allergies": "none",
    "psychosis": "never",
    "family-psychosis": "no",
    "mania": "never",
    "suicidality": "no acute risk",
    "pregnancy": "not pregnant",
    "contraception": "reliable",
    "breastfeeding": "no",
    "pressure-hazard": "no",
    "weight": "70 kg",
    "height": "168 cm",
    "liver-tests": "within the limits",
    "other-ketamine": "no",
    "escort": "confirmed",
    "drug-screen": "nothing unexpected",
    "intoxication": "sober",
    "alcohol": "none",
    "cannabis": "none",
    "same-day-anaesthetic": "no",
}


def answer_everything(person, by, now, *, pressure="124/78"):
    """Every open question gets the answer that lets the treatment go on."""
    from django.utils import timezone

    from openketamine.clinic.patients import commands, queries
    from openketamine.core.screening import evaluate

    today = timezone.localdate(now)
    for one in evaluate(queries.record(person), PROTOCOL, today).unknown:
        value = pressure if one.question == "blood-pressure-today" else ANSWERS[one.question]
        commands.answer_question(person, one.question, value, "", by, now)


def tell(session, at, by, *bodies, now=None):
    """Facts of a session as the bedside would have sent them."""
    from openketamine.clinic.sessions._writing import append, entry

    append(session, [entry(body, at, by) for body in bodies], now or at)


def readings(start, minutes, *, device="080019FFFE000001"):
    """One reading every ten seconds, with a blood pressure every five minutes and one artefact."""
    from openketamine.core.treatment import ReadingTaken

    for tick in range(minutes * 6):
        at, minute = start + timedelta(seconds=10 * tick), tick / 6
        rise = min(minute, 40) * 0.5 if minute < 45 else max(0, 20 - (minute - 45))
        values = {
            "heart_rate": Decimal(round(72 + rise * 0.6 + tick % 3)),
            "spo2": Decimal(97 if tick % 7 else 96),
            "respiratory_rate": Decimal(14 + tick % 2),
        }
        doubts = {}
        if tick % 30 == 0:
            values |= {
                "systolic": Decimal(round(122 + rise)),
                "diastolic": Decimal(round(76 + rise * 0.6)),
            }
        if tick == 100:
            values["heart_rate"] = Decimal(277)
            doubts["heart_rate"] = "277 is not a heart rate that a person at rest has"
        # The finger clip is off for six minutes: a gap stays a gap.
        if 150 <= tick < 186:
            values["spo2"] = None
        yield (
            at,
            ReadingTaken(device, at, at + timedelta(milliseconds=80), values, doubts, f"m{tick}"),
        )


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch, now):
    """The clinic's clock stands at the moment at which these tests play."""
    from openketamine.clinic.journal import clock

    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def adaeze(fran, now):
    """A person who can be treated, as far as the record says."""
    return import_person(fran, now)


class Shown:
    """An answer, with its text as a reader sees it."""

    def __init__(self, answer):
        self.status, self.answer = answer.status_code, answer
        self.html = "" if answer.streaming else answer.content.decode("utf-8", "replace")
        plain = re.sub(r"<(script|style|title|desc)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        self.text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", plain)))

    def hidden(self, name):
        """The value of a hidden field."""
        return re.search(rf'name="{name}" value="([^"]*)"', self.html)[1]


@pytest.fixture
def page(client):
    """Open an address as somebody; gives status and text."""

    def open_as(who, path, data=None, **headers):
        client.force_login(who)
        if data is None:
            answer = client.get(path, headers=headers or None)
        else:
            answer = client.post(path, data, headers=headers or None)
        return Shown(answer)

    return open_as


@pytest.fixture
def bundles():
    """Make a bundle."""
    return bundle


@pytest.fixture
def people():
    """Import a person."""
    return import_person


@pytest.fixture
def conditions():
    """Make a condition."""
    return condition


@pytest.fixture
def observations():
    """Make a measurement."""
    return observation


@pytest.fixture
def answered():
    """Answer every open question of a person."""
    return answer_everything


@pytest.fixture
def story():
    """Tell a session."""
    return tell_session


@pytest.fixture
def told(adaeze, cast, now):
    """A whole session of two days ago, from opening to discharge, with its drug in the book."""
    return tell_session(adaeze, cast, MORNING)


def tell_session(person, cast, start, *, until="discharged", chair="Chair 2"):
    """The story of one infusion that started at `start`; `until` may be infusing."""
    from django.utils import timezone

    from openketamine.clinic.patients import queries as patients
    from openketamine.clinic.pharmacy import commands as pharmacy
    from openketamine.clinic.pharmacy.commands import Label
    from openketamine.clinic.sessions import commands
    from openketamine.clinic.sessions._writing import append, entry
    from openketamine.clinic.staff.proofs import Proof
    from openketamine.core.dosing import propose
    from openketamine.core.treatment import facts as f

    minute = lambda n: start + timedelta(minutes=n)  # noqa: E731
    early = minute(-45)
    nora, wes, priya = cast.nora, cast.wes, cast.priya
    session = commands.open_session(person.id, PROTOCOL, cast.fran, early)
    commands.assign_chair(session.id, chair, nora, minute(-40))
    answer_everything(person, nora, minute(-39))
    proposal = propose(patients.record(person), PROTOCOL, timezone.localdate(start))
    plan = f.PlanSigned(**proposal.plan_fields())
    label = Label(
        "ketamine", "0143-9509-01", "K2291", date(2028, 6, 30), 50_000, 10_000, "Northside"
    )
    vial = pharmacy.receive_vial(label, cast.ines, minute(-60))
    draw_ul = plan.dose_ug * 1000 // 50_000 + 200
    transfer = pharmacy.withdraw(
        session.id, vial, draw_ul, nora, Proof(wes, minute(-10), "password"), minute(-10)
    )
    yes = (
        "identity",
        "consent",
        "allergies",
        "medicines",
        "fasting-solids",
        "fasting-fluids",
        "escort",
    )
    tell(session, minute(-30), nora, *(f.ChecklistAnswered("pre-dose", one, "yes") for one in yes))
    phq = f.ScoreRecorded("phq-9", (2, 2, 2, 2, 2, 2, 2, 2, 0), 16, "moderately severe")
    tell(session, minute(-28), nora, phq)
    tell(session, minute(-20), priya, plan)
    drawn = f.DrugWithdrawn(
        transfer, str(vial.id), vial.lot, draw_ul, draw_ul * 50, str(wes.pk), wes.display_name
    )
    tell(session, minute(-10), nora, drawn)
    checked = f.DoseVerified(
        str(wes.pk), wes.display_name, str(person.id), "ketamine", plan.dose_ug,
        plan.concentration_ug_per_ml, plan.volume_ul, plan.rate_ul_per_h,
    )  # fmt: skip
    by_hand = f.ObservationCharted(
        {"systolic": Decimal(124), "diastolic": Decimal(78), "heart_rate": Decimal(71)}
    )
    tell(session, minute(-5), nora, checked, by_hand, f.DeviceAttached("080019FFFE000001"))
    started = f.InfusionStarted(
        plan.rate_ul_per_h, plan.concentration_ug_per_ml, plan.volume_ul, plan.weight_g
    )
    tell(session, start, nora, started)
    spoken = readings(minute(-4), 20 if until == "infusing" else 70)
    append(session, [entry(reading, at, nora) for at, reading in spoken], minute(1))
    scored = {"moaas": Decimal(5), "dissociation": Decimal(3), "nausea": Decimal(0)}
    tell(session, minute(10), nora, f.ObservationCharted(scored))
    if until == "infusing":
        return session
    raised = f.FindingRaised(
        "f-1", "AL-BP-01", "systolic", "medium", "physiological",
        "Systolic blood pressure 25 mmHg above baseline", ("Repeat the reading.",),
    )  # fmt: skip
    tell(session, minute(15), nora, raised)
    tell(session, minute(16), nora, f.FindingAcknowledged("f-1"))
    tell(
        session,
        minute(18),
        nora,
        f.RateChanged(plan.rate_ul_per_h * 4 // 5, "she feels too far away"),
    )
    tell(session, minute(20), nora, f.ObservationCharted({**scored, "dissociation": Decimal(6)}))
    tell(
        session,
        minute(22),
        nora,
        f.MedicineGiven("ondansetron", "4 mg", "iv", "nausea", "Dr Priya Raman"),
    )
    tell(session, minute(24), nora, f.NoteCharted("It was like floating above a field at night."))
    tell(session, minute(30), nora, f.FindingCleared("f-1"))
    tell(session, minute(45), nora, f.InfusionStopped("complete"))
    given_ul = plan.rate_ul_per_h * 18 // 60 + (plan.rate_ul_per_h * 4 // 5) * 27 // 60
    given_ul = min(given_ul, plan.volume_ul)
    given = given_ul * plan.concentration_ug_per_ml // 1000
    moved = pharmacy.give(session.id, given, nora, minute(45))
    tell(session, minute(45), nora, f.DoseFinished(given, given_ul, moved))
    left = draw_ul * 50 - given
    waste = pharmacy.waste(
        session.id,
        left,
        "partial_dose",
        "drug buster",
        nora,
        Proof(wes, minute(50), "password"),
        minute(50),
    )
    wasted = f.DrugWasted(waste, left, "partial_dose", "drug buster", str(wes.pk), wes.display_name)
    tell(session, minute(50), nora, wasted)
    items = {"activity": 2, "respiration": 2, "circulation": 2, "consciousness": 2, "saturation": 2}
    tell(session, minute(80), nora, f.RecoveryScored("modified-aldrete", items, 10))
    ready = ("as-before", "walks", "no-vomiting", "escort-present", "safety-plan", "instructions")
    tell(
        session, minute(100), nora, *(f.ChecklistAnswered("discharge", one, "yes") for one in ready)
    )
    tell(session, minute(105), nora, f.Discharged("Chidi Okonkwo", "555 0123", True))
    return session
