"""What in the facts of a session cannot all be true: listed, never refused, never mended."""

from collections.abc import Iterator

from openketamine.core.log import named
from openketamine.core.treatment._facts import (
    ChairAssigned,
    DeviceAttached,
    Discharged,
    DoseFinished,
    DoseGiven,
    DoseStopped,
    DoseVerified,
    DrugWithdrawn,
    FindingCleared,
    FindingRaised,
    InfusionPaused,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
    PlanSigned,
    RateChanged,
    ReadingTaken,
    RecoveryScored,
    SessionClosed,
    SessionOpened,
)
from openketamine.core.treatment._infusion import read_infusion
from openketamine.core.treatment._state import State

_ONCE = (SessionOpened, InfusionStarted, DoseFinished, Discharged, SessionClosed)
_WITH_THE_PERSON = (
    ChairAssigned, PlanSigned, DrugWithdrawn, DoseVerified, DoseGiven, InfusionStarted, RateChanged,
    InfusionPaused, InfusionResumed, InfusionStopped, DeviceAttached, ReadingTaken, RecoveryScored,
)  # fmt: skip


def contradictions(state: State) -> tuple[str, ...]:
    """Every contradiction in one sentence, naming the number of the fact."""
    return (
        *state.effective.contradictions,
        *read_infusion(state.entries)[1],
        *_twice(state),
        *_after_the_end(state),
        *_other_than_ordered(state),
        *_by_hand_other_than_ordered(state),
        *_impossible_amounts(state),
        *_finished_while_running(state),
        *_unknown_findings(state),
    )


def _twice(state: State) -> Iterator[str]:
    for kind in _ONCE:
        if kind is InfusionStarted:
            continue
        for one in state.all(kind)[1:]:
            yield f"{named(one.fact)}: {_words(kind)} stands here a second time"


def _words(kind: type) -> str:
    return {
        SessionOpened: "the opening of the session",
        DoseFinished: "the end of the dose",
        Discharged: "the discharge",
        SessionClosed: "the closing of the session",
    }[kind]


def _after_the_end(state: State) -> Iterator[str]:
    left = state.last(Discharged)
    if left is None:
        return
    seen_readings = False
    for entry in state.entries:
        if not isinstance(entry.body, _WITH_THE_PERSON) or entry.fact.at <= left.at:
            continue
        # A monitor that was left on speaks once a second; saying so once is enough.
        if not (seen_readings and isinstance(entry.body, ReadingTaken)):
            yield f"{named(entry.fact)}: happened after the person was discharged"
        seen_readings = seen_readings or isinstance(entry.body, ReadingTaken)


def _other_than_ordered(state: State) -> Iterator[str]:
    started = state.all(InfusionStarted)
    if not started:
        return
    plan = next((one for one in reversed(state.all(PlanSigned)) if one.at <= started[0].at), None)
    if plan is None:
        yield f"{named(started[0].fact)}: the infusion was started without a signed plan"
        return
    body = started[0].body
    for field in ("rate_ul_per_h", "concentration_ug_per_ml", "weight_g"):
        ordered, ran = getattr(plan.body, field), getattr(body, field)
        if ordered != ran:
            yield f"{named(started[0].fact)}: {field} is {ran}, the plan says {ordered}"


def _by_hand_other_than_ordered(state: State) -> Iterator[str]:
    """Doses without a pump: before or beyond the plan, by another way, or after the stop."""
    total = 0
    stopped = state.last(DoseStopped)
    for one in state.all(DoseGiven):
        total += one.body.dose_ug
        plan = next((p for p in reversed(state.all(PlanSigned)) if p.at <= one.at), None)
        if plan is None:
            yield f"{named(one.fact)}: a dose was given without a signed plan"
            continue
        if one.body.route != plan.body.route:
            words = f"given by route {one.body.route}, the plan says {plan.body.route}"
            yield f"{named(one.fact)}: {words}"
        if total > plan.body.dose_ug:
            words = f"{total} micrograms given in all, the plan orders {plan.body.dose_ug}"
            yield f"{named(one.fact)}: {words}"
        if stopped is not None and one.at > stopped.at:
            yield f"{named(one.fact)}: given after no more was to be given"
    if stopped is not None and state.doses is None:
        yield f"{named(stopped.fact)}: the dose was stopped before any of it was given"


def _impossible_amounts(state: State) -> Iterator[str]:
    for kind in (InfusionStarted, RateChanged, InfusionResumed, DoseGiven):
        for one in state.all(kind):
            if min(value for value in vars(one.body).values() if isinstance(value, int)) < 0:
                yield f"{named(one.fact)}: an amount below zero"


def _finished_while_running(state: State) -> Iterator[str]:
    finished = state.last(DoseFinished)
    if finished is None:
        return
    if state.infusion is not None and state.infusion.stopped_at is None:
        last = named(finished.fact)
        yield f"{last}: the dose is called finished, but nobody stopped the infusion"
    if state.started_at is None:
        yield f"{named(finished.fact)}: the dose is called finished, but nobody gave any of it"


def _unknown_findings(state: State) -> Iterator[str]:
    known = {one.body.finding_id for one in state.all(FindingRaised)}
    for one in state.all(FindingCleared):
        if one.body.finding_id not in known:
            yield f"{named(one.fact)}: clears a finding that was never raised"
