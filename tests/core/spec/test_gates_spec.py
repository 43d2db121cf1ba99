"""What opens a gate, and everything that shuts one. Nothing passes by silence."""

from datetime import timedelta, timezone
from decimal import Decimal

import pytest

from openketamine.core.findings import BadInput, Refusal
from openketamine.core.screening import Tightened
from openketamine.core.treatment import Allowed, Author, Context, facts, may, state_as_json


def reasons(request, story, minute, **context):
    context.setdefault("actor", story.nora)
    answer = may(request, story.state(), story.time(minute), Context(**context))
    if isinstance(answer, Allowed):
        return {}
    return {one.rule: one.summary for one in answer.findings}


def without(story, *fact_bodies):
    story.told = [one for one in story.told if not isinstance(one.body, fact_bodies)]
    return story


# --- start ----------------------------------------------------------------------------------


def test_a_dose_starts_when_everything_is_known_and_in_order(story):
    assert reasons("start", story.prepared(), 15) == {}


@pytest.mark.parametrize(
    ("removed", "rule"),
    [
        (facts.PlanSigned, "ST-02"),
        (facts.DrugWithdrawn, "ST-03"),
        (facts.DoseVerified, "ST-04"),
        (facts.ScoreRecorded, "PD-11"),
        (facts.ScoreRecorded, "PD-12"),
        (facts.ObservationCharted, "PD-20"),
        (facts.ObservationCharted, "PD-21"),
        (facts.ObservationCharted, "PD-22"),
        (facts.ObservationCharted, "PD-23"),
        (facts.ChecklistAnswered, "PD-01"),
        (facts.ChecklistAnswered, "PD-05"),
        (facts.ChecklistAnswered, "PD-08"),
    ],
)
@pytest.mark.hazard("HZ-09")
def test_what_is_missing_is_not_known_and_shuts_the_gate(story, removed, rule):
    found = reasons("start", without(story.prepared(), removed), 15)
    assert rule in found


@pytest.mark.hazard("HZ-04")
def test_no_dose_starts_without_a_plan_that_was_signed_today(story):
    story.prepared()
    assert "ST-02" in reasons("start", without(story, facts.PlanSigned), 15)
    assert reasons("start", story, 15 + 24 * 60)["ST-02"]


def test_today_is_the_day_on_the_wall_of_the_clinic(story):
    story.prepared()
    now = story.time(15).astimezone(timezone(timedelta(hours=-12)))
    answer = may("start", story.state(), now, Context(today=story.time(0).date()))
    assert isinstance(answer, Refusal)
    assert [one.rule for one in answer.findings] == ["ST-02"]


def test_every_reason_is_given_at_once_and_the_strictest_first(story):
    story.opened().vitals(1, systolic=190).vitals(7, systolic=190)
    answer = may("start", story.state(), story.time(8), Context())
    assert len(answer.findings) >= 12
    assert answer.findings[0].action.value == "block"
    assert all(one.sources and one.evidence in "RBP" for one in answer.findings)


@pytest.mark.parametrize("answer", ["no", "not_known"])
@pytest.mark.hazard("HZ-09")
def test_an_answer_other_than_yes_shuts_the_gate(story, answer):
    story.prepared().answered(14, "pre-dose", "pregnancy", answer=answer)
    assert list(reasons("start", story, 15)) == ["PD-05"]


def test_pregnancy_may_not_apply_but_identity_always_does(story):
    story.prepared().answered(14, "pre-dose", "pregnancy", answer="not_applicable")
    assert reasons("start", story, 15) == {}
    story.answered(14, "pre-dose", "identity", answer="not_applicable")
    assert list(reasons("start", story, 15)) == ["PD-01"]


@pytest.mark.parametrize(
    ("second_systolic", "shut"), [(140, False), (159, False), (160, True), (180, True)]
)
def test_the_pressure_gate_of_the_day(story, second_systolic, shut):
    story.prepared().vitals(14, systolic=second_systolic)
    assert bool(reasons("start", story, 15)) is shut


