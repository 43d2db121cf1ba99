"""What a clinic's own, stricter threshold would have changed; and that it can only be stricter."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.core.people import TODAY, condition, evaluated, person, pressure

from openketamine.core.findings import BadInput
from openketamine.core.screening import Tightened, compare, differences, evaluate

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
