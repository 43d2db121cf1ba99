"""Emergency cards: offered by what stands, run by a clock, each step charted as it is tapped."""

import pytest

from openketamine.core.treatment import emergency_cards, facts, state_as_json
from openketamine.knowledge import documents

OFFERED = [
    ("chest pain", "chest-pain"), ("Stridor", "laryngospasm"), ("vomited twice", "vomiting"),
    ("panic attack", "panic"), ("seizure", "seizure"), ("urticaria", "anaphylaxis"),
    ("severe headache", "hypertension"), ("apnoea", "over-sedation"),
]  # fmt: skip


def said(story, minute=30):
    return state_as_json(story.state(), story.time(minute))["emergencies"]


@pytest.mark.parametrize(("event", "card"), OFFERED)
def test_a_charted_symptom_offers_its_card(story, event, card):
    story.infusing().at(20, facts.AdverseEventCharted(event, 3))
    assert card in said(story)["offered"]


@pytest.mark.parametrize("event", ["dizziness", "tired", "itching nose"])
def test_an_ordinary_effect_offers_none(story, event):
    assert said(story.infusing().at(20, facts.AdverseEventCharted(event, 1)))["offered"] == []


def test_a_standing_finding_offers_its_card_and_a_cleared_one_does_not(story):
    raised = facts.FindingRaised("f1", "AL-SPO2-3", "spo2", "high", "physiological", "SpO2 86 %")
    story.infusing().at(20, raised)
    assert said(story)["offered"] == ["over-sedation"]
    assert said(story.at(21, facts.FindingCleared("f1")))["offered"] == []


def test_an_open_card_shows_its_clock_and_its_steps(story):
    story.infusing().at(20, facts.EmergencyBegun("laryngospasm"))
    story.at(21, facts.EmergencyStepDone("laryngospasm", "stop"))
    (opened,) = said(story)["opened"]
    assert opened["begun_at"] == story.time(20).isoformat()
    assert [one["step"] for one in opened["done"]] == ["stop"]
    assert opened["over_at"] is None


def test_a_card_that_is_open_is_not_offered_again(story):
    story.infusing().at(20, facts.AdverseEventCharted("stridor", 4))
    assert said(story)["offered"] == ["laryngospasm"]
    story.at(20, facts.EmergencyBegun("laryngospasm"))
    assert said(story)["offered"] == []
    assert said(story.at(25, facts.EmergencyOver("laryngospasm", "settled")))["offered"] == []


def test_a_second_time_has_a_clock_of_its_own(story):
    story.infusing().at(20, facts.EmergencyBegun("vomiting"))
    story.at(21, facts.EmergencyStepDone("vomiting", "turn"))
    story.at(22, facts.EmergencyOver("vomiting", "settled")).at(
        30, facts.EmergencyBegun("vomiting")
    )
    first, second = said(story, 31)["opened"]
    assert (first["over_at"], second["over_at"]) == (story.time(22).isoformat(), None)
    assert (len(first["done"]), second["done"]) == (1, [])


def test_a_step_of_a_card_that_nobody_opened_stays_in_the_record(story):
    story.infusing().at(20, facts.EmergencyStepDone("seizure", "protect"))
    assert said(story)["opened"] == []
    words = state_as_json(story.state(), story.time(30))["events"][-1]["text"]
    assert words == "Seizure: Protect the head, turn to the side, nothing between the teeth."


@pytest.mark.parametrize("card", [one.id for one in documents("emergencies")])
def test_every_step_and_medicine_says_on_whose_word(card):
    body = emergency_cards()[card]
    nodes = [*body["steps"], *body["rescue"], *body.get("never", ())]
    assert all(one["sources"] and one["evidence"] in ("R", "B", "P") for one in nodes)
    assert body["steps"][0]["step"] in ("stop", "stay", "turn")
    does = {one["does"] for one in body["steps"] if "does" in one}
    assert does <= {"stop_dose", "measure", "call", "services"}


def test_every_rule_that_offers_a_card_exists():
    known = {
        level["rule"]
        for one in documents("alarms")
        for group in one.body.values()
        for level in _levels(group)
    }
    named = {
        rule for body in emergency_cards().values() for rule in body["offered_for"]["findings"]
    }
    assert named <= known, named - known


def _levels(node):
    if isinstance(node, dict):
        if "rule" in node:
            yield node
        for value in node.values():
            yield from _levels(value)
    elif isinstance(node, list):
        for value in node:
            yield from _levels(value)