@pytest.mark.parametrize(("systolic", "shut"), [(149, False), (150, True)])
def test_the_pressure_gate_uses_the_limit_that_a_clinic_has_tightened(story, systolic, shut):
    own = (Tightened("BP-02", "defer", "systolic", Decimal(150), "our anaesthetist", by="Dr M"),)
    story.prepared().vitals(14, systolic=systolic)
    answer = may("start", story.state(), story.time(15), Context(actor=story.nora, site=own))
    assert isinstance(answer, Refusal) is shut
    gate = state_as_json(story.state(), story.time(15), own)["gates"]["start"]
    assert gate["open"] is not shut
    told = [fact["text"] for one in gate["waits_for"] for fact in one["because"]]
    assert any("150 mmHg, house 160 mmHg, set by Dr M" in text for text in told) is shut


def test_one_pressure_or_two_in_the_same_minute_are_not_enough(story):
    story.prepared()
    story.told = [one for one in story.told if one.at != story.time(4)]
    assert list(reasons("start", story, 15)) == ["PD-20"]
    story.vitals(14)
    assert list(reasons("start", story, 14.5)) == ["PD-20"]
    story.vitals(15)
    assert reasons("start", story, 16) == {}


@pytest.mark.hazard("HZ-01")
def test_an_old_saturation_does_not_open_the_gate(story):
    found = reasons("start", story.prepared(), 26)
    assert set(found) == {"PD-21", "PD-22", "PD-23"}


@pytest.mark.hazard("HZ-06")
def test_a_doubted_number_does_not_open_the_gate(story):
    without(story.prepared(), facts.ObservationCharted)
    for minute in (4, 10):
        story.reading(minute, systolic=120, diastolic=70, heart_rate=70, respiratory_rate=14,
                      spo2=98, doubts={"spo2": "probe off"})  # fmt: skip
    assert list(reasons("start", story, 15)) == ["PD-22"]


@pytest.mark.parametrize(
    ("signal", "shut_by", "open_at"),
    [("heart_rate", 49, 50), ("heart_rate", 111, 110), ("spo2", 93, 94),
     ("respiratory_rate", 9, 10), ("respiratory_rate", 25, 24)],
)  # fmt: skip
def test_vitals_out_of_range_shut_the_gate_from_the_boundary(story, signal, shut_by, open_at):
    story.prepared().vitals(14, **{signal: shut_by})
    assert len(reasons("start", story, 15)) == 1
    story.vitals(14.5, **{signal: open_at})
    assert reasons("start", story, 15) == {}


def test_a_high_suicide_risk_blocks_and_an_incomplete_screen_is_not_known(story):
    story.prepared()
    high = facts.ScoreRecorded("c-ssrs-screen", (1, 1), None, "high", ("suicidal intent",))
    assert "high risk" in reasons("start", story.at(14, high), 15)["PD-11"]
    partly = facts.ScoreRecorded("c-ssrs-screen", (1, None), None, "at least low")
    assert reasons("start", story.at(14.5, partly), 15)["PD-11"].startswith("Not known")


def test_a_prescriber_may_override_what_may_be_overridden_and_nothing_else(story):
    story.prepared().answered(14, "pre-dose", "fasting-solids", "identity", answer="no")
    for rule in ("PD-06", "PD-01"):
        story.at(14.5, facts.OverrideSigned(rule, "benefit", "seen and weighed"), story.priya)
    assert list(reasons("start", story, 15)) == ["PD-01"]


def test_a_dose_that_was_verified_before_the_plan_changed_is_verified_again(story):
    story.prepared().at(14, story.plan(30000), story.priya)
    found = reasons("start", story, 15)
    assert "verify again" in found["ST-04"]


@pytest.mark.hazard("HZ-12")
def test_a_dose_that_its_own_preparer_verified_does_not_start(story):
    story.prepared().at(
        14, facts.DoseVerified("nora", "Nora", *list(vars(story.verified()).values())[2:])
    )
    assert list(reasons("start", story, 15)) == ["VF-01"]


@pytest.mark.hazard("HZ-11")
def test_a_dose_for_which_too_little_was_withdrawn_does_not_start(story):
    without(story.prepared(), facts.DrugWithdrawn)
    story.at(12, facts.DrugWithdrawn("t1", "K1", "LOT1", 600, 30000, "wes", "Wes Okafor"))
    assert list(reasons("start", story, 15)) == ["ST-03"]


