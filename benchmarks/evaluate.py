"""How fast is an evaluation, and where does its time go? 10,000, of 500 resources, in one process.

    python benchmarks/evaluate.py [--evaluations 10000] [--resources 500] [--profile]

Printed: the whole way from bytes to a decision, and its parts. Fifty different bundles are used in
turn, so that no answer as a whole is remembered.
"""

import argparse
import cProfile
import json
import pstats
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from openketamine.core.history import read_bundle
from openketamine.core.screening import evaluate

TODAY = date(2026, 11, 22)
_CONDITIONS = (
    ("Essential hypertension", "I10"), ("Prediabetes", "R73.03"), ("Body mass index 30+", None),
    ("Acute bronchitis", "J20.9"), ("Major depressive disorder", "F33.1"), ("Anemia", "D64.9"),
    ("Sprain of ankle", "S93.409A"), ("Chronic sinusitis", "J32.9"), ("Full-time employment", None),
)  # fmt: skip
_MEDICINES = (
    ("Sertraline 50 MG Oral Tablet", "312941"), ("Lisinopril 10 MG Oral Tablet", "314076"),
    ("Lorazepam 1 MG Oral Tablet", "197901"), ("Acetaminophen 325 MG Oral Tablet", "313782"),
    ("Simvastatin 20 MG Oral Tablet", "312961"), ("Metformin 500 MG Oral Tablet", "861007"),
)  # fmt: skip


def bundle(number: int, resources: int) -> dict[str, Any]:
    """A person with so many resources, a fifth of them of kinds that no rule needs."""
    entries: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": f"p{number}", "gender": "female",
         "birthDate": str(date(1960, 1, 1) + timedelta(days=number % 15000))}
    ]  # fmt: skip
    makers: tuple[Callable[[int], dict[str, Any]], ...] = (
        _condition, _medicine, _pressure, _weight, _other,
    )  # fmt: skip
    for place in range(1, resources):
        entries.append(makers[place % len(makers)](place + number))
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in entries]}


def _condition(n: int) -> dict[str, Any]:
    name, code = _CONDITIONS[n % len(_CONDITIONS)]
    coding = [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}] if code else []
    coding.append({"system": "http://snomed.info/sct", "code": str(n), "display": name})
    status = {"coding": [{"code": "active" if n % 3 else "resolved"}]}
    return {"resourceType": "Condition", "id": f"c{n}", "clinicalStatus": status,
            "code": {"coding": coding, "text": f"{name} {n % 97}"},
            "onsetDateTime": "2015-04-01T09:00:00-05:00"}  # fmt: skip


def _medicine(n: int) -> dict[str, Any]:
    name, code = _MEDICINES[n % len(_MEDICINES)]
    system = "http://www.nlm.nih.gov/research/umls/rxnorm"
    return {"resourceType": "MedicationRequest", "id": f"m{n}", "intent": "order",
            "status": "active" if n % 4 == 0 else "completed",
            "medicationCodeableConcept": {
                "coding": [{"system": system, "code": code}], "text": name}}  # fmt: skip


def _observation(n: int, code: str) -> dict[str, Any]:
    on = TODAY - timedelta(days=n % 2000)
    return {"resourceType": "Observation", "id": f"o{n}", "status": "final",
            "effectiveDateTime": f"{on}T10:00:00+00:00",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]}}  # fmt: skip


def _pressure(n: int) -> dict[str, Any]:
    parts = [
        {"code": {"coding": [{"system": "http://loinc.org", "code": code}]},
         "valueQuantity": {"value": value + n % 20, "unit": "mm[Hg]", "code": "mm[Hg]"}}
        for code, value in (("8480-6", 115), ("8462-4", 70))
    ]  # fmt: skip
    return {**_observation(n, "85354-9"), "component": parts}


def _weight(n: int) -> dict[str, Any]:
    value = {"value": 70 + n % 9, "unit": "kg", "code": "kg"}
    return {**_observation(n, "29463-7"), "valueQuantity": value}


def _other(n: int) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": f"e{n}", "status": "finished"}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--evaluations", type=int, default=10_000)
    options.add_argument("--resources", type=int, default=500)
    options.add_argument("--profile", action="store_true")
    asked = options.parse_args()
    bundles = [json.dumps(bundle(n, asked.resources)).encode() for n in range(50)]
    decide(bundles[0])  # load the knowledge once, which every process does at its start
    print(f"{asked.resources} resources, {len(bundles[0]) / 1000:.0f} kB of JSON each")
    profile = cProfile.Profile() if asked.profile else None
    if profile:
        profile.enable()
    whole = _rate("bytes to decision", asked.evaluations, lambda n: decide(bundles[n % 50]))
    if profile:
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    records = [read_bundle(raw, TODAY) for raw in bundles]
    few = max(200, asked.evaluations // 10)
    _rate("JSON alone", few, lambda n: json.loads(bundles[n % 50]))
    _rate("reading alone", few, lambda n: read_bundle(bundles[n % 50], TODAY))
    _rate("deciding alone", few, lambda n: evaluate(records[n % 50], "iv-depression", TODAY))
    print(f"10,000 evaluations take {10_000 / whole:.0f} s")


def decide(raw: bytes) -> str:
    """From bytes to a decision, and the whole answer as it leaves the house."""
    record = read_bundle(raw, TODAY)
    return json.dumps(evaluate(record, "iv-depression", TODAY).as_json())


def _rate(what: str, times: int, do: Callable[[int], object]) -> float:
    slowest, began = 0.0, time.perf_counter()
    for n in range(times):
        start = time.perf_counter()
        do(n)
        slowest = max(slowest, time.perf_counter() - start)
    took = time.perf_counter() - began
    each = took / times * 1000
    print(f"{what:20} {times / took:8.0f}/s  {each:6.2f} ms each  slowest {slowest * 1000:.1f} ms")
    return times / took


if __name__ == "__main__":
    main()
