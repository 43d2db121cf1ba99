"""What a clinic's own, stricter threshold would have changed; and that it can only be stricter."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.people import TODAY, condition, evaluated, observation, person, pressure

from openketamine.core.findings import Action, BadInput
from openketamine.core.screening import (
    Tightened,
    compare,
    differences,
    evaluate,
    pre_dose_blood_pressure,
)

IV = "iv-depression"


def stricter(value, *, rule="BP-02", action="defer", signal="systolic", reason="our anaesthetist"):
    return Tightened(rule, action, signal, Decimal(value), reason)


GATE = [
    # systolic, own threshold → decision before, after
    (155, 150, "caution", "defer"),
    (149, 150, "caution", "caution"),
    (165, 150, "defer", "defer"),
    (120, 150, "proceed", "proceed"),
]


@pytest.mark.parametrize(("systolic", "own", "before", "after"), GATE)
def test_a_tightened_threshold_speaks_earlier_and_never_later(systolic, own, before, after):
    record = person(pressure(systolic, 80))
    then = evaluate(record, IV, TODAY)
    now = evaluate(record, IV, TODAY, site=(stricter(own),))
    found = compare(then, now)
    assert (found.before, found.after) == (before, after)
    assert found.decided_differently == (before != after)


REFUSED = [
    ("looser", stricter(161), "at most 160"),
    ("no such rule", stricter(150, rule="CI-03"), "a rule with that action"),
    ("no such signal", stricter(150, signal="weight"), "a rule with that action"),
    ("no reason", stricter(150, reason=" "), "why this clinic"),
    ("looser from below", stricter(93, rule="VS-02", signal="spo2"), "at least 94"),
]


@pytest.mark.parametrize(("what", "wish", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_threshold_can_only_be_made_stricter_and_says_why(what, wish, words):
    with pytest.raises(BadInput, match=words):
        evaluate(person(), IV, TODAY, site=(wish,))


def test_the_diff_names_the_rules_that_changed_and_nothing_else():
    record = person(pressure(155, 80), condition("Atrial fibrillation"))
    then = evaluate(record, IV, TODAY)
    now = evaluate(record, IV, TODAY, site=(stricter(150),))
    changed = {(c.rule, c.before, c.after) for c in compare(then, now).changes}
    assert changed == {("BP-01", "caution", "-"), ("BP-02", "-", "defer")}


def test_decisions_that_would_differ_come_first_and_the_same_ones_are_left_out():
    fit, same = evaluated(), evaluated(condition("Hypertension"))
    dropped = replace(same, findings=same.findings[1:])
    stopped = replace(fit, decision="block", findings=same.findings)
    found = differences([(fit, fit), (same, dropped), (fit, stopped)])
    assert [one.decided_differently for one in found] == [True, False]
    assert found[0].as_json()["after"] == "block"


BOTH_SIDES = [
    # side, own limit, heart rate → raised
    ("below", 55, 54, True),
    ("below", 55, 56, False),
    ("above", 100, 101, True),
    ("above", 100, 99, False),
]


@pytest.mark.parametrize(("side", "own", "rate", "raised"), BOTH_SIDES)
def test_a_signal_that_is_watched_on_both_sides_is_tightened_on_one(side, own, rate, raised):
    wish = replace(stricter(own, rule="VS-01", signal="heart_rate"), side=side)
    found = evaluate(person(observation("8867-4", rate, "/min")), IV, TODAY, site=(wish,))
    assert ("VS-01" in {one.rule for one in found.findings}) == raised


def test_without_a_side_such_a_signal_is_not_tightened_at_all():
    with pytest.raises(BadInput, match="both sides"):
        evaluate(person(), IV, TODAY, site=(stricter(55, rule="VS-01", signal="heart_rate"),))


def test_a_finding_says_whose_limit_it_was_and_what_the_house_would_have_said():
    wish = replace(stricter(150), by="Dr Miriam Adeyemi", on=TODAY)
    record = person(pressure(155, 80))
    found = next(f for f in evaluate(record, IV, TODAY, site=(wish,)).findings if f.rule == "BP-02")
    assert found.summary.startswith("By the clinic’s own limit: ")
    told = found.because[-1].text
    words = "150 mmHg, house 160 mmHg, set by Dr Miriam Adeyemi on 2026-11-22"
    assert words in told
    assert told.endswith("because: our anaesthetist")


def test_where_the_house_says_the_same_its_words_stay_and_the_own_limit_stands_beside_them():
    record = person(pressure(165, 80))
    found = next(
        f for f in evaluate(record, IV, TODAY, site=(stricter(150),)).findings if f.rule == "BP-02"
    )
    assert found.summary.startswith("Blood pressure of 160")
    assert "own limit" in found.because[-1].text


def test_an_own_limit_that_was_not_crossed_says_nothing():
    record = person(pressure(145, 80))
    found = evaluate(record, IV, TODAY, site=(stricter(150),)).findings
    assert not any("own limit" in fact.text for one in found for fact in one.because)


def test_an_age_can_be_tightened():
    wish = Tightened("CI-10", "block", "age", Decimal(99), "none of ours is younger")
    assert evaluate(person(), IV, TODAY, site=(wish,)).decision == "block"


def test_the_digest_names_the_own_values_and_only_them():
    plain, own = (evaluate(person(), IV, TODAY, site=s) for s in ((), (stricter(150),)))
    other = evaluate(person(), IV, TODAY, site=(stricter(150, reason="another reason"),))
    assert own.knowledge.startswith(f"{plain.knowledge}+clinic:")
    assert other.knowledge == own.knowledge
    assert "own_limits" not in plain.as_json()
    assert own.as_json()["own_limits"][0]["value"] == "150"


GATE_PRESSURE = [(152, 80, "BP-02"), (149, 80, "BP-01"), (152, 111, "CI-08"), (139, 80, None)]


@pytest.mark.parametrize(("systolic", "diastolic", "rule"), GATE_PRESSURE)
def test_the_gate_before_a_dose_uses_the_own_limit_and_says_so(systolic, diastolic, rule):
    found = pre_dose_blood_pressure(systolic, diastolic, 40, (stricter(150),))
    assert [one.rule for one in found] == ([rule] if rule else [])
    if rule == "BP-02":
        assert "150 mmHg, house 160 mmHg" in found[0].because[-1].text


def test_a_rule_that_says_the_same_in_other_words_has_not_changed():
    then = evaluated(condition("Hypertension"))
    now = replace(
        then, findings=tuple(replace(f, summary=f"New: {f.summary}") for f in then.findings)
    )
    assert compare(then, now).changes == ()


def test_a_rule_that_became_stricter_is_one_change_and_not_two():
    then = evaluated(condition("Hypertension"))
    first = then.findings[0]
    harder = replace(first, action=Action.BLOCK, summary="Another sentence")
    found = compare(then, replace(then, findings=(harder, *then.findings[1:]))).changes
    assert [(c.rule, c.before, c.after) for c in found] == [(first.rule, first.action, "block")]