@pytest.mark.hazard("HZ-17")
def test_a_dose_that_has_started_does_not_start_again(story):
    assert "ST-01" in reasons("start", story.infusing(), 16)


def test_a_standing_alarm_shuts_the_gate(story):
    alarm = facts.FindingRaised("a", "AL-SPO2-3", "spo2", "high", "physiological", "SpO2 85")
    technical = facts.FindingRaised("b", "TE-HR", "heart_rate", "high", "technical", "no lead")
    story.prepared().at(14, alarm).at(14, technical)
    assert list(reasons("start", story, 15)) == ["AL-SPO2-3"]


# --- sign, withdraw, verify, resume ---------------------------------------------------------


def test_an_objection_of_the_evaluation_stops_the_signature_until_it_is_overridden(story):
    story.opened()
    objection = {"rule": "CI-03", "action": "defer", "summary": "x", "overridable": True}
    claim = {"findings": [objection, {"rule": "I-1", "action": "info", "summary": "y"}]}
    assert list(reasons("sign_plan", story, 5, claim=claim)) == ["CI-03"]
    story.at(4, facts.OverrideSigned("CI-03", "benefit", "weighed"), story.priya)
    assert reasons("sign_plan", story, 5, claim=claim) == {}
    claim["findings"][0]["action"] = "block"
    claim["findings"][0]["overridable"] = False
    assert list(reasons("sign_plan", story, 5, claim=claim)) == ["CI-03"]


@pytest.mark.hazard("HZ-04")
def test_no_drug_leaves_the_vial_without_a_plan(story):
    assert list(reasons("withdraw", story.opened(), 5)) == ["ST-02"]
    assert reasons("withdraw", story.at(6, story.plan(), story.priya), 7, second=story.wes) == {}


@pytest.mark.hazard("HZ-12")
def test_nobody_is_their_own_witness(story):
    story.opened().at(6, story.plan(), story.priya)
    assert list(reasons("withdraw", story, 7, second=story.nora)) == ["WD-02"]


@pytest.mark.hazard("HZ-03")
@pytest.mark.parametrize(
    ("read", "says"),
    [
        ({"person_id": "p2"}, "person does not match"),
        ({"drug": "esketamine"}, "ordered ketamine, read esketamine"),
        ({"dose_ug": 350000}, "ordered 35 mg, read 350 mg"),
        ({"concentration_ug_per_ml": 10000}, "ordered 1 mg in 1 mL, read 10 mg in 1 mL"),
        ({"volume_ul": 3500}, "ordered 35 mL, read 3.5 mL"),
        ({"rate_ul_per_h": 525000}, "ordered 52.5 mL per hour, read 525 mL per hour"),
    ],
)
def test_each_mismatch_at_the_second_check_is_named(story, read, says):
    without(story.prepared(), facts.DoseVerified)
    claim = vars(story.verified(**read))
    found = reasons("verify", story, 14, second=story.wes, claim=claim)
    assert list(found) == ["VF-02"]
    assert says in found["VF-02"]


def test_all_mismatches_are_listed_together_and_an_unread_field_is_not_known(story):
    without(story.prepared(), facts.DoseVerified)
    context = Context(actor=story.nora, second=story.wes, claim={"dose_ug": 1, "drug": "x"})
    answer = may("verify", story.state(), story.time(14), context)
    summaries = [one.summary for one in answer.findings]
    assert len(summaries) == 6
    assert len([one for one in summaries if one.startswith("Not known")]) == 4


@pytest.mark.hazard("HZ-12")
def test_the_second_person_is_not_the_one_who_drew_up_the_drug(story):
    without(story.prepared(), facts.DoseVerified)
    claim = vars(story.verified())
    assert list(reasons("verify", story, 14, second=story.nora, claim=claim)) == ["VF-01"]
    assert list(reasons("verify", story, 14, second=None, claim=claim)) == ["VF-01"]
    assert reasons("verify", story, 14, second=story.wes, claim=claim) == {}


