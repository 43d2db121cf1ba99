"""One treatment as a list of steps, each at its minute, each through the command that a person's
click would call. Where the story stops depends only on what time it is."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from openketamine.clinic.patients import commands as patients
from openketamine.clinic.patients import queries as records
from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.models import Staff
from openketamine.core.dosing import DoseProposal
from openketamine.core.findings import Refusal
from openketamine.core.screening import evaluate
from openketamine.operations._people import DEMO_PASSWORD
from openketamine.operations.demo._cast import Patient

PROTOCOL = "iv-depression"
_NAMES = uuid.UUID("5f2a9c1e-3b7d-4c7e-9a57-0d1f7c2e8b40")
_PRE_DOSE = (
    "identity",
    "consent",
    "allergies",
    "medicines",
    "pregnancy",
    "fasting-solids",
    "fasting-fluids",
    "escort",
    "mental-state",
    "urinary",
)
_LEAVING = ("as-before", "walks", "no-vomiting", "escort-present", "safety-plan", "instructions")
_ALDRETE = ("activity", "respiration", "circulation", "consciousness", "oxygen saturation")
_DRAW_UL = 1000


class StoryFailed(RuntimeError):
    """The clinic refused a step of the story; the text says which and why."""


@dataclass(frozen=True)
class Story:
    """One person's treatment; `start` is the minute in which the pump starts."""

    patient: Patient
    session: Session
    device_id: str
    start: datetime
    staff: Mapping[str, Staff]

    @property
    def pump_id(self) -> str:
        """The pump beside the monitor: the same place, another kind of device."""
        return self.device_id.replace("FFFE", "FFFD")

    def step_id(self, name: str) -> str:
        """The id of a step's fact: the same step is the same fact at every start."""
        return str(uuid.uuid5(_NAMES, f"{self.session.id}|{name}"))

    def steps(self) -> list[tuple[datetime, Callable[[datetime], None]]]:
        """Every step with its moment, in order."""
        minute = timedelta(minutes=1)
        planned = [
            (-34, self._sit_down),
            (-33, self._attach),
            (-31, self._check_in),
            (-30, self._evaluate),
            (self._before_dose(3), self._sign),
            (self._before_dose(2), self._withdraw),
            (self._before_dose(1), self._verify),
            (0, self._begin),
            (5, lambda at: self._chart("early", at, moaas=5, dissociation=1)),
            (10, lambda at: self._chart("middle", at, moaas=5, dissociation=4, nausea=0)),
            (12, lambda at: self._note("Calm, eyes closed, music on.", at)),
            (20, lambda at: self._chart("later", at, moaas=4, dissociation=5)),
            (30, lambda at: self._chart("late", at, moaas=4, dissociation=4)),
            (40, self._stop),
            (45, self._waste),
            (55, lambda at: self._chart("resting", at, moaas=5, dissociation=1, nausea=0)),
            (58, lambda at: self._recovery(at, 1)),
        ]
        return [(self.start + offset * minute, do) for offset, do in planned]

    def until_signed(self) -> list[tuple[datetime, Callable[[datetime], None]]]:
        """The steps until a prescriber signed the dose, the last one included."""
        steps = self.steps()
        return steps[: [do for _, do in steps].index(self._sign) + 1]

    def ending(self) -> list[tuple[datetime, Callable[[datetime], None]]]:
        """How it ended where nobody watched: charted by hand, discharged, closed."""
        minute = timedelta(minutes=1)
        planned = [
            (103, self._detach),
            (104, self._chart_before_leaving),
            (105, lambda at: self._recovery(at, 2)),
            (106, self._discharge),
            (115, self._close),
        ]
        return [(self.start + offset * minute, do) for offset, do in planned]

    def _before_dose(self, place: int) -> float:
        """Minutes before the start for sign, withdraw and verify: an order is good for its own day,
        so that just after midnight the three follow each other quickly."""
        local = timezone.localtime(self.start)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        since = (local - midnight).total_seconds() / 60
        return -min(4.0, since / 4) * place

    def _sit_down(self, at: datetime) -> None:
        commands.assign_chair(
            self.session.id, self.session.chair, self.staff["nora"], at, self.step_id("chair")
        )

    def _attach(self, at: datetime) -> None:
        nora, identity = self.staff["nora"], self.step_id("attach")
        commands.attach_device(self.session.id, self.device_id, "monitor", nora, at, identity)
        pump = self.step_id("attach-pump")
        commands.attach_device(self.session.id, self.pump_id, "pump", nora, at, pump)

    def _detach(self, at: datetime) -> None:
        nora, identity = self.staff["nora"], self.step_id("detach")
        commands.detach_device(self.session.id, self.device_id, nora, at, identity)
        pump = self.step_id("detach-pump")
        commands.detach_device(self.session.id, self.pump_id, nora, at, pump)

    def _check_in(self, at: datetime) -> None:
        for item in _PRE_DOSE:
            answer = "not_applicable" if self._does_not_apply(item) else "yes"
            note = "Robin Vance, +1 555 0177" if item == "escort" else ""
            self._checklist("pre-dose", item, answer, at, note)
        self._fact("phq9", "score_recorded", _score("phq-9", self.patient.phq9), at)
        cssrs = (0, 0, None, None, None, 0, None)
        self._fact("cssrs", "score_recorded", _score("c-ssrs-screen", cssrs), at)

    def _does_not_apply(self, item: str) -> bool:
        return item == "pregnancy" and self.session.person.sex == "male"

    def _evaluate(self, at: datetime) -> None:
        person, priya, on = self.session.person, self.staff["priya"], timezone.localdate(at)
        record = records.record(person)
        for open_question in evaluate(record, PROTOCOL, on).unknown:
            value = self.patient.answers.get(open_question.question)
            if value is not None:
                patients.answer_question(person, open_question.question, value, "", priya, at)
        patients.record_evaluation(
            person, evaluate(records.record(person), PROTOCOL, on), priya, at
        )

    def _sign(self, at: datetime) -> None:
        _, proposal = queries.plan_of(self.session, timezone.localdate(at))
        if not isinstance(proposal, DoseProposal):
            raise StoryFailed(f"no dose for {self.patient.bundle}: {proposal.summary}")
        asked = {"id": self.step_id("sign"), "dose_ug": proposal.dose_ug, "password": DEMO_PASSWORD}
        self._ask(commands.sign_plan, asked, "priya", at)

    def _withdraw(self, at: datetime) -> None:
        usable = (one.vial for one in pharmacy.usable_vials(at))
        vial = next(one for one in usable if one.drug == "ketamine" and not one.is_pack)
        asked = {
            "id": self.step_id("withdraw"),
            "vial_id": str(vial.id),
            "volume_ul": _DRAW_UL,
            "password": DEMO_PASSWORD,
            "witness": "wes",
            "witness_password": DEMO_PASSWORD,
        }
        self._ask(commands.withdraw, asked, "nora", at)

    def _verify(self, at: datetime) -> None:
        plan = queries.state(self.session, at).plan
        if plan is None:
            raise StoryFailed(f"no plan for {self.patient.bundle}")
        names = ("drug", "dose_ug", "concentration_ug_per_ml", "volume_ul", "rate_ul_per_h")
        asked = {
            "id": self.step_id("verify"),
            "second": "wes",
            "second_password": DEMO_PASSWORD,
            "mrn": self.session.person.mrn,
            **{name: getattr(plan.body, name) for name in names},
        }
        self._ask(commands.verify, asked, "nora", at)

    def _begin(self, at: datetime) -> None:
        self._ask(commands.start, {"id": self.step_id("start")}, "nora", at)

    def _stop(self, at: datetime) -> None:
        self._fact("stop", "infusion_stopped", {"reason": "complete"}, at)

    def _waste(self, at: datetime) -> None:
        left = pharmacy.tray(self.session.id)
        if left > 0:
            asked = {
                "id": self.step_id("waste"),
                "mass_ug": left,
                "reason": "residual",
                "method": "Rendered unrecoverable in the drug disposal container",
                "witness": "wes",
                "witness_password": DEMO_PASSWORD,
            }
            commands.waste(self.session.id, asked, self.staff["nora"], at)

    def _recovery(self, at: datetime, turn: int) -> None:
        body = {"scale": "modified-aldrete", "items": dict.fromkeys(_ALDRETE, 2), "total": 10}
        self._fact(f"aldrete-{turn}", "recovery_scored", body, at)

    def _chart_before_leaving(self, at: datetime) -> None:
        systolic, diastolic = (int(part) for part in self.patient.pressure.split("/"))
        pressure = {"systolic": systolic + 4, "diastolic": diastolic + 2}
        others = {"heart_rate": 72, "spo2": 98, "respiratory_rate": 14}
        self._chart("leaving", at, moaas=5, dissociation=0, **pressure, **others)
        for item in _LEAVING:
            self._checklist("discharge", item, "yes", at)

    def _discharge(self, at: datetime) -> None:
        asked = {
            "id": self.step_id("discharge"),
            "escort_name": "Robin Vance",
            "escort_phone": "+1 555 0177",
            "instructions_given": True,
        }
        self._ask(commands.discharge, asked, "nora", at)

    def _close(self, at: datetime) -> None:
        self._ask(commands.close, {"id": self.step_id("close")}, "nora", at)

    def _chart(self, name: str, at: datetime, **values: float) -> None:
        self._fact(name, "observation_charted", {"values": values}, at)

    def _note(self, text: str, at: datetime) -> None:
        self._fact("note", "note_charted", {"text": text}, at)

    def _checklist(
        self, checklist: str, item: str, answer: str, at: datetime, note: str = ""
    ) -> None:
        body = {"checklist": checklist, "item": item, "answer": answer, "note": note}
        self._fact(f"{checklist}-{item}", "checklist_answered", body, at)

    def _fact(self, name: str, kind: str, body: Mapping[str, Any], at: datetime) -> None:
        raw = {"id": self.step_id(name), "kind": kind, "at": at.isoformat(), "body": body}
        commands.record_fact(self.session.id, raw, self.staff["nora"], at)

    def _ask(
        self, verb: Callable[..., object], asked: Mapping[str, Any], who: str, at: datetime
    ) -> None:
        answer = verb(self.session.id, asked, self.staff[who], at)
        if isinstance(answer, Refusal):
            why = "; ".join(finding.summary for finding in answer.findings)
            raise StoryFailed(f"{verb.__name__} for {self.patient.bundle}: {why}")


def _score(instrument: str, answers: tuple[int | None, ...]) -> dict[str, Any]:
    return {"instrument": instrument, "answers": list(answers), "total": None}
