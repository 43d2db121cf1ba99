"""What the files of a course say of each other, of instruments, roles and sources is true."""

import pytest

from openketamine.clinic.staff.roles import ROLES, TASKS
from openketamine.core.course import domains, maintenance_known
from openketamine.core.course._next import _rules
from openketamine.core.course._relapse import _definitions
from openketamine.core.course._warning import cohort_points
from openketamine.core.findings import Action
from openketamine.core.scoring import instruments
from openketamine.core.screening._rules import questions, rules
from openketamine.knowledge import document, documents
from openketamine.knowledge._reader import EVIDENCE, sources

KINDS = ("courses", "relapse", "exposure", "tolerability", "long-term-checks", "tasks")


def cited(node):
    """Every node that cites a source, however deep."""
    if isinstance(node, dict):
        if "sources" in node:
            yield node
        for value in node.values():
            yield from cited(value)
    elif isinstance(node, list):
        for value in node:
            yield from cited(value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_sentence_has_a_source_that_exists_and_says_how_sure_it_is(kind):
    found = [node for file in documents(kind) for node in cited(file.body)]
    assert found
    for node in found:
        assert {one["id"] for one in node["sources"]} <= set(sources())
        assert node["evidence"] in EVIDENCE


def test_every_axis_and_definition_names_an_instrument_that_has_cut_offs():
    named = {
        one for axis in document("courses", "axes").body["axes"] for one in axis["instruments"]
    }
    named |= {one["instrument"] for one in _definitions() if "instrument" in one}
    assert named <= set(instruments())


def test_every_definition_has_a_way_in_which_it_is_judged():
    ways = {"consecutive": "score", "lost": "share", "back": "share", "event": "events"}
    for one in _definitions():
        assert ways[one["method"]] in one, one["definition"]


def test_a_group_keeps_less_and_less():
    for group in {one.of for one in cohort_points()}:
        own = sorted((one for one in cohort_points() if one.of == group), key=lambda one: one.days)
        kept = [one.kept for one in own]
        assert kept == sorted(kept, reverse=True)
        assert all(0 <= one <= 100 for one in kept)


def test_every_rule_of_an_interval_that_is_used_is_there():
    assert set(_rules()) == {
        "INTERVAL-INDUCTION", "INTERVAL-EXTEND", "INTERVAL-KEEP", "INTERVAL-SHORTEN",
    }  # fmt: skip
    assert maintenance_known()


def test_every_flag_counts_in_a_way_that_is_known_and_asks_what_the_rules_ask():
    body = document("exposure", "flags").body
    counts = {"sessions", "first_days", "spacing", "mg", "unscored"}
    assert {one["counts"] for one in body["flags"]} == counts
    assert {one["action"] for one in body["flags"]} <= set(Action)
    assert {one["flag"] for one in body["asked"]} <= {rule.id for rule in rules()}
    assert {one["question"] for one in body["asked"]} <= {one.id for one in questions()}


def test_every_check_says_when_it_is_due_and_by_what_it_is_done():
    names = [name for name, _ in domains()]
    assert len(set(names)) == len(names)
    for file in documents("long-term-checks"):
        assert {"due_after", "after_last_dose"} & set(file.body), file.id
        assert set(file.body.get("instruments", ())) <= set(instruments())
        assert file.body["what"]


def test_every_task_asks_roles_that_may_act():
    for one in document("tasks", "course").body["tasks"]:
        assert set(one["roles"]) <= set(ROLES) & TASKS["task.act"], one["kind"]
        assert one["level"] in set(Action)
