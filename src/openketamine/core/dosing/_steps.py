"""Up, down or the same: what the sessions before say about the next dose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from openketamine.core.dosing._past import PastSession
from openketamine.core.dosing._protocol import Protocol
from openketamine.core.findings import Action, Because, Finding, Source
from openketamine.core.quantities import format_number
from openketamine.knowledge import Threshold

HOUSE = (Source("HOUSE", "dose adjustment"),)


@dataclass(frozen=True)
class NextStep:
    """The dose to start from, before limits, with the reason in words."""

    dose_ug_per_kg: int
    over_s: int
    steps: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def next_step(protocol: Protocol, past: Sequence[PastSession]) -> NextStep:
    """The protocol's start for a first session; afterwards what the last sessions ask for."""
    if not past:
        words = f"First session: the protocol starts with {per_kg(protocol.start_ug_per_kg)}."
        return NextStep(protocol.start_ug_per_kg, protocol.over_s, (words,))
    last = past[-1]
    trouble, pressure = _trouble(protocol, last), _pressure(protocol, last)
    if trouble or pressure:
        return _down(protocol, past, (*trouble, *pressure), pressure=bool(pressure))
    return _by_response(protocol, past)


def per_kg(dose_ug_per_kg: int) -> str:
    """Micrograms a kilogram in the prescriber's words: "0.5 mg/kg"."""
    return f"{format_number(Decimal(dose_ug_per_kg) / 1000)} mg/kg"


def _trouble(protocol: Protocol, session: PastSession) -> tuple[str, ...]:
    adjust = protocol.adjust
    found = (
        (_met(adjust["too_sedated"], session.lowest_moaas), f"MOAA/S {session.lowest_moaas}"),
        (_met(adjust["too_little_oxygen"], session.lowest_spo2), f"SpO2 {session.lowest_spo2} %"),
        (session.severe_dissociation is True, "severe dissociation or panic"),
        (session.vomiting_despite_antiemetic is True, "vomiting despite an antiemetic"),
    )
    return tuple(words for met, words in found if met)


def _pressure(protocol: Protocol, session: PastSession) -> tuple[str, ...]:
    adjust = protocol.adjust
    rises = (
        ("peak_systolic", session.peak_systolic, "systolic peak"),
        ("peak_diastolic", session.peak_diastolic, "diastolic peak"),
        ("rise_systolic", _rise(session.peak_systolic, session.baseline_systolic), "systolic rise"),
        (
            "rise_diastolic",
            _rise(session.peak_diastolic, session.baseline_diastolic),
            "diastolic rise",
        ),
    )
    return tuple(f"{words} {value} mmHg" for key, value, words in rises if _met(adjust[key], value))


def _rise(peak: Decimal | None, baseline: Decimal | None) -> Decimal | None:
    return None if peak is None or baseline is None else peak - baseline


def _met(threshold: Threshold, value: Decimal | int | None) -> bool:
    return value is not None and threshold.met_by(value)


def _down(
    protocol: Protocol, past: Sequence[PastSession], reasons: Sequence[str], *, pressure: bool
) -> NextStep:
    last = past[-1]
    share = 1 - protocol.reduce_percent / 100
    lower = int((last.dose_ug_per_kg * share).quantize(Decimal(1), rounding=ROUND_DOWN))
    over = max(protocol.slow_to_s, last.over_s or 0)
    words = (
        f"Last session on {last.on}: {', '.join(reasons)}. "
        f"Reduced by {format_number(protocol.reduce_percent)} % "
        f"from {per_kg(last.dose_ug_per_kg)} to {per_kg(lower)}, over {over // 60} min."
    )
    twice = pressure and len(past) > 1 and bool(_pressure(protocol, past[-2]))
    return NextStep(lower, over, (words,), (_twice_high(past),) if twice else ())


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


