"""What is read from a person's FHIR record, and what is said of the rest."""
# ruff: noqa: E501 — one row of a table is one line

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.core.people import (
    NOON,
    TODAY,
    allergy,
    bundle,
    condition,
    each_day,
    height,
    medicine,
    observation,
    patient,
    person,
    pressure,
    weight,
)

from openketamine.core.findings import BadInput
from openketamine.core.history import Answer, age, latest, read_bundle

TOMORROW = TODAY + timedelta(days=1)
PEOPLE = Path(__file__).parents[3].parent / "shared" / "data" / "fhir"


def faults(*resources, **about):
    return [why for _, why in person(*resources, **about).report.not_understood]


BAD_BUNDLES = [
    ("two patients", bundle(patient()), "exactly one Patient, got 2"),
    ("no patient", {"resourceType": "Bundle", "entry": []}, "exactly one Patient, got 0"),
    ("not a bundle", {"resourceType": "Patient"}, "resourceType: expected a FHIR R4 Bundle"),
    ("no entries", {"resourceType": "Bundle"}, "Bundle.entry: expected a list"),
    ("truncated", json.dumps(bundle())[:100], "complete JSON"),
    ("not JSON", b"PID|1|MRN0001", "complete JSON"),
    ("not UTF-8", b'{"resourceType": "\xff"}', "JSON in UTF-8"),
    ("a list", "[]", "a JSON object"),
    ("nested beyond reason", "[" * 100_000, "not nested beyond reason"),
    ("a number that is none", '{"resourceType": NaN}', "finite"),
    ("a number without end", '{"resourceType": ' + "9" * 5000 + "}", "sensible size"),
    (
        "born tomorrow",
        bundle(born=str(TOMORROW)),
        "Patient.birthDate: expected a day that is not in",
    ),
    ("born never", bundle(born="1980-02-31"), "Patient.birthDate"),
    ("born as a number", bundle(born=19800501), "Patient.birthDate: expected text"),
    ("name as words", bundle(name="Ada"), "Patient.name"),
]


@pytest.mark.parametrize(
    ("what", "raw", "sentence"), BAD_BUNDLES, ids=[row[0] for row in BAD_BUNDLES]
)
def test_a_bundle_that_cannot_be_believed_is_refused_in_one_sentence(what, raw, sentence):
    with pytest.raises(BadInput) as refused:
        read_bundle(raw, TODAY)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


WEIGHTS = [
    # as recorded → kilograms, or why not
    ((70, "kg"), "70"),
    ((70000, "g"), "70"),
    ((154.3235835, "[lb_av]"), "70.00000"),
    ((154.3235835, "lb"), "70.00000"),
    ((154.3235835, "lbs"), "70.00000"),
    ((70, ""), "unit is missing"),
    ((70, "mmHg"), "not a unit of this"),
    ((-70, "kg"), "not possible"),
    ((0, "kg"), "not possible"),
    ((7, "kg"), "not possible"),
    ((700, "kg"), "not possible"),
    (("70", "kg"), "expected a number"),
    ((True, "kg"), "expected a number"),
    ((10**15, "kg"), "absurdly large"),
]


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(("recorded", "expected"), WEIGHTS)
def test_a_weight_is_converted_or_set_aside_with_the_reason(recorded, expected):
    record = person(weight(*recorded))
    found = latest(record, "weight", TODAY)
    if expected[0].isdigit():
        assert abs(found.value - Decimal(expected)) < Decimal("0.00001")
    else:
        assert found is None
        assert expected in record.report.not_understood[0][1]


HEIGHTS = [
    ((170, "cm"), "170"),
    ((1.7, "m"), "170"),
    ((66.929, "[in_i]"), "169.9997"),
    ((170, "in"), None),
]


@pytest.mark.parametrize(("recorded", "expected"), HEIGHTS)
def test_a_height_is_converted(recorded, expected):
    found = latest(person(height(*recorded)), "height", TODAY)
    assert (found and f"{found.value:.4f}".rstrip("0").rstrip(".")) == expected


def test_blood_pressure_comes_from_the_components_and_in_any_unit():
    record = person(pressure(128, 76), pressure(16, 10, TODAY - timedelta(days=1), unit="kPa"))
    assert latest(record, "systolic", TODAY).value == 128
    assert latest(record, "diastolic", TODAY).value == 76
    assert round(latest(record, "systolic", TODAY - timedelta(days=1)).value) == 120


@pytest.mark.hazard("HZ-03")
def test_the_newest_weight_counts_whatever_the_order():
    old, new = weight(90, on=TODAY - timedelta(days=400)), weight(70, on=TODAY - timedelta(days=2))
    for resources in ((old, new), (new, old)):
        assert latest(person(*resources), "weight", TODAY).value == 70
    assert latest(person(old, new), "weight", TODAY - timedelta(days=3)).value == 90


def test_of_two_times_of_a_day_the_later_counts_across_time_zones():
    early = observation("29463-7", 70, "kg", on="2026-11-22T08:00:00+00:00")
    late = observation("29463-7", 71, "kg", on="2026-11-22T08:30:00-05:00")
    assert latest(person(late, early), "weight", TODAY).value == 71


