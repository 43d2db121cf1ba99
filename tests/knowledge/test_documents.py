"""Every knowledge file loads, and what one file says of another is true."""

import re
from collections import Counter

import pytest

from openketamine.core.findings import Action
from openketamine.core.screening._ingredients import ingredients
from openketamine.core.screening._rules import questions, read_rule, rules
from openketamine.knowledge import KnowledgeError
from openketamine.knowledge._reader import ROOT, read, sources

PATHS = sorted(path for path in ROOT.rglob("*.yaml") if path.name != "sources.yaml")
ICD_10_CM = re.compile(r"[A-Z]\d(?:[0-9A-Z](?:\.[0-9A-Z]{1,4})?)?")
KINDS = {"contraindication", "precaution", "interaction", "indication", "readiness"}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_file_loads(path):
    assert read(path).body


def test_no_file_is_outside_a_kind():
    assert [path for path in PATHS if path.parent == ROOT] == []


@pytest.mark.parametrize("name", sorted(sources()))
def test_every_source_says_what_where_and_how_far_it_was_read(name):
    assert all(sources()[name].get(field) for field in ("title", "locator", "read"))


def test_every_rule_has_a_kind_and_an_action_of_the_contract():
    for rule in rules():
        assert rule.kind in KINDS
        assert rule.action in Action
        assert rule.summary


def test_every_rule_can_be_raised_by_something():
    for rule in rules():
        facts = (rule.always, rule.conditions, rule.medicines, rule.allergies, rule.measured)
        words = (rule.family, rule.procedures, rule.misspelt, rule.not_understood, rule.deceased)
        assert any((*facts, *words)) or rule.age or rule.answers, rule.id


def test_an_answer_that_raises_a_rule_can_be_given():
    choices = {question.id: question.choices for question in questions()}
    for rule in rules():
        for question, given in {**rule.answers, **rule.unless}.items():
            assert set(given) <= set(choices[question]), (rule.id, question)


def test_every_question_is_asked_once_and_with_choices_leaves_not_known_open():
    assert [name for name, n in Counter(q.id for q in questions()).items() if n > 1] == []
    for question in questions():
        assert question.ask.endswith(("?", ".")), question.id
        assert question.choices[-1:] in ((), ("not known",)), question.id


def test_a_question_speaks_of_rules_that_exist():
    known = {rule.id for rule in rules()}
    for question in questions():
        named = {*question.asked_for, *question.known_from.get("rules", ())}
        assert named | ({question.undated_for} - {""}) <= known, question.id


def test_every_class_that_an_interaction_names_has_ingredients():
    known = {one for ingredient in ingredients().values() for one in ingredient.classes}
    for rule in rules():
        if rule.medicines:
            assert {*rule.medicines.classes, *rule.medicines.together_with} <= known, rule.id


def test_no_two_ingredients_share_a_name_or_a_code():
    codes = Counter(i.rxcui for i in ingredients().values() if i.rxcui)
    names = Counter(name for i in ingredients().values() for name in {i.name, *i.also})
    assert [code for code, n in codes.items() if n > 1] == []
    assert [name for name, n in names.items() if n > 1] == []


def test_every_diagnosis_prefix_has_the_shape_of_icd_10_cm():
    for rule in rules():
        if rule.conditions:
            for code in (*rule.conditions.icd10cm, *rule.conditions.icd10cm_except):
                assert ICD_10_CM.fullmatch(code), (rule.id, code)


def test_only_what_stops_may_be_overridden_and_a_block_never():
    for rule in rules():
        assert rule.overridable == (rule.action in (Action.OVERRIDE, Action.DEFER)), rule.id


MISSPELT = [
    {"adivce": ["Do not treat."]},
    {"conditions": {"when": "ever", "icd10": ["I61"]}},
    {"conditions": {"when": "sometimes", "icd10cm": ["I61"]}},
    {"medicines": {"class": ["opioid"]}},
    {"measured": {"signals": {}, "days": 2}},
]


@pytest.mark.hazard("HZ-10")
@pytest.mark.parametrize("part", MISSPELT)
def test_a_misspelt_part_of_a_rule_is_refused_and_not_passed_over(part):
    rule = {"rule": "X-1", "kind": "precaution", "action": "block", "summary": "…"}
    with pytest.raises(KnowledgeError, match="X-1"):
        read_rule({**rule, "sources": [], "evidence": "P", **part})
