"""How the last session was tolerated, as a protocol judges it: what lowers the next dose, what only
holds it, what was fine, and what nobody wrote down."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal

from openketamine.core.dosing._past import PastSession
from openketamine.core.dosing._protocol import Protocol
from openketamine.core.findings import Source, sources_of
from openketamine.core.quantities import format_number
from openketamine.knowledge import Threshold, document

LOWER, HOLD, FINE, UNKNOWN = "lower", "hold", "fine", "not known"
HOUSE = (Source("HOUSE", "dose adjustment"),)
# How a proposal names what is missing, where that is not the name of the question itself.
_MISSING = {
    "sedation": "the sedation score",
    "oxygen": "the lowest SpO2",
    "pressure": "the peak blood pressure",
}


@dataclass(frozen=True)
class Judged:
    """One question about a session. `verdict`: lower, hold, fine or not known.

    `found`: what was found, in words; of what is not known, the name of what is missing.
    """

    question: str
    verdict: str
    found: str
    sources: tuple[Source, ...]
    evidence: str
    is_pressure: bool = False


def tolerability(protocol: Protocol, past: PastSession) -> tuple[Judged, ...]:
    """Every question that a step of the dose asks, in the order in which they are shown."""
    return (
        _yes_no(past, "dissociation", "severe_dissociation", "severe dissociation or panic"),
        _yes_no(past, "vomiting", "vomiting_despite_antiemetic", "vomiting despite an antiemetic"),
        _limit(protocol, "sedation", "too_sedated", past.lowest_moaas, "MOAA/S {}"),
        _limit(protocol, "oxygen", "too_little_oxygen", past.lowest_spo2, "SpO2 {} %"),
        *_pressures(protocol, past),
        *(_judged("other", HOLD, words) for words in past.hold),
    )


def missing(judged: tuple[Judged, ...]) -> tuple[str, ...]:
    """What nobody wrote down, by the names that a proposal uses."""
    return tuple(
        _MISSING.get(one.question, one.question) for one in judged if one.verdict == UNKNOWN
    )


def strictest_verdict(found: Collection[str]) -> str:
    """What all of these come to: it lowers the next dose, holds it, is not known, or was fine."""
    return next((one for one in (LOWER, HOLD, UNKNOWN) if one in found), FINE)


def _yes_no(past: PastSession, question: str, asked: str, says: str) -> Judged:
    severe = getattr(past, asked)
    if severe is None:
        return _not_known(question)
    if not severe:
        return _judged(question, FINE, f"no {says}")
    seen = f" ({', '.join(past.seen)})" if past.seen else ""
    return _judged(question, LOWER, f"{says}{seen}")


def _limit(
    protocol: Protocol, question: str, key: str, value: Decimal | int | None, words: str
) -> Judged:
    if value is None:
        return _not_known(question)
    verdict = LOWER if protocol.adjust[key].met_by(value) else FINE
    return _of(protocol, key, question, verdict, words.format(value))


def _pressures(protocol: Protocol, past: PastSession) -> Iterator[Judged]:
    """The peaks, and the rises where there is a number to rise from."""
    systolic, diastolic = past.peak_systolic, past.peak_diastolic
    met = [
        _of(protocol, key, "pressure", LOWER, f"{words} {value} mmHg", is_pressure=True)
        for key, value, words in (
            ("peak_systolic", systolic, "systolic peak"),
            ("peak_diastolic", diastolic, "diastolic peak"),
            ("rise_systolic", _rise(systolic, past.baseline_systolic), "systolic rise"),
            ("rise_diastolic", _rise(diastolic, past.baseline_diastolic), "diastolic rise"),
        )
        if _met(protocol.adjust[key], value)
    ]
    if met:
        yield from met
    elif systolic is None or diastolic is None:
        yield _not_known("pressure")
    else:
        peak = f"peak {format_number(systolic, 0)}/{format_number(diastolic, 0)} mmHg"
        yield _of(protocol, "peak_systolic", "pressure", FINE, peak)


def _rise(peak: Decimal | None, baseline: Decimal | None) -> Decimal | None:
    return None if peak is None or baseline is None else peak - baseline


def _met(threshold: Threshold, value: Decimal | int | None) -> bool:
    return value is not None and threshold.met_by(value)


def _of(
    protocol: Protocol,
    key: str,
    question: str,
    verdict: str,
    found: str,
    *,
    is_pressure: bool = False,
) -> Judged:
    node = document("protocols", protocol.id).body["adjust"][key]
    return Judged(
        question, verdict, found, sources_of(node["sources"]), str(node["evidence"]), is_pressure
    )


def _not_known(question: str) -> Judged:
    return _judged(question, UNKNOWN, "nobody wrote it down")


def _judged(question: str, verdict: str, found: str) -> Judged:
    return Judged(question, verdict, found, HOUSE, "P")