def _by_response(protocol: Protocol, past: Sequence[PastSession]) -> NextStep:
    last, adjust, number = past[-1], protocol.adjust, len(past)
    over = max(protocol.over_s, last.over_s or 0)
    same = per_kg(last.dose_ug_per_kg)
    better = last.improvement_percent
    if better is None:
        words = f"The response after {number} sessions is not known: {same} again, no step up."
        return NextStep(last.dose_ug_per_kg, over, (words,))
    shown = f"{format_number(better, 0)} % better after {number} sessions"
    if adjust["enough"].met_by(better):
        return NextStep(last.dose_ug_per_kg, over, (f"{shown}: {same} again.",))
    if adjust["partial"].met_by(better):
        return _maybe_up(protocol, last, over, shown, number)
    return NextStep(
        last.dose_ug_per_kg, over, (f"{shown}: {same} again.",), _poor(protocol, number, shown)
    )


def _maybe_up(
    protocol: Protocol, last: PastSession, over: int, shown: str, number: int
) -> NextStep:
    same = per_kg(last.dose_ug_per_kg)
    if not protocol.adjust["step_up_after"].met_by(number):
        words = f"{shown}: too early for a step up, {same} again."
    elif unknown := _not_written_down(last):
        words = f"{shown}: no step up, since nobody wrote down {', '.join(unknown)}; {same} again."
    else:
        higher = last.dose_ug_per_kg + protocol.step_ug_per_kg
        words = f"{shown} and well tolerated: one step up from {same} to {per_kg(higher)}."
        return NextStep(higher, over, (words,))
    return NextStep(last.dose_ug_per_kg, over, (words,))


def _not_written_down(last: PastSession) -> tuple[str, ...]:
    """What a step up needs to know of the last session; missing is never "went well"."""
    needed = (
        ("the sedation score", last.lowest_moaas),
        ("the lowest SpO2", last.lowest_spo2),
        (
            "the peak blood pressure",
            last.peak_systolic if last.peak_diastolic is not None else None,
        ),
        ("dissociation", last.severe_dissociation),
        ("vomiting", last.vomiting_despite_antiemetic),
    )
    return tuple(words for words, value in needed if value is None)


def _poor(protocol: Protocol, number: int, shown: str) -> tuple[Finding, ...]:
    stop = protocol.adjust["stop_after"].met_by(number)
    course = "stop the course" if stop else "review the course"
    if not stop and not protocol.adjust["review_after"].met_by(number):
        return ()
    return (
        Finding(
            rule="DOSE-NO-RESPONSE",
            kind="precaution",
            action=Action.OVERRIDE if stop else Action.CAUTION,
            summary=f"Only {shown}: {course}",
            advice=("Talk about other treatments.",),
            because=(Because(shown),),
            sources=(Source("PHILLIPS19", "median of three infusions to response"), *HOUSE),
            overridable=stop,
        ),
    )


def exposure(protocol: Protocol, past: Sequence[PastSession], on: date) -> tuple[Finding, ...]:
    """Too often or too much, counting the session that is being planned."""
    limits = protocol.exposure
    week = 1 + sum(session.on > on - timedelta(days=7) for session in past)
    first = min((session.on for session in past), default=on)
    month = 1 + len(past) if on < first + timedelta(days=28) else 0
    recent = [s.dose_ug for s in past if s.on > on - timedelta(days=30) and s.dose_ug is not None]
    milligrams = Decimal(sum(recent)) / 1000
    checks = (
        ("E1", limits["sessions_in_7_days"].met_by(week), f"{week} sessions within 7 days"),
        (
            "E2",
            limits["sessions_in_first_28_days"].met_by(month),
            f"{month} sessions within the first 28 days",
        ),
        (
            "E5",
            limits["mg_in_30_days"].met_by(milligrams),
            f"{format_number(milligrams)} mg within 30 days",
        ),
    )
    return tuple(_flag(rule, words) for rule, met, words in checks if met)


def _flag(rule: str, words: str) -> Finding:
    return Finding(
        rule=rule,
        kind="precaution",
        action=Action.OVERRIDE,
        summary=f"Exposure: {words}",
        advice=("Lengthen the interval, or say why not.",),
        because=(Because(words),),
        sources=(Source("HOUSE", f"exposure flag {rule}"),),
        overridable=True,
    )
