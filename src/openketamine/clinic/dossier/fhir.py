"""The same person as a FHIR R4 Bundle, which `openketamine import` reads again.

The newest record that came in stands in it as it came in: conditions, medicines, allergies and
results keep their own codes. What happened here is added: sessions, doses, numbers, scores, events,
medicines, consents, papers, findings, and who read it. Codes are those that knowledge holds (LOINC,
UCUM) and RxNorm of ketamine; everything else has our own code system and its words. No code is made
up. Notes that are kept apart are never in it.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from openketamine.clinic.dossier._vital_signs import observations
from openketamine.clinic.dossier._words import (
    BASE,
    OURS,
    RXNORM,
    amount,
    coded,
    concept,
    loinc,
    own,
    reference,
)
from openketamine.clinic.dossier.whole import Dossier, Sitting
from openketamine.clinic.journal.queries import StoredFact
from openketamine.core.course import title
from openketamine.core.dosing import Protocol, protocol, protocols
from openketamine.core.scoring import instrument, instruments
from openketamine.core.treatment import decode_fact, fold

Resource = dict[str, Any]
_SEVERITY = {1: "mild", 2: "moderate"}
_FINDING = {"block": "high", "override": "high", "defer": "moderate", "caution": "moderate"}


def bundle(one: Dossier) -> Resource:
    """A collection of all of it, of exactly one Patient."""
    made = _Maker(one)
    entries = [*made.record(), *(_entry(each) for each in made.resources())]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": one.now.isoformat(),
        "entry": entries,
    }


def _entry(resource: Resource) -> Resource:
    kind, name = resource["resourceType"], resource["id"]
    return {"fullUrl": f"{BASE}/{kind}/{name}", "resource": resource}


class _Maker:
    """Resources of one dossier; every one of them names the same Patient in the same way."""

    def __init__(self, one: Dossier) -> None:
        self.one = one
        record = json.loads(one.records[-1].bundle) if one.records else {"entry": []}
        self._entries = [dict(entry) for entry in record["entry"] if entry.get("resource")]
        patient = next(e for e in self._entries if e["resource"]["resourceType"] == "Patient")
        url = str(patient.get("fullUrl", ""))
        name = str(patient["resource"].get("id") or one.person.pk)
        self.subject = {"reference": url or f"{BASE}/Patient/{name}"}

    def record(self) -> Iterator[Resource]:
        """What came in, entry for entry, without what belongs to the way in which it came."""
        for place, entry in enumerate(self._entries):
            resource = entry["resource"]
            name = str(resource.get("id") or f"entry-{place}")
            url = entry.get("fullUrl") or f"{BASE}/{resource['resourceType']}/{name}"
            yield {"fullUrl": url, "resource": resource}

    def resources(self) -> Iterator[Resource]:
        """What happened here, in time."""
        for sitting in self.one.sessions:
            yield from self._session(sitting)
        for fact in self.one.course:
            yield from self._of_course(fact)
        for fact in self.one.facts:
            yield from self._of_person(fact)
        yield from self._papers()
        yield from self._reads()

    def _session(self, one: Sitting) -> Iterator[Resource]:
        visit = str(one.row.pk)
        yield self._encounter(one)
        known = _protocol(one)
        yield from self._dose(one, known.drug if known else "ketamine")
        for fact in one.facts:
            body = fact.body
            if fact.kind == "score_recorded":
                yield self._score(fact, visit)
            elif fact.kind == "adverse_event_charted":
                yield self._event(fact, visit)
            elif fact.kind == "medicine_given":
                yield self._medicine(fact, visit)
            elif fact.kind == "note_charted":
                yield self._communication(fact, visit, str(body["text"]))
        yield from observations(one, self.subject)

    def _encounter(self, one: Sitting) -> Resource:
        row, known = one.row, _protocol(one)
        name = known.title if known else row.protocol_id
        period = {"start": row.created.isoformat()}
        if row.closed_at:
            period["end"] = row.closed_at.isoformat()
        return {
            "resourceType": "Encounter",
            "id": str(row.pk),
            "status": "finished" if row.closed_at else "in-progress",
            "class": coded("v3-ActCode", "AMB", "ambulatory"),
            "type": [concept(own("protocol", row.protocol_id), name)],
            "subject": self.subject,
            "period": period,
        }

    def _dose(self, one: Sitting, drug: str) -> Iterator[Resource]:
        """What was given in all: the sum of constant segments and of single doses."""
        state = fold(decode_fact(fact.as_json()) for fact in one.facts)
        start, end, plan = state.started_at, state.ended_at, state.plan
        if start is None:
            return
        last = end or one.facts[-1].at
        given = int(state.infusion.given_ug(last)) if state.infusion else 0
        given += state.doses.given_ug if state.doses else 0
        period = {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})
        route = plan.body.route if plan else ""
        yield {
            "resourceType": "MedicationAdministration",
            "id": f"{one.row.pk}-dose",
            "status": "completed" if end else "in-progress",
            "medicationCodeableConcept": _medication(drug),
            "subject": self.subject,
            "context": reference("Encounter", str(one.row.pk)),
            "effectivePeriod": period,
            "dosage": {
                "dose": amount(given / 1000, "mg"),
                **({"route": {"text": route}} if route else {}),
            },
        }

    def _medicine(self, fact: StoredFact, visit: str) -> Resource:
        body = fact.body
        said = " ".join(str(body.get(key, "")) for key in ("dose", "route")).strip()
        return {
            "resourceType": "MedicationAdministration",
            "id": fact.id,
            "status": "completed",
            "medicationCodeableConcept": {"text": str(body["medicine"])},
            "subject": self.subject,
            "context": reference("Encounter", visit),
            "effectiveDateTime": fact.at.isoformat(),
            "performer": [{"actor": {"display": fact.by.name}}],
            **({"note": [{"text": said}]} if said else {}),
        }

    def _event(self, fact: StoredFact, visit: str) -> Resource:
        grade = int(fact.body["severity"])
        severity = coded("adverse-event-severity", _SEVERITY.get(grade, "severe"))
        return {
            "resourceType": "AdverseEvent",
            "id": fact.id,
            "actuality": "actual",
            "event": concept(own("ctcae-grade", str(grade)), str(fact.body["event"])),
            "subject": self.subject,
            "encounter": reference("Encounter", visit),
            "date": fact.at.isoformat(),
            "severity": {"coding": [severity]},
            "recorder": {"display": fact.by.name},
        }

    def _score(self, fact: StoredFact, visit: str = "") -> Resource:
        body = fact.body
        name, total = str(body["instrument"]), body.get("total")
        found: Resource = {
            "resourceType": "Observation",
            "id": fact.id,
            "status": "final",
            "category": [{"coding": [coded("observation-category", "survey")]}],
            "code": _instrument(name),
            "subject": self.subject,
            "effectiveDateTime": fact.at.isoformat(),
            **({"encounter": reference("Encounter", visit)} if visit else {}),
        }
        if total is None:
            absent = {"coding": [coded("data-absent-reason", "unknown")]}
            return found | {"dataAbsentReason": absent}
        if body.get("band"):
            found["interpretation"] = [{"text": str(body["band"])}]
        return found | {"valueQuantity": amount(float(total), "{score}")}

    def _communication(self, fact: StoredFact, visit: str, text: str) -> Resource:
        return {
            "resourceType": "Communication",
            "id": fact.id,
            "status": "completed",
            "subject": self.subject,
            "encounter": reference("Encounter", visit),
            "sent": fact.at.isoformat(),
            "sender": {"display": fact.by.name},
            "payload": [{"contentString": text}],
        }

    def _of_course(self, fact: StoredFact) -> Iterator[Resource]:
        if fact.kind == "score_taken":
            yield self._score(fact)
        elif fact.kind in ("consent_given", "consent_withdrawn"):
            yield self._consent(fact)

    def _consent(self, fact: StoredFact) -> Resource:
        body, given = fact.body, fact.kind == "consent_given"
        text = str(body.get("sha256", ""))
        return {
            "resourceType": "Consent",
            "id": fact.id,
            "status": "active" if given else "inactive",
            "scope": {"coding": [coded("consentscope", "treatment")]},
            "category": [{"coding": [loinc("59284-0")]}],
            "patient": self.subject,
            "dateTime": fact.at.isoformat(),
            "policyRule": {"text": " ".join([str(body["consent"]), str(body.get("version", ""))])},
            **({"sourceReference": reference("DocumentReference", text)} if text else {}),
        }

    def _of_person(self, fact: StoredFact) -> Iterator[Resource]:
        if fact.kind == "evaluation_recorded":
            for place, finding in enumerate(fact.body.get("findings", ())):
                yield self._issue(fact, finding, place)
        elif fact.kind == "question_answered":
            yield {
                "resourceType": "Observation",
                "id": fact.id,
                "status": "final",
                "code": concept(own("question", str(fact.body["question"])), ""),
                "subject": self.subject,
                "effectiveDateTime": fact.at.isoformat(),
                "performer": [{"display": fact.by.name}],
                "valueString": str(fact.body["value"]),
            }

    def _issue(self, fact: StoredFact, finding: Mapping[str, Any], place: int) -> Resource:
        return {
            "resourceType": "DetectedIssue",
            "id": f"{fact.id}-{place}",
            "status": "final",
            "code": concept(own("rule", str(finding["rule"])), str(finding["summary"])),
            "severity": _FINDING.get(str(finding["action"]), "low"),
            "patient": self.subject,
            "identifiedDateTime": fact.at.isoformat(),
        }

    def _papers(self) -> Iterator[Resource]:
        for text in self.one.papers:
            words = json.dumps(text.content, ensure_ascii=False).encode()
            data = base64.b64encode(words).decode()
            yield {
                "resourceType": "DocumentReference",
                "id": text.sha256,
                "status": "current",
                "identifier": [{"system": f"{OURS}:sha256", "value": text.sha256}],
                "type": {"text": text.kind},
                "subject": self.subject,
                "date": text.kept_at.isoformat(),
                "content": [{"attachment": {"contentType": "application/json", "data": data}}],
            }

    def _reads(self) -> Iterator[Resource]:
        for read in self.one.reads:
            who = read.by_name or "not known"
            yield {
                "resourceType": "AuditEvent",
                "id": f"read-{read.pk}",
                "type": {**own("audit", "read"), "display": read.what[:200]},
                "recorded": read.at.isoformat(),
                "outcome": "4" if read.refused else "0",
                "agent": [{"who": {"display": who}, "requestor": True}],
                "source": {"observer": {"display": "OpenKetamine"}},
                "entity": [{"what": self.subject}],
            }


def _protocol(one: Sitting) -> Protocol | None:
    name = one.row.protocol_id
    return protocol(name) if name in protocols() else None


def _medication(drug: str) -> Resource:
    code = RXNORM.get(drug)
    return {"text": drug, **({"coding": [code]} if code else {})}


def _instrument(name: str) -> Resource:
    code = instrument(name).loinc if name in instruments() else None
    return {
        "coding": [*([loinc(code)] if code else []), own("instrument", name)],
        "text": f"{title(name)} total",
    }
