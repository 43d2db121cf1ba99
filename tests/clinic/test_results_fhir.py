"""A research export is FHIR R4: held against R4's own definitions, and against a judge of others.

The judge is fhir.resources, whose models are of R4B (4.3.0): the resources used here did not change
between 4.0.1 and 4.3.0. It does not look at codes; `r4.py` does.
"""

import copy
import json
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError
from tests.clinic.r4 import R4

from openketamine.clinic.results import commands
from openketamine.clinic.results.commands import Wanted
from openketamine.clinic.results.numbers import Asked
from openketamine.operations._simulated_year import fill

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
KINDS = {"Patient", "Condition", "MedicationAdministration", "AdverseEvent", "Observation"}
pytestmark = pytest.mark.django_db


def lines(made, name):
    return [json.loads(line) for line in made.files[name].splitlines()]


def exported(cast, dates, people=25):
    """Bundles and the definitions of their extensions."""
    fill(people, 5, NOW)
    wanted = Wanted(Asked(), ("fhir",), dates, "University of N, study 7")
    made = commands.export_by(wanted, cast.miriam, NOW)
    return lines(made, "bundles.ndjson"), lines(made, "extensions.ndjson")


def resources(bundles):
    return [entry["resource"] for bundle in bundles for entry in bundle["entry"]]


@pytest.mark.parametrize("dates", ["years", "shifted"])
def test_every_resource_is_one_of_r4(cast, dates):
    bundles, extensions = exported(cast, dates)
    assert len(bundles) > 20
    assert {one["resourceType"] for one in resources(bundles)} == KINDS
    judge = R4(extensions)
    assert [fault for bundle in bundles for fault in judge.faults(bundle)] == []
    assert [fault for one in extensions for fault in R4([]).faults(one)] == []
    for one in (*bundles, *resources(bundles), *extensions):
        get_fhir_model_class(one["resourceType"]).model_validate(one)


def test_every_id_is_given_once_in_an_export(cast):
    bundles, _ = exported(cast, "years")
    urls = [entry["fullUrl"] for bundle in bundles for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    for bundle in bundles:
        for entry in bundle["entry"]:
            one = entry["resource"]
            assert entry["fullUrl"].endswith(f"/{one['resourceType']}/{one['id']}")


def found(bundle, kind):
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)


SEEDED = [
    ("Patient", {"gender": "woman"}, "administrative-gender"),
    ("Patient", {"birthYear": 1980}, "no such element"),
    ("Observation", {"status": "fine"}, "observation-status"),
    ("Observation", {"status": None}, "0 of at least 1"),
    ("Observation", {"effectiveDateTime": "4 March"}, "does not look like"),
    ("Observation", {"valueInteger": 3}, "2 of at least 0"),
    ("Observation", {"category": {"text": "survey"}}, "a list is wanted"),
    ("Observation", {"subject": {"reference": "Patient/of-nobody"}}, "not in the Bundle"),
    ("MedicationAdministration", {"medicationCodeableConcept": None}, "0 of at least 1"),
    ("MedicationAdministration", {"dosage": {"dose": {"value": "35"}}}, "is no decimal"),
    ("AdverseEvent", {"actuality": "real"}, "adverse-event-actuality"),
    ("AdverseEvent", {"extension": [{"url": "urn:x", "valueInteger": 1}]}, "defined nowhere"),
    (
        "Condition",
        {"extension": [{"url": "urn:openketamine:before-first-dose", "valueBoolean": True}]},
        "may only stand in",
    ),
]


def test_what_is_not_r4_is_found(cast):
    """The judge of the tests above, judged: each fault alone is one that it names."""
    bundles, extensions = exported(cast, "years")
    judge = R4(extensions)
    for kind, changed, says in SEEDED:
        bundle = copy.deepcopy(
            next(b for b in bundles if kind in {r["resourceType"] for r in resources([b])})
        )
        one = found(bundle, kind)
        if "valueQuantity" not in one and "valueInteger" in changed:
            one["valueString"] = "x"
        one.update(changed)
        for name in [name for name, value in changed.items() if value is None]:
            del one[name]
        faults = judge.faults(bundle)
        assert any(says in fault for fault in faults), (kind, changed, faults)


def test_the_judge_of_others_refuses_what_it_can_see(cast):
    (bundle, *_), _ = exported(cast, "years", 5)
    model = get_fhir_model_class("Observation")
    one = found(bundle, "Observation")
    for changed in ({"effectiveDateTime": "4 March"}, {"made": "up"}):
        with pytest.raises(ValidationError):
            model.model_validate({**one, **changed})
