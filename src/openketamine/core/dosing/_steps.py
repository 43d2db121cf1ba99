"""Up, down or the same: what the sessions before say about the next dose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal

from openketamine.core.dosing._past import PastSession
from openketamine.core.dosing._protocol import Protocol
from openketamine.core.dosing._tolerability import HOLD, HOUSE, LOWER, Judged, missing, tolerability
from openketamine.core.findings import Action, BadInput, Because, Finding, Source
from openketamine.core.quantities import format_number


@dataclass(frozen=True)
class NextStep:
    """The dose to start from, before limits, with the reason in words.

    `amount` is µg/kg or µg, as the protocol counts.
    """

    amount: int
    over_s: int
    steps: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def next_step(protocol: Protocol, past: Sequence[PastSession], start: int) -> NextStep:
    """The protocol's start for a first session; afterwards what the last sessions ask for."""
    if not past:
        words = f"First session: the protocol starts with {shown(protocol, start)}."
        return NextStep(start, protocol.over_s, (words,))
    last = past[-1]
    if (impossible := _beyond_limits(protocol, last)) is not None:
        return impossible
    judged = tolerability(protocol, last)
    lowering = [one for one in judged if one.verdict == LOWER]
    if lowering:
        pressure = any(one.is_pressure for one in lowering)
        return _down(protocol, past, [one.found for one in lowering], pressure=pressure)
    step = _by_response(protocol, past, judged)
    return replace(step, steps=(*step.steps, *_not_known(judged)))


def _not_known(judged: tuple[Judged, ...]) -> tuple[str, ...]:
    """What is missing is said even where no step was to be taken on it."""
    unknown = missing(judged)
    if not unknown:
        return ()
    return (f"Not known of the last session: {', '.join(unknown)}. No step up rests on it.",)


def _beyond_limits(protocol: Protocol, last: PastSession) -> NextStep | None:
    """A dose of the past over the absolute limit is a slip of a pen until it is checked."""
    bounds, amount = protocol.absolute, amount_of(protocol, last)
    limit = bounds.dose_ug_per_kg if protocol.per_kg else bounds.total_ug
    if limit is None or amount <= limit.amount:
        return None
    finding = Finding(
        rule="DOSE-HISTORY",
        kind="precaution",
        action=Action.OVERRIDE,
        summary=f"The history says {shown(protocol, amount)}, more than the absolute limit",
        advice=("Check the record of that session; ten times the dose is a frequent slip.",),
        because=(Because(f"session on {last.on}: {shown(protocol, amount)}; limit {limit.words}"),),
        sources=limit.sources,
        evidence=limit.evidence,
        overridable=True,
    )
    words = (
        f"The last dose on record cannot be right: {shown(protocol, protocol.start)}, the start."
    )
    return NextStep(protocol.start, protocol.over_s, (words,), (finding,))


def shown(protocol: Protocol, amount: int) -> str:
    """An amount in the prescriber's words: "0.5 mg/kg" or "56 mg"."""
    return f"{format_number(Decimal(amount) / 1000)} {'mg/kg' if protocol.per_kg else 'mg'}"


def amount_of(protocol: Protocol, session: PastSession) -> int:
    """The dose of a past session as the protocol counts. Raises BadInput where it was not said."""
    found = session.dose_ug_per_kg if protocol.per_kg else session.dose_ug
    if found is None:
        field = "dose_ug_per_kg" if protocol.per_kg else "dose_ug"
        raise BadInput(f"history of {session.on}.{field}", f"a dose, which {protocol.id} needs")
    if protocol.share_by_session:
        # Only a share was given in the first sessions; the course is planned by the whole.
        return protocol.start
    return found


def _down(
    protocol: Protocol, past: Sequence[PastSession], reasons: Sequence[str], *, pressure: bool
) -> NextStep:
    """By the protocol's share, or by one step of a fixed dose; never below its lowest dose."""
    last = past[-1]
    before = amount_of(protocol, last)
    lower = max(protocol.lowest, _lowered(protocol, before))
    over = max(protocol.slow_to_s, last.over_s or 0) if protocol.form == "infusion" else 0
    slower = f", over {over // 60} min" if over else ""
    words = f"Last session on {last.on}: {', '.join(reasons)}. {_by_how_much(protocol)}"
    words += f"from {shown(protocol, before)} to {shown(protocol, lower)}{slower}."
    twice = pressure and len(past) > 1 and _too_high(protocol, past[-2])
    findings = (_twice_high(past),) if twice else ()
    return NextStep(min(lower, before), over, (words,), findings)


def _too_high(protocol: Protocol, session: PastSession) -> bool:
    return any(one.is_pressure for one in tolerability(protocol, session))


