"""A session at the bedside, told in a few words, for the tests of facts, requests and readings."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from openketamine.clinic.patients.commands import answer_question, import_bundle
from openketamine.clinic.pharmacy.commands import Label, receive_vial
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions._requests import plan_of
from openketamine.core.findings import Refusal

MONITOR = "080019FFFE000001"
PASSWORD = "a-test-password"
PRE_DOSE = (
    "identity", "consent", "allergies", "medicines", "pregnancy", "fasting-solids",
    "fasting-fluids", "escort", "mental-state",
)  # fmt: skip


def bundle(mrn="MRN0001", family="Okonkwo", given="Ada", born="1984-03-07"):
    """A small record of somebody whom the rules let through: FHIR R4, weight taken last week."""
    patient = {
        "resourceType": "Patient",
        "id": f"p-{mrn}",
        "identifier": [
            {"type": {"coding": [{"code": "MR"}]}, "system": "urn:clinic", "value": mrn}
        ],
        "name": [{"family": family, "given": [given]}],
        "gender": "female",
        "birthDate": born,
    }
    weight = _measured("weight", "29463-7", 70, "kg")
    height = _measured("height", "8302-2", 172, "cm")
    depression = {
        "resourceType": "Condition",
        "id": "depression",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {
            "coding": [{"system": "http://snomed.info/sct", "code": "36923009"}],
            "text": "Major depressive disorder",
        },
        "subject": {"reference": f"Patient/p-{mrn}"},
    }  # fmt: skip
    entries = [{"resource": one} for one in (patient, weight, height, depression)]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def _measured(name, loinc, value, unit):
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "effectiveDateTime": "2026-11-16",
        "valueQuantity": {
            "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit,
        },
    }  # fmt: skip


@dataclass
class Bedside:
    """One person in a chair, a nurse, a witness, a prescriber, a vial, and the time of the day."""

    cast: object
    now: datetime
    session: object = None
    vial: object = None
    made: list = field(default_factory=list)

    def later(self, **time):
        self.now += timedelta(**time)
        return self

    def opened(self, protocol="iv-depression", **person):
        imported = import_bundle(bundle(**person), self.cast.nora, self.now)
        self.session = commands.open_session(imported.person.id, protocol, self.cast.nora, self.now)
        return self

    def tell(self, kind, body, by=None, fact_id=None, at=None):
        """A fact, as the browser posts it."""
        raw = {
            "id": fact_id or str(uuid.uuid4()), "kind": kind,
            "at": (at or self.now).isoformat(), "body": body,
        }  # fmt: skip
        return commands.record_fact(self.session.id, raw, by or self.cast.nora, self.now)

    def ask(self, verb, by=None, **asked):
        """A request. Answers with Done or Refusal."""
        asked = {"id": str(uuid.uuid4()), **asked}
        return getattr(commands, verb)(self.session.id, asked, by or self.cast.nora, self.now)

    @property
    def state(self):
        return queries.state_json(self.session, self.now)

    def kinds(self):
        return [type(fact.body).__name__ for fact in queries.facts(self.session)]

    def proposal(self):
        _, proposal = plan_of(self.session, self.now.date())
        return proposal

    def asked(self):
        """The prescriber puts every open question; nobody knows the answers."""
        evaluation, _ = plan_of(self.session, timezone.localdate(self.now))
        for unknown in (one for one in evaluation.unknown if one.choices):
            answer_question(
                self.session.person, unknown.question, "not known", "", self.cast.priya, self.now
            )
        return self

    def planned(self):
        """The prescriber asks what is open, and signs what is proposed."""
        dose = self.asked().proposal()
        assert not isinstance(dose, Refusal), dose.as_json()
        done = self.ask("sign_plan", self.cast.priya, password=PASSWORD, dose_ug=dose.dose_ug)
        assert not isinstance(done, Refusal), done.as_json()
        return self

    def withdrawn(self, volume_ul=700):
        label = Label(
            "ketamine", "67457-001-10", "K2291", date(2027, 6, 30), 50_000, 10_000, "Northside"
        )
        self.vial = receive_vial(label, self.cast.ines, self.now)
        return self.checked(self.ask("withdraw", **self.draw(volume_ul)))

    def draw(self, volume_ul=700):
        return {
            "password": PASSWORD, "witness": "wes", "witness_password": PASSWORD,
            "vial_id": str(self.vial.id), "volume_ul": volume_ul,
        }  # fmt: skip

    def draw_from(self, container):
        """Who withdraws from this container and who watches; how much is for the caller to say."""
        self.vial = container
        return {name: value for name, value in self.draw().items() if name != "volume_ul"}

    def read_off(self, **other):
        plan = self.state["plan"]
        names = ("drug", "dose_ug", "concentration_ug_per_ml", "volume_ul", "rate_ul_per_h")
        read = {name: plan[name] for name in names}
        who = {"second": "wes", "second_password": PASSWORD}
        return {**who, "mrn": self.session.person.mrn, **read, **other}

    def ready(self):
        """Nothing stands between here and the start."""
        self.prepared().withdrawn().checked(self.ask("verify", **self.read_off()))
        return self

    def prepared(self):
        """Everything but the drug."""
        self.planned()
        for item in PRE_DOSE:
            body = {"checklist": "pre-dose", "item": item, "answer": "yes"}
            self.tell("checklist_answered", body)
        self.scored("phq-9", [1] * 8 + [0]).scored("c-ssrs-screen", [0, 0, None, None, None, 0])
        return self.vitals().later(minutes=6).vitals()

    def scored(self, instrument, answers):
        body = {"instrument": instrument, "answers": answers, "total": None}
        self.tell("score_recorded", body)
        return self

    def vitals(self, **other):
        calm = {
            "systolic": 124, "diastolic": 76, "heart_rate": 70, "spo2": 98, "respiratory_rate": 14,
        }  # fmt: skip
        self.tell("observation_charted", {"values": {**calm, **other}})
        return self

    def infusing(self):
        return self.ready().checked(self.ask("start"))

    def attached(self, device=MONITOR):
        commands.attach_device(self.session.id, device, "monitor", self.cast.nora, self.now)
        return self

    def message(self, key, **other):
        values = {"heart_rate": 72.0, "spo2": 98.0}
        return {
            "key": key, "device_id": MONITOR, "device_kind": "monitor",
            "mrn": self.session.person.mrn, "received_at": self.now.isoformat(),
            "measured_at": self.now.isoformat(), "values": values, "doubts": {}, "unmapped": [],
            "remarks": [], **other,
        }  # fmt: skip

    def hear(self, *messages):
        return commands.record_readings("gw-1", messages, self.now)

    def checked(self, done):
        assert not isinstance(done, Refusal), [f["summary"] for f in done.as_json()["findings"]]
        return self