def test_a_paused_infusion_goes_on_unless_something_urgent_stands(story):
    story.infusing().at(20, facts.InfusionPaused())
    assert reasons("resume", story, 21) == {}
    alarm = facts.FindingRaised("a", "AL-SBP-HIGH-2", "systolic", "medium", "physiological", "BP")
    story.at(21, alarm)
    assert list(reasons("resume", story, 22)) == ["AL-SBP-HIGH-2"]
    story.at(22, facts.FindingAcknowledged("a"), story.priya)
    assert reasons("resume", story, 23) == {}
    assert list(reasons("resume", story.at(24, facts.InfusionResumed(52500)), 25)) == ["RS-01"]


def test_an_empty_bag_is_not_resumed_and_a_rate_of_zero_is_no_resumption(story):
    story.infusing().at(56, facts.InfusionPaused("bag empty"))
    assert list(reasons("resume", story, 57)) == ["RS-03"]
    story.told.pop()
    story.at(20, facts.InfusionPaused())
    assert list(reasons("resume", story, 21, claim={"rate_ul_per_h": 0})) == ["RS-02"]


# --- discharge, close, report ---------------------------------------------------------------


def test_a_person_leaves_when_every_criterion_is_met(story):
    assert reasons("discharge", story.recovered(), 119) == {}


@pytest.mark.parametrize(
    ("removed", "rules"),
    [
        (facts.RecoveryScored, {"DC-03"}),
        (facts.ObservationCharted, {"DC-04", "DC-05", "DC-06"}),
        (facts.ChecklistAnswered, {"DC-04", "DC-07", "DC-08", "DC-09", "DC-12"}),
        (facts.ScoreRecorded, {"DC-09"}),
        (facts.InfusionStopped, {"DC-02", "DC-03", "DC-04", "DC-05"}),
    ],
)
@pytest.mark.hazard("HZ-08")
@pytest.mark.hazard("HZ-09")
def test_nobody_leaves_on_what_is_not_known(story, removed, rules):
    found = reasons("discharge", without(story.recovered(), removed), 119)
    assert rules <= set(found)


@pytest.mark.hazard("HZ-08")
@pytest.mark.parametrize(
    ("told", "rule"),
    [
        (lambda s: s.vitals(118, systolic=160), "DC-05"),
        (lambda s: s.vitals(118, diastolic=100), "DC-05"),
        (lambda s: s.vitals(118, spo2=93), "DC-06"),
        (lambda s: s.vitals(118, heart_rate=111), "DC-06"),
        (lambda s: s.vitals(118, respiratory_rate=9), "DC-06"),
        (lambda s: s.at(118, facts.ObservationCharted({"moaas": Decimal(4)})), "DC-04"),
        (lambda s: s.at(118, facts.RecoveryScored("modified-aldrete", {}, 8)), "DC-03"),
        (lambda s: s.answered(118, "discharge", "walks", answer="no"), "DC-07"),
        (lambda s: s.answered(118, "discharge", "escort-present", answer="not_known"), "DC-08"),
        (lambda s: s.at(118, facts.ScoreRecorded("c-ssrs-screen", (), None, "high")), "DC-09"),
        (lambda s: s.at(118, facts.ScoreRecorded("cadss-6", (), 3, "")), "DC-04"),
        (lambda s: s.at(60, facts.MedicineGiven("Midazolam", "1 mg", "iv")), "DC-10"),
        (lambda s: s.at(60, facts.MedicineGiven("clobazam", "10 mg", "po")), "DC-10"),
    ],
)
def test_each_criterion_alone_keeps_the_person_here(story, told, rule):
    assert set(reasons("discharge", told(story.recovered()), 119)) == {rule}


@pytest.mark.parametrize(
    "told",
    [
        lambda s: s.at(59, facts.MedicineGiven("midazolam", "1 mg", "iv")),
        lambda s: s.at(118, facts.MedicineGiven("ondansetron", "4 mg", "iv")),
        lambda s: s.at(118, facts.ScoreRecorded("cadss-6", (), 2, "")),
        lambda s: s.vitals(118, systolic=159, diastolic=99),
    ],
)
def test_what_is_inside_the_limits_keeps_nobody_here(story, told):
    assert reasons("discharge", told(story.recovered()), 119) == {}


