"""A filled-in questionnaire says what its answers would say as Observations, and no more."""

import pytest
from tests.core.people import TODAY, evaluated, person

CODED = {"coding": [{"system": "http://loinc.org", "code": "LA6570-1"}]}


def form(*items, status="completed", **more):
    return {
        "resourceType": "QuestionnaireResponse", "id": "q1", "status": status,
        "authored": f"{TODAY}T09:00:00Z", "item": list(items), **more,
    }  # fmt: skip


def item(link_id, *answers, **more):
    return {"linkId": link_id, "answer": list(answers), **more}


def resting_on_the_form(found):
    """The rules whose findings name the form among their facts."""
    return {
        one.rule
        for one in found.findings
        for fact in one.because
        if fact.resource == "QuestionnaireResponse/q1"
    }


NINE = [
    ("a code", item("44260-8", {"valueCoding": CODED["coding"][0]})),
    ("a number", item("44260-8", {"valueInteger": 2})),
    ("its words", item("44260-8", {"valueCoding": {"display": "More than half the days"}})),
    ("a longer link", item("/44249-1/44260-8", {"valueInteger": 3})),
    ("inside a group", {"linkId": "group", "item": [item("44260-8", {"valueInteger": 1})]}),
    ("by its definition", item("9", {"valueInteger": 1}, definition="http://loinc.org/q#44260-8")),
]


@pytest.mark.parametrize(("how", "asked"), NINE, ids=[row[0] for row in NINE])
def test_thoughts_of_death_on_a_form_are_heard(how, asked):
    resting = resting_on_the_form(evaluated(form(asked)))
    assert resting == {"RC-27"}, resting


SILENT = [
    ("answered with zero", form(item("44260-8", {"valueInteger": 0}))),
    ("in progress", form(item("44260-8", {"valueInteger": 3}), status="in-progress")),
    ("in error", form(item("44260-8", {"valueInteger": 3}), status="entered-in-error")),
    ("no answer", form({"linkId": "44260-8"})),
    ("another form", form(item("favourite-colour", {"valueString": "blue"}))),
]


@pytest.mark.parametrize(("how", "said"), SILENT, ids=[row[0] for row in SILENT])
def test_what_was_not_said_raises_nothing(how, said):
    assert resting_on_the_form(evaluated(said)) == set()


def test_a_form_is_counted_once():
    both = form(item("44260-8", {"valueInteger": 2}), item("44261-6", {"valueInteger": 18}))
    report = person(both).report
    assert (report.understood, report.irrelevant, report.not_understood) == (2, 0, ())


def test_an_impossible_total_is_named_and_not_used():
    report = person(form(item("44261-6", {"valueInteger": 99}))).report
    ((where, why),) = report.not_understood
    assert where == "QuestionnaireResponse/q1"
    assert "99" in why


def test_forms_within_forms_end():
    deep = item("1", {"valueInteger": 1})
    for _ in range(40):
        deep = {"linkId": "g", "item": [deep]}
    assert person(form(deep)).report.irrelevant == 1
