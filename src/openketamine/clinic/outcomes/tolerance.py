"""How the last session was tolerated, line by line: what the next dose makes of it, and on whose
word."""

from collections.abc import Iterator, Mapping
from typing import Any

from openketamine.clinic.library.cards import EVIDENCE_WORDS, source_lines
from openketamine.clinic.outcomes.words import Line
from openketamine.clinic.patients.banner import clinic_date
from openketamine.core.course import Course, Next, Tolerated, tolerated
from openketamine.core.dosing import (
    FINE,
    HOLD,
    LOWER,
    UNKNOWN,
    Judged,
    protocol,
    protocols,
    strictest_verdict,
    tolerability,
)

VERDICTS: Mapping[str, tuple[str, str]] = {
    FINE: ("done", "Fine"),
    HOLD: ("caution", "No step up"),
    LOWER: ("override", "Next dose lower"),
    UNKNOWN: ("unknown", "Not known"),
}
_MISSING = "Nobody wrote it down. That is not “tolerated”: no step up rests on it."


def last_session(course: Course, following: Next) -> dict[str, Any] | None:
    """The lines of the last session of the course; None where there was none."""
    if not course.visits or not following.past or following.protocol_id not in protocols():
        return None
    visit, past = course.visits[-1], following.past[-1]
    if past.on != visit.on:
        return None
    charted = {one.question: one for one in tolerated(visit.state)}
    said = {sign.says for one in charted.values() for sign in one.signs}
    # What a question holds the dose for stands with the question, once.
    judged = tuple(
        one
        for one in tolerability(protocol(following.protocol_id), past)
        if not (one.question == "other" and one.found in said)
    )
    lines = [line for one in judged for line in _lines(one, charted.get(one.question))]
    verdicts = {one.verdict for one in judged} | {one.verdict for one in charted.values()}
    return {
        "on": clinic_date(visit.on),
        "lines": lines,
        "worst": VERDICTS[strictest_verdict(verdicts)],
    }


def _lines(one: Judged, charted: Tolerated | None) -> Iterator[Line]:
    level, word = VERDICTS[one.verdict]
    name = one.question.capitalize()
    if one.verdict == UNKNOWN:
        yield Line(level, word, f"{name}: {_MISSING}", (), _cited(one.sources))
        return
    if charted is None:
        what = f"{name}: {one.found}"
        yield Line(level, word, what, (), _cited(one.sources), _sure(one.evidence))
        return
    if charted.signs:
        level, word = VERDICTS[charted.verdict]
        for sign in charted.signs:
            what = f"{name}: {sign.says}"
            yield Line(level, word, what, (), _cited(sign.sources), _sure(sign.evidence))
        return
    rated = f" ({charted.rated})" if charted.rated else ""
    what = f"{name}: {one.found}{rated}"
    yield Line(level, word, what, (), _cited(charted.sources), _sure(charted.evidence))


def _sure(evidence: str) -> str:
    return EVIDENCE_WORDS[evidence]


def _cited(sources: Any) -> tuple[Any, ...]:
    return source_lines(one.as_json() for one in sources)
