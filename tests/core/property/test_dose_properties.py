"""Whatever the person and the wish: no dose passes a limit, and each can be drawn up and pumped."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.people import TODAY, condition, height, person, weight
from tests.effort import examples

from openketamine.core.dosing import DoseProposal, PastSession, Wish, propose, protocol, protocols
from openketamine.core.findings import Refusal

# The limits are written out here once more, so that a changed file cannot change the test with it.
HIGHEST_PER_KG, HIGHEST, SHORTEST_S, FASTEST_PER_KG_PER_MIN = 1000, 80_000, 2400, 50

kilograms = st.decimals("1", "500", places=1)
centimetres = st.none() | st.decimals("90", "260", places=1)
wishes = st.none() | st.builds(
    Wish,
    st.none() | st.integers(1, 10_000_000),
    st.none() | st.integers(1, 100_000),
)
past_sessions = st.builds(
    PastSession,
    on=st.integers(1, 400).map(lambda days: TODAY - timedelta(days=days)),
    dose_ug_per_kg=st.integers(1, 5000),
    dose_ug=st.none() | st.integers(1, 200_000),
    over_s=st.none() | st.integers(60, 10_000),
    improvement_percent=st.none() | st.decimals("-100", "100", places=1),
    lowest_moaas=st.none() | st.integers(0, 5),
    lowest_spo2=st.none() | st.decimals("60", "100", places=0),
    peak_systolic=st.none() | st.decimals("80", "250", places=0),
    peak_diastolic=st.none() | st.decimals("40", "140", places=0),
    severe_dissociation=st.none() | st.booleans(),
    vomiting_despite_antiemetic=st.none() | st.booleans(),
)
people = st.fixed_dictionaries(
    {"kg": kilograms, "cm": centimetres, "sex": st.sampled_from(["male", "female", "unknown"])}
)


def answer(who, wish=None, history=()):
    resources = [weight(who["kg"])] + ([height(who["cm"])] if who["cm"] is not None else [])
    record = person(*resources, sex=who["sex"])
    return propose(record, "iv-depression", TODAY, tuple(history), wish=wish)


@pytest.mark.hazard("HZ-03")
@examples(150)
@given(who=people, wish=wishes, history=st.lists(past_sessions, max_size=3))
def test_no_offered_dose_passes_a_limit_and_each_can_be_drawn_up(who, wish, history):
    offered = answer(who, wish, history)
    if isinstance(offered, Refusal):
        assert offered.findings
        return
    assert isinstance(offered, DoseProposal)
    assert 0 < offered.dose_ug <= HIGHEST
    assert offered.dose_ug * 1000 <= HIGHEST_PER_KG * offered.weight_g
    assert offered.weight_g <= offered.actual_weight_g
    assert offered.over_s >= SHORTEST_S
    assert offered.runs_s >= offered.over_s
    # What the pump gives in the ordered time is never more than the dose.
    assert offered.rate_ul_per_h * offered.over_s <= offered.volume_ul * 3600
    per_minute = Decimal(offered.rate_ul_per_h * offered.concentration_ug_per_ml) / 60_000
    assert per_minute * 1000 <= FASTEST_PER_KG_PER_MIN * offered.weight_g
    # Whole steps of syringe and pump, and one amount of drug whichever way it is counted.
    assert offered.draw_volume_ul % 10 == 0
    assert offered.rate_ul_per_h % 100 == 0
    assert offered.draw_volume_ul * offered.stock_concentration_ug_per_ml == offered.dose_ug * 1000
    assert offered.volume_ul * offered.concentration_ug_per_ml == offered.dose_ug * 1000
    assert offered.dose_ug <= offered.wanted_ug


@pytest.mark.hazard("HZ-03")
@examples(60)
@given(kg=st.decimals("30", "120", places=1), cm=st.decimals("140", "200", places=0))
def test_the_unit_does_not_change_the_dose(kg, cm):
    metric = propose(person(weight(kg), height(cm)), "iv-depression", TODAY)
    grams = propose(person(weight(kg * 1000, "g"), height(cm / 100, "m")), "iv-depression", TODAY)
    pounds = Decimal(kg) / Decimal("0.45359237")
    inches = Decimal(cm) / Decimal("2.54")
    english = propose(
        person(weight(pounds, "[lb_av]"), height(inches, "[in_i]")), "iv-depression", TODAY
    )
    doses = {getattr(found, "dose_ug", None) for found in (metric, grams, english)}
    assert len(doses) == 1


@pytest.mark.hazard("HZ-03")
@examples(60)
@given(who=people, low=st.integers(50, 2000), more=st.integers(0, 2000))
def test_a_larger_wish_never_gives_a_smaller_dose(who, low, more):
    small, large = answer(who, Wish(low)), answer(who, Wish(low + more))
    if isinstance(small, DoseProposal) and isinstance(large, DoseProposal):
        assert small.dose_ug <= large.dose_ug


@pytest.mark.hazard("HZ-10")
@examples(30)
@given(who=people, wish=wishes, history=st.lists(past_sessions, max_size=2))
def test_no_wish_and_no_history_gets_past_a_block(who, wish, history):
    record = person(weight(who["kg"]), condition(icd="I61.9"))
    assert isinstance(propose(record, "iv-depression", TODAY, tuple(history), wish=wish), Refusal)


@pytest.mark.hazard("HZ-09")
@examples(60)
@given(last=past_sessions)
def test_a_step_up_is_never_made_on_what_nobody_wrote_down(last):
    facts = (
        last.lowest_moaas, last.lowest_spo2, last.peak_systolic, last.peak_diastolic,
        last.severe_dissociation, last.vomiting_despite_antiemetic, last.improvement_percent,
    )  # fmt: skip
    earlier = PastSession(TODAY - timedelta(days=500), 100)
    offered = answer({"kg": 70, "cm": None, "sex": "male"}, history=(earlier, last))
    if None in facts and isinstance(offered, DoseProposal):
        assert offered.dose_ug <= last.dose_ug_per_kg * 70


@pytest.mark.hazard("HZ-03")
@examples(120)
@given(
    who=people,
    name=st.sampled_from(protocols()),
    wanted=st.none() | st.integers(1, 2_000_000),
    history=st.lists(past_sessions, max_size=3),
)
def test_under_every_protocol_no_dose_passes_its_limits_and_each_can_be_made_ready(
    who, name, wanted, history
):
    plan = protocol(name)
    past = tuple(replace(one, dose_ug=one.dose_ug or 50_000) for one in history)
    wish = None if wanted is None else Wish(*((wanted,) if plan.per_kg else (None, None, wanted)))
    record = person(weight(who["kg"]), sex=who["sex"])
    offered = propose(record, name, TODAY, past, wish=wish)
    if isinstance(offered, Refusal):
        return
    bounds, shown = plan.absolute, offered.as_json()
    assert 0 < offered.dose_ug <= min(bounds.total_ug.amount, offered.wanted_ug)
    if bounds.dose_ug_per_kg:
        assert offered.dose_ug * 1000 <= bounds.dose_ug_per_kg.amount * offered.weight_g
    if bounds.rate_ug_per_kg_per_min:
        per_minute = Decimal(offered.rate_ul_per_h * offered.concentration_ug_per_ml) / 60_000
        assert per_minute * 1000 <= bounds.rate_ug_per_kg_per_min.amount * offered.weight_g
    if plan.form == "infusion":
        assert offered.volume_ul * offered.concentration_ug_per_ml == offered.dose_ug * 1000
        assert offered.rate_ul_per_h > 0
    if plan.form == "injection":
        assert offered.draw_volume_ul * offered.stock_concentration_ug_per_ml == (
            offered.dose_ug * 1000
        )
        assert (shown["rate_ml_per_h"], shown["over_min"]) == (None, None)
    if plan.form in ("by-mouth", "devices"):
        assert offered.units * offered.unit_ug == offered.dose_ug
        assert (shown["volume_ml"], shown["rate_ml_per_h"]) == (None, None)
