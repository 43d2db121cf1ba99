"""What each earlier session was, as far as the next dose depends on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from openketamine.core.course._tolerated import nearly_all, otherwise, tolerated
from openketamine.core.dosing import HOLD, LOWER, PastSession
from openketamine.core.treatment import (
    ObservationCharted,
    PlanSigned,
    State,
    baseline,
)


@dataclass(frozen=True)
class Visit:
    """One earlier session: its state, its day in the clinic's time, and the extremes that devices
    measured since the start and that are believed (None where nothing was). `session`: its id."""

    on: date
    state: State
    lowest_spo2: Decimal | None = None
    peak_systolic: Decimal | None = None
    peak_diastolic: Decimal | None = None
    session: str = ""


def past_sessions(
    visits: Sequence[Visit], improvements: Sequence[Decimal | None]
) -> tuple[PastSession, ...]:
    """Sessions in which drug was given, oldest first.

    `improvements`: for each of them what the score after it said against the one before the course,
    in per cent; None where nobody knows, which is never read as "went well".
    """
    return tuple(_past(visit, better) for visit, better in zip(visits, improvements, strict=True))


def _past(visit: Visit, improvement: Decimal | None) -> PastSession:
    state = visit.state
    normal = baseline(state)
    ug, plan = given_ug(state), state.plan
    share = None if plan is None else _share(plan.body, ug)
    asked = {one.question: one for one in tolerated(state)}
    held = [sign for one in asked.values() if one.verdict == HOLD for sign in one.signs]
    return PastSession(
        on=visit.on,
        dose_ug_per_kg=None if plan is None else _per_kg(plan.body, ug),
        dose_ug=ug,
        over_s=None if plan is None else plan.body.over_s,
        improvement_percent=improvement,
        lowest_moaas=_lowest_moaas(state),
        lowest_spo2=_least(visit.lowest_spo2, *_by_hand(state, "spo2")),
        peak_systolic=_most(visit.peak_systolic, *_by_hand(state, "systolic")),
        peak_diastolic=_most(visit.peak_diastolic, *_by_hand(state, "diastolic")),
        baseline_systolic=normal.get("systolic"),
        baseline_diastolic=normal.get("diastolic"),
        severe_dissociation=asked["dissociation"].severe,
        vomiting_despite_antiemetic=asked["vomiting"].severe,
        seen=tuple(
            sign.says for one in asked.values() if one.verdict == LOWER for sign in one.signs
        ),
        hold=tuple(dict.fromkeys(sign.says for sign in (*held, *otherwise(state, share)))),
    )


def _share(plan: PlanSigned, given_ug: int) -> Decimal | None:
    """Per cent of the plan that was given."""
    return Decimal(given_ug) * 100 / plan.dose_ug if plan.dose_ug else None


def given_ug(state: State) -> int:
    """Micrograms in all; rounded down, as everything that is dispensed."""
    last = max(fact.at for fact in state.facts)
    pumped = int(state.infusion.given_ug(last)) if state.infusion else 0
    return pumped + (state.doses.given_ug if state.doses else 0)


def _per_kg(plan: PlanSigned, given_ug: int) -> int | None:
    """µg/kg: as it was wanted where nearly all was given, else as it was given; None for a dose
    that goes by no weight. What is left in the line must not make every next dose smaller.

    Of a dose that a limit held the next whole µg/kg counts: rounded down, 80 mg "again" is 79.999,
    and drawn up in steps it is 75. The limit holds it the next time too.
    """
    if not plan.weight_g:
        return None
    proposal = plan.proposal
    wanted, weight = proposal.get("wanted_mg"), proposal.get("weight_used_kg")
    share = _share(plan, given_ug)
    if share is not None and share >= nearly_all() and wanted and weight:
        wished = round(Decimal(str(wanted)) * 1000 / Decimal(str(weight)))
        limited = bool(proposal.get("limited_by"))
        return -(-plan.dose_ug * 1000 // plan.weight_g) if limited else wished
    return given_ug * 1000 // plan.weight_g


def _by_hand(state: State, signal: str) -> tuple[Decimal, ...]:
    start = state.started_at
    return tuple(
        one.body.values[signal]
        for one in state.all(ObservationCharted)
        if signal in one.body.values and start is not None and one.at >= start
    )


def _lowest_moaas(state: State) -> int | None:
    lowest = _least(None, *_by_hand(state, "moaas"))
    return None if lowest is None else int(lowest)


def _least(*values: Decimal | None) -> Decimal | None:
    return min((value for value in values if value is not None), default=None)


def _most(*values: Decimal | None) -> Decimal | None:
    return max((value for value in values if value is not None), default=None)