def test_a_measurement_of_tomorrow_or_of_no_day_is_set_aside():
    assert "has not come yet" in faults(weight(70, on=TOMORROW))[0]
    assert "without a date" in faults(observation("29463-7", 70, "kg", on=""))[0]


def test_a_measurement_entered_in_error_is_not_used():
    wrong = {**weight(170), "status": "entered-in-error"}
    assert latest(person(weight(70, on="2026-11-01"), wrong), "weight", TODAY).value == 70


ALLERGIES = [
    ("nothing said", [], "not_recorded"),
    ("none known", [allergy("No known allergies")], "none"),
    ("none known, as coded elsewhere", [allergy("No known drug allergy")], "none"),
    ("one known", [allergy("Penicillin")], "known"),
    ("one known beats none known", [allergy("No known allergies"), allergy("Penicillin")], "known"),
    ("one that is over", [allergy("Penicillin", clinicalStatus={"coding": [{"code": "resolved"}]})], "not_recorded"),
    ("one that cannot be read", [{"resourceType": "AllergyIntolerance", "id": "a"}], "unavailable"),
]  # fmt: skip


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("what", "resources", "state"), ALLERGIES, ids=[r[0] for r in ALLERGIES])
def test_allergies_are_in_one_of_four_states(what, resources, state):
    assert person(*resources).allergies.state == state


STATUSES = [
    ({"clinical": "active"}, True),
    ({"clinical": "recurrence"}, True),
    ({"clinical": None}, True),
    ({"clinical": None, "abatementDateTime": "2020-01-01"}, False),
    ({"clinical": "remission"}, False),
    ({"clinical": "resolved"}, False),
    ({"verification": "refuted"}, False),
    ({"verification": "entered-in-error"}, False),
    ({"verification": "provisional"}, True),
]


@pytest.mark.parametrize(("about", "current"), STATUSES)
def test_only_a_recorded_end_makes_a_condition_past(about, current):
    assert person(condition("Hypertension", **about)).conditions[0].current is current


def test_a_medicine_by_reference_is_found_in_the_bundle_and_in_what_it_contains():
    inside = {"resourceType": "Medication", "id": "m1", "code": {"text": "Lithium"}}
    contained = medicine(contained=[inside], medicationReference={"reference": "#m1"})
    beside = medicine(medicationReference={"reference": "Medication/m1"})
    lost = medicine(medicationReference={"reference": "Medication/m2"})
    for resource in (contained, beside, lost):
        del resource["medicationCodeableConcept"]
    record = person(contained, beside, lost, inside)
    assert [m.text for m in record.medicines] == ["Lithium", "Lithium"]
    assert "is not in the bundle" in record.report.not_understood[0][1]


DOSES = [
    (each_day(2.5, 2), "5.0"),
    (None, None),
    ([{"text": "twice daily"}], None),
    ([{**each_day(5)[0], "asNeededBoolean": True}], None),
]


@pytest.mark.hazard("HZ-09")
@pytest.mark.parametrize(("instruction", "daily"), DOSES)
def test_a_daily_dose_that_is_not_said_is_not_known(instruction, daily):
    more = {"dosageInstruction": instruction} if instruction else {}
    found = person(medicine("Diazepam 5 MG", **more)).medicines[0].daily_mg
    assert found == (Decimal(daily) if daily else None)


def test_every_resource_is_counted_once_and_none_is_dropped():
    resources = [
        condition("Hypertension"),
        weight(70),
        {"resourceType": "Claim", "id": "1"},
        {"resourceType": "Encounter", "id": "2"},
        observation("4548-4", 6, "%"),
        {"resourceType": "Horoscope", "id": "3"},
        {"resourceType": "Condition", "id": "4"},
        {},
    ]
    report = person(*resources).report
    assert (report.understood, report.irrelevant, len(report.not_understood)) == (3, 3, 3)
    assert [where for where, _ in report.not_understood] == [
        "Horoscope/3",
        "Condition/4",
        "entry[8]",
    ]


def test_an_answer_that_is_a_measurement_becomes_one():
    record = person(answers={"weight": "154.3 lb", "blood-pressure-today": "128/76"})
    assert round(latest(record, "weight", TODAY).value) == 70
    assert latest(record, "diastolic", TODAY).value == 76


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize("value", ["70", "7000 kg", "seventy kg", "-70 kg", "70 mmHg"])
def test_a_weight_answered_without_unit_or_sense_is_refused(value):
    with pytest.raises(BadInput, match="weight: expected a weight with its unit"):
        person().with_answers(Answer("weight", value, NOON))


@pytest.mark.parametrize(("born", "on", "years"), [
    ("2000-02-29", date(2026, 2, 28), 25),
    ("2000-02-29", date(2026, 3, 1), 26),
    (None, TODAY, None),
])  # fmt: skip
def test_age_is_in_whole_years(born, on, years):
    assert age(person(born=born), on) == years


@pytest.mark.skipif(not PEOPLE.is_dir(), reason="the recorded people are not on this machine")
def test_people_that_nobody_here_wrote_are_read_to_the_last_resource():
    for path in sorted(PEOPLE.glob("*.json")):
        report = read_bundle(path.read_bytes(), TODAY).report
        entries = len(json.loads(path.read_bytes())["entry"])
        assert report.not_understood == ()
        assert report.understood + report.irrelevant == entries