@pytest.mark.hazard("HZ-08")
def test_an_hour_must_pass_after_the_end_of_the_dose(story):
    story.recovered()
    assert "DC-02" in reasons("discharge", story, 114.9)
    story.vitals(114)
    assert "DC-02" not in reasons("discharge", story, 115)


def test_a_high_but_usual_pressure_that_falls_may_go_home(story):
    story.recovered()
    story.told = [
        one for one in story.told
        if not (isinstance(one.body, facts.ObservationCharted) and "systolic" in one.body.values)
    ]  # fmt: skip
    story.vitals(4, systolic=150, diastolic=90).vitals(10, systolic=150, diastolic=90)
    story.vitals(110, systolic=169, diastolic=95).vitals(117, systolic=166, diastolic=94)
    assert reasons("discharge", story, 119) == {}
    assert set(reasons("discharge", story.vitals(118, systolic=167, diastolic=94), 119)) == {
        "DC-05"
    }


@pytest.mark.hazard("HZ-11")
def test_a_session_does_not_close_over_drug_on_the_tray(story):
    story.recovered().at(119, facts.Discharged("Ann", "555", True))
    assert reasons("close", story, 120) == {}
    story.at(14, facts.DrugWithdrawn("t9", "K1", "LOT1", 100, 5000, "wes", "Wes"))
    assert "5000 micrograms on the tray" in reasons("close", story, 120)["CL-02"]
    story.answered(121, "closing", "discrepancy-answered")
    assert "CL-02" in reasons("close", story, 122), "an answer without words answers nothing"
    spilt = facts.ChecklistAnswered("closing", "discrepancy-answered", "yes", "spilt, seen by Wes")
    assert reasons("close", story.at(123, spilt), 124) == {}


@pytest.mark.hazard("HZ-11")
def test_a_session_does_not_close_when_pump_and_book_differ(story):
    story.infusing().at(45, facts.InfusionStopped("nausea"))
    story.at(45, facts.DoseFinished(35000, 35000, "t2")).at(119, facts.Discharged("A", "5", True))
    assert list(reasons("close", story, 120)) == ["CL-05"]


def test_a_session_without_a_dose_may_be_closed_and_one_with_a_dose_needs_the_discharge(story):
    assert reasons("close", story.opened(), 5) == {}
    assert set(reasons("close", story.infusing(), 20)) == {"CL-02", "CL-03", "CL-04"}


def test_a_report_is_signed_once_and_when_the_person_has_left(story):
    assert list(reasons("sign_report", story.recovered(), 119)) == ["SR-01"]
    story.at(120, facts.Discharged("Ann", "555", True))
    assert reasons("sign_report", story, 121) == {}
    story.at(122, facts.ReportSigned("sha", "I stand by this"), story.priya)
    assert list(reasons("sign_report", story, 123)) == ["SR-02"]


def test_a_request_that_does_not_exist_is_bad_input(story):
    with pytest.raises(BadInput, match="request: expected one of sign_plan"):
        may("dance", story.state(), story.time(0), Context())


def test_the_screen_shows_for_every_gate_what_it_waits_for(story):
    gates = state_as_json(story.prepared().state(), story.time(15))["gates"]
    assert gates["start"] == {"open": True, "waits_for": [], "cautions": []}
    assert gates["verify"]["open"], "the second person comes with the request"
    assert {one["rule"] for one in gates["discharge"]["waits_for"]} >= {"DC-02", "DC-03"}
    assert set(gates) == {"sign_plan", "withdraw", "verify", "start", "resume", "discharge",
                          "close", "sign_report"}  # fmt: skip


def test_a_caution_lets_pass_and_is_shown(story):
    story.prepared().vitals(14, systolic=150)
    answer = may("start", story.state(), story.time(15), Context(actor=story.nora))
    assert isinstance(answer, Allowed)
    assert [one.action.value for one in answer.cautions] == ["caution"]


def test_somebody_elses_name_in_capitals_is_still_the_same_drug(story):
    without(story.prepared(), facts.DoseVerified)
    claim = vars(story.verified(drug=" Ketamine "))
    assert reasons("verify", story, 14, second=Author("x", "X", "nurse"), claim=claim) == {}
