"""The order of a session: as the protocol's own rules propose it of what was charted before.

A prescriber who does not exist signs it, and sets aside what may be set aside. Nothing is reckoned
here: the dose is that of `core.dosing.propose`, as in a clinic that does.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from openketamine.core.course import CourseState, history
from openketamine.core.dosing import DoseProposal, propose
from openketamine.core.findings import Finding, Refusal
from openketamine.core.history import PersonRecord, read_bundle
from openketamine.core.screening import Override, evaluate
from openketamine.core.treatment import facts as treatment

_REASON = ("benefit-outweighs", "Written for a person who does not exist.")


@dataclass(frozen=True)
class Somebody:
    """Who they are, as a front desk would import it."""

    mrn: str
    family: str
    given: str
    sex: str
    birth_date: date
    weight_kg: float

    def bundle(self, weighed: Iterable[date]) -> bytes:
        """A FHIR Bundle with the weight on each of these days."""
        entries = [self._patient(), *(self._weight(day) for day in sorted(set(weighed)))]
        resources = [{"resource": one} for one in entries]
        said = {"resourceType": "Bundle", "type": "collection", "entry": resources}
        return json.dumps(said).encode()

    def record(self, on: date) -> PersonRecord:
        """What is known of them on a day on which they were weighed."""
        return read_bundle(self.bundle([on]))

    def _patient(self) -> dict[str, Any]:
        return {
            "resourceType": "Patient",
            "id": "p",
            "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": self.mrn}],
            "name": [{"family": self.family, "given": [self.given]}],
            "gender": self.sex,
            "birthDate": self.birth_date.isoformat(),
        }

    def _weight(self, day: date) -> Mapping[str, Any]:
        return {
            "resourceType": "Observation",
            "id": f"w-{day}",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            "effectiveDateTime": day.isoformat(),
            "valueQuantity": {"value": self.weight_kg, "unit": "kg", "code": "kg"},
        }


@dataclass(frozen=True)
class Order:
    """What was signed, and which rules were set aside for it."""

    plan: treatment.PlanSigned
    overrides: tuple[treatment.OverrideSigned, ...]


def order(who: Somebody, protocol: str, on: date, state: CourseState) -> Order | None:
    """The order of this day; None where no prescriber could have signed one."""
    record, past = who.record(on), history(state, protocol, on)
    answer = propose(record, protocol, on, past, evaluate(record, protocol, on))
    aside: tuple[Override, ...] = ()
    if isinstance(answer, Refusal):
        aside = _set_aside(answer.findings)
        again = evaluate(record, protocol, on, overrides=aside)
        answer = propose(record, protocol, on, past, again)
    if not isinstance(answer, DoseProposal):
        return None
    signed = tuple(treatment.OverrideSigned(one.rule, one.reason_code, one.reason) for one in aside)
    return Order(treatment.PlanSigned(**answer.plan_fields()), signed)


def infusion(signed: Order | None, weight_kg: float) -> tuple[treatment.InfusionStarted, timedelta]:
    """As the order says; half a milligram per kilogram over forty minutes where there is none."""
    weight_g = round(weight_kg * 1000)
    if signed is None:
        ug = weight_g // 2
        return treatment.InfusionStarted(ug * 60 // 40, 1000, ug, weight_g), timedelta(minutes=40)
    plan = signed.plan
    begun = treatment.InfusionStarted(
        plan.rate_ul_per_h, plan.concentration_ug_per_ml, plan.volume_ul, plan.weight_g
    )
    return begun, timedelta(seconds=plan.over_s)


def _set_aside(findings: Sequence[Finding]) -> tuple[Override, ...]:
    return tuple(Override(one.rule, *_REASON) for one in findings if one.overridable)
