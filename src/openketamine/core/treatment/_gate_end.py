"""May the person leave, the session be closed, the report be signed?"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from openketamine.core.findings import Action, Finding
from openketamine.core.ledger import pump_agrees
from openketamine.core.treatment._chart import answers, tray
from openketamine.core.treatment._facts import (
    Discharged,
    DoseFinished,
    MedicineGiven,
    RecoveryScored,
    ReportSigned,
    ScoreRecorded,
)
from openketamine.core.treatment._protocol import protocol_of
from openketamine.core.treatment._reasons import (
    Context,
    fresh_pressures,
    reason,
    score_reasons,
    standing_alarms,
    unanswered,
    vitals_reasons,
)
from openketamine.core.treatment._state import State
from openketamine.core.treatment._vitals import baseline, believed
from openketamine.knowledge import document, read_threshold


def discharge(state: State, now: datetime, _: Context) -> Iterator[Finding]:
    """Every reason against leaving now. The clock alone never opens this gate."""
    know = _knowledge()
    if state.phase in ("discharged", "closed"):
        yield reason("DC-01", "The person has been discharged already", action=Action.BLOCK)
    yield from _long_enough(state, now, know["after_end"])
    yield from _recovered(state, know["recovery"])
    yield from _awake(state, now, know["sedation"])
    yield from _dissociation(state, know["dissociation"])
    yield from _pressure(state, now, know)
    yield from vitals_reasons(state, now, know["vitals"])
    yield from unanswered(state, "discharge")
    yield from score_reasons(state, know["suicide_risk"])
    yield from _rescue(state, now, know["rescue"])
    yield from standing_alarms(state, ("high", "medium"))


def close(state: State, _: datetime, __: Context) -> Iterator[Finding]:
    """A session closes with an empty tray, or with a difference that somebody has answered."""
    if state.phase == "closed":
        yield reason("CL-01", "The session has been closed already", action=Action.BLOCK)
    if state.started_at is not None and not state.last(Discharged):
        yield reason("CL-03", "The person has not been discharged")
    if not _discrepancy_answered(state):
        yield from book_differs(state)
    if state.started_at is not None and not state.last(DoseFinished):
        yield reason("CL-04", "Not known: what the person received in all (finish the dose)")


def sign_report(state: State, _: datetime, __: Context) -> Iterator[Finding]:
    """A report is signed when the treatment is over, and once."""
    if state.phase not in ("discharged", "closed"):
        yield reason("SR-01", "The person has not been discharged")
    if state.last(ReportSigned):
        yield reason("SR-02", "The report has been signed already", action=Action.BLOCK)


def book_differs(state: State) -> Iterator[Finding]:
    """Drug that is neither given nor wasted, and a dose that pump and book tell differently."""
    left = tray(state).left_ug
    if left != 0:
        words = (
            f"{abs(left)} micrograms on the tray"
            if left > 0
            else f"{-left} micrograms too many used"
        )
        yield reason("CL-02", f"The drug book does not balance: {words}")
    finished, infusion, doses = state.last(DoseFinished), state.infusion, state.doses
    if finished and doses and not infusion and doses.given_ug != finished.body.given_ug:
        words = f"{doses.given_ug} micrograms charted, the book says {finished.body.given_ug}"
        yield reason("CL-05", f"Chart and book differ: {words}")
    if finished is None or infusion is None or infusion.stopped_at is None:
        return
    pumped = infusion.given_ul(infusion.stopped_at)
    if not pump_agrees(pumped, infusion.concentration_ug_per_ml, finished.body.given_ug):
        given = float(infusion.given_ug(infusion.stopped_at))
        words = f"the pump gave {given:.0f} micrograms, the book says {finished.body.given_ug}"
        yield reason("CL-05", f"Pump and book differ: {words}")


def _discrepancy_answered(state: State) -> bool:
    answer = answers(state, "closing").get("discrepancy-answered")
    return answer is not None and answer.body.answer == "yes" and bool(answer.body.note.strip())


def _long_enough(state: State, now: datetime, node: Mapping[str, Any]) -> Iterator[Finding]:
    if state.infusion is not None and state.infusion.stopped_at is None:
        yield reason(node["rule"], "The infusion has not been stopped", knowledge=node)
    elif state.ended_at is None:
        yield reason(node["rule"], "Not known: when the dose was over", knowledge=node)
    elif now - state.ended_at < _observation(state, node):
        minutes = (now - state.ended_at) // timedelta(minutes=1)
        needed = _observation(state, node) // timedelta(minutes=1)
        words = f"{minutes} minutes since the end of the dose; {needed} are needed"
        yield reason(node["rule"], words, knowledge=node)


def _observation(state: State, node: Mapping[str, Any]) -> timedelta:
    """How long a person is watched after the dose: the protocol's time, else the checklist's."""
    protocol = protocol_of(state)
    return timedelta(seconds=protocol.observe_after_end_s if protocol else int(node["value"]))


def _after_end(state: State, at: datetime) -> bool:
    return state.ended_at is not None and at >= state.ended_at


def _recovered(state: State, node: Mapping[str, Any]) -> Iterator[Finding]:
    scored = [
        one
        for one in state.all(RecoveryScored)
        if one.body.scale in node["scales"] and _after_end(state, one.at)
    ]
    if not scored:
        yield reason(node["rule"], "Not known: recovery score after the dose", knowledge=node)
    elif not read_threshold(node["total"]).met_by(scored[-1].body.total):
        words = f"Recovery score {scored[-1].body.total}; {node['total']['value']} is needed"
        yield reason(node["rule"], words, knowledge=node)


def _awake(state: State, now: datetime, node: Mapping[str, Any]) -> Iterator[Finding]:
    scored = [v for at, v in believed(state, "moaas") if _after_end(state, at) and at <= now]
    if not scored:
        yield reason(node["rule"], "Not known: MOAA/S after the dose", knowledge=node)
    elif not read_threshold(node["awake"]).met_by(scored[-1]):
        yield reason(node["rule"], f"MOAA/S {scored[-1]}: not fully awake", knowledge=node)


def _dissociation(state: State, node: Mapping[str, Any]) -> Iterator[Finding]:
    """Asked for where CADSS-6 was scored in this session; else the checklist asks in words."""
    scores = [one for one in state.all(ScoreRecorded) if one.body.instrument == "cadss-6"]
    after = [one for one in scores if state.started_at and one.at > state.started_at]
    before = [one for one in scores if one not in after]
    if not after:
        return
    usual = before[-1].body.total if before else 0
    if after[-1].body.total is None or usual is None:
        yield reason(node["rule"], "Not known: CADSS-6 is incomplete", knowledge=node)
    elif read_threshold(node["above_baseline"]).met_by(after[-1].body.total - usual):
        words = f"CADSS-6 {after[-1].body.total}, before the dose {usual}"
        yield reason(node["rule"], words, knowledge=node)


def _pressure(state: State, now: datetime, know: Mapping[str, Any]) -> Iterator[Finding]:
    node = know["blood_pressure"]
    readings = [
        one
        for one in fresh_pressures(state, now, know["vitals"]["within"])
        if _after_end(state, one[0])
    ]
    if not readings:
        yield reason(node["rule"], "Not known: blood pressure now", knowledge=node)
        return
    _, systolic, diastolic = readings[-1]
    low = read_threshold(node["systolic"]).met_by(systolic) and read_threshold(
        node["diastolic"]
    ).met_by(diastolic)
    if not low and not _near_baseline_and_falling(state, readings, node):
        words = f"Blood pressure {systolic}/{diastolic}: not yet settled"
        yield reason(node["rule"], words, knowledge=node)


def _near_baseline_and_falling(
    state: State, readings: list[tuple[datetime, Decimal, Decimal]], node: Mapping[str, Any]
) -> bool:
    base = baseline(state)
    if len(readings) < 2 or "systolic" not in base or "diastolic" not in base:
        return False
    near = read_threshold(node["above_baseline"])
    (_, earlier_high, earlier_low), (_, high, low) = readings[-2:]
    close_by = near.met_by(high - base["systolic"]) and near.met_by(low - base["diastolic"])
    return close_by and high < earlier_high and low <= earlier_low


def _rescue(state: State, now: datetime, node: Mapping[str, Any]) -> Iterator[Finding]:
    for one in state.all(MedicineGiven):
        recent = not read_threshold(node["since"]).met_by((now - one.at).total_seconds())
        if recent and _is_benzodiazepine(one.body.medicine, node):
            words = f"{one.body.medicine} was given less than an hour ago"
            yield reason(node["rule"], words, knowledge=node, because=[one.at.isoformat()])


def _is_benzodiazepine(medicine: str, node: Mapping[str, Any]) -> bool:
    words = medicine.casefold()
    return any(part in words for part in (*node["stems"], *node["names"]))


@cache
def _knowledge() -> Mapping[str, Any]:
    return document("checklists", "discharge").body
