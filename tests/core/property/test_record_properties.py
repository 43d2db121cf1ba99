"""Whatever is handed in as a bundle: an answer or one sentence, never a traceback."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.people import (
    TODAY,
    allergy,
    bundle,
    condition,
    evaluated,
    height,
    medicine,
    patient,
    person,
    pressure,
    weight,
)
from tests.effort import examples

from openketamine.core.dosing import as_json, propose
from openketamine.core.findings import BadInput
from openketamine.core.history import read_bundle
from openketamine.core.screening import evaluate

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
WHOLE = [
    patient(name=[{"family": "Ada", "given": ["Lov"]}], identifier=[{"value": "MRN1"}]),
    condition("Hypertension", "I10", onsetDateTime="2020-01-01"),
    medicine("Lorazepam 1 MG", "6470", dosageInstruction=[
        {"timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
         "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "mg"}}]}]),
    allergy("Penicillin", reaction=[{"manifestation": [{"text": "rash"}]}]),
    weight(70),
    height(170),
    pressure(120, 80),
    {"resourceType": "Procedure", "id": "x", "status": "completed", "code": {"text": "ECT"}},
]  # fmt: skip


def places(node, path=()):
    """The path of every value inside, the node itself included."""
    yield path
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(child, (*path, key))


OCTOBER = date(2026, 10, 1)
ALL = [(n, path) for n, resource in enumerate(WHOLE) for path in places(resource)]


def with_value(node, path, value):
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = with_value(copy[path[0]], path[1:], value)
    return copy


def answer_or_sentence(raw):
    """The record where there is one; any exception but BadInput fails the test by itself."""
    try:
        record = read_bundle(raw, TODAY)
    except BadInput as refused:
        sentence = str(refused)
    else:
        json.dumps(evaluate(record, "iv-depression", TODAY).as_json(), allow_nan=False)
        json.dumps(as_json(propose(record, "iv-depression", TODAY)), allow_nan=False)
        return record
    assert sentence.isprintable()
    return None


@pytest.mark.hazard("HZ-09")
@examples(150)
@given(place=st.sampled_from(ALL), value=anything)
def test_one_wrong_value_anywhere_never_crashes_and_never_drops_a_resource(place, value):
    number, path = place
    resources = list(WHOLE)
    resources[number] = with_value(resources[number], path, value)
    record = answer_or_sentence(
        {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    )
    if record is not None:
        report = record.report
        faulty = {where for where, _ in report.not_understood}
        assert report.understood + report.irrelevant + len(faulty) >= len(resources)


@examples(60)
@given(raw=anything | st.binary(max_size=60) | st.text(max_size=60))
def test_any_rubbish_is_refused_in_one_sentence(raw):
    if isinstance(raw, bytes | str | dict):
        answer_or_sentence(raw)


@examples(60)
@given(cut=st.integers(0, 2500))
def test_a_bundle_cut_off_anywhere_is_refused(cut):
    whole = json.dumps(bundle(*WHOLE[1:]))
    if cut < len(whole) - 1:
        with pytest.raises(BadInput, match="complete JSON"):
            read_bundle(whole[:cut], TODAY)


@pytest.mark.hazard("HZ-10")
@examples(40)
@given(order=st.permutations(range(1, len(WHOLE))))
def test_the_order_of_the_bundle_does_not_change_the_decision(order):
    found = evaluated(*(WHOLE[n] for n in order))
    assert {(f.rule, f.action) for f in found.findings} == {
        (f.rule, f.action) for f in evaluated(*WHOLE[1:]).findings
    }


@pytest.mark.hazard("HZ-09")
@examples(40)
@given(kept=st.sets(st.integers(1, len(WHOLE) - 1)))
def test_leaving_something_out_never_removes_a_question(kept):
    everything = {u.question for u in evaluated(*WHOLE[1:], sex="female").unknown}
    # A question about a medicine or a diagnosis goes away with it; those about the person never do.
    about_a_fact = {"benzodiazepine-dose"}
    fewer = {u.question for u in evaluated(*(WHOLE[n] for n in kept), sex="female").unknown}
    assert everything - about_a_fact <= fewer


@examples(30)
@given(days=st.integers(0, 3650))
def test_moving_every_date_moves_nothing_else(days):
    shift = timedelta(days=days)
    now = person(condition("Stroke", onsetDateTime=str(OCTOBER)), born=None)
    then = read_bundle(
        bundle(condition("Stroke", onsetDateTime=str(OCTOBER + shift)), born=None),
        TODAY + shift,
    )
    assert [f.action for f in evaluate(now, "iv-depression", TODAY).findings] == [
        f.action for f in evaluate(then, "iv-depression", TODAY + shift).findings
    ]