def _lowered(protocol: Protocol, before: int) -> int:
    if protocol.reduce_percent is None:
        return before - (protocol.step or 0)
    share = 1 - protocol.reduce_percent / 100
    return int((before * share).quantize(Decimal(1), rounding=ROUND_DOWN))


def _by_how_much(protocol: Protocol) -> str:
    if protocol.reduce_percent is None:
        return "Reduced by one step "
    return f"Reduced by {format_number(protocol.reduce_percent)} % "


def _twice_high(past: Sequence[PastSession]) -> Finding:
    return Finding(
        rule="DOSE-BP-TWICE",
        kind="precaution",
        action=Action.OVERRIDE,
        summary="Blood pressure was too high in two sessions one after the other",
        advice=("Treat blood pressure first.",),
        because=tuple(Because(f"session on {session.on}") for session in past[-2:]),
        sources=HOUSE,
        overridable=True,
    )


def _by_response(
    protocol: Protocol, past: Sequence[PastSession], judged: tuple[Judged, ...]
) -> NextStep:
    last, adjust, number = past[-1], protocol.adjust, len(past)
    over = max(protocol.over_s, last.over_s or 0) if protocol.form == "infusion" else 0
    before = amount_of(protocol, last)
    same = shown(protocol, before)
    better = last.improvement_percent
    if better is not None and adjust["worse"].met_by(better):
        return _worse(protocol, last, number, over)
    if better is None:
        words = f"The response after {number} sessions is not known: {same} again, no step up."
        return NextStep(before, over, (words,))
    said = f"{format_number(abs(better), 0)} % {'better' if better >= 0 else 'worse'} after "
    said += f"{number} sessions"
    if adjust["enough"].met_by(better):
        return NextStep(before, over, (f"{said}: {same} again.",))
    poor = _poor(protocol, number, said) if adjust["poor"].met_by(better) else ()
    if adjust["step_up"].met_by(better):
        higher, words = _maybe_up(protocol, last, said, number, judged)
        return NextStep(higher, over, (words,), poor)
    return NextStep(before, over, (f"{said}: {same} again.",), poor)


def _worse(protocol: Protocol, last: PastSession, number: int, over: int) -> NextStep:
    """Worse than before the course is no reason for more of it."""
    before = amount_of(protocol, last)
    percent = format_number(-(last.improvement_percent or Decimal(0)), 0)
    said = f"{percent} % worse after {number} sessions"
    finding = Finding(
        rule="DOSE-WORSE",
        kind="precaution",
        action=Action.OVERRIDE,
        summary=f"{said.capitalize()}, against the time before the course",
        advice=("Assess again, suicidality first, before another dose.",),
        because=(Because(f"session on {last.on}: {said}"),),
        sources=(Source("HOUSE", "response calculus: worsening"),),
        overridable=True,
    )
    return NextStep(before, over, (f"{said}: {shown(protocol, before)} again.",), (finding,))


def _maybe_up(
    protocol: Protocol, last: PastSession, said: str, number: int, judged: tuple[Judged, ...]
) -> tuple[int, str]:
    before = amount_of(protocol, last)
    same, higher = shown(protocol, before), _raised(protocol, before)
    if higher <= before:
        return before, f"{said}: the protocol has no step above {same}; {same} again."
    if not protocol.adjust["step_up_after"].met_by(number):
        return before, f"{said}: too early for a step up, {same} again."
    if held := [one.found for one in judged if one.verdict == HOLD]:
        return before, f"{said}: no step up after {'; '.join(held)} (house rule): {same} again."
    if unknown := missing(judged):
        words = f"{said}: no step up, since nobody wrote down {', '.join(unknown)}; {same} again."
        return before, words
    words = f"{said} and well tolerated: one step up from {same} to {shown(protocol, higher)}."
    return higher, words


def _raised(protocol: Protocol, before: int) -> int:
    if protocol.ladder:
        return next((rung for rung in protocol.ladder if rung > before), before)
    return before + (protocol.step or 0)


def _poor(protocol: Protocol, number: int, said: str) -> tuple[Finding, ...]:
    stop = protocol.adjust["stop_after"].met_by(number)
    if not stop and not protocol.adjust["review_after"].met_by(number):
        return ()
    course = "stop the course" if stop else "review the course"
    return (
        Finding(
            rule="DOSE-NO-RESPONSE",
            kind="precaution",
            action=Action.OVERRIDE if stop else Action.CAUTION,
            summary=f"Only {said}: {course}",
            advice=("Talk about other treatments.",),
            because=(Because(said),),
            sources=(Source("PHILLIPS19", "median of three infusions to response"), *HOUSE),
            overridable=stop,
        ),
    )
