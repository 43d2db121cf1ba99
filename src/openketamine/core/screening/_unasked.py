"""What nobody has asked yet: no dose is ordered over a question that was never put."""

from openketamine.core.findings import Action, Because, Finding, Source
from openketamine.core.history import PersonRecord
from openketamine.core.screening._evaluation import Evaluation, Unknown
from openketamine.core.screening._questions import current_answers

_SOURCE = Source("HOUSE", "a missing datum is never read as no")


def unasked(record: PersonRecord, evaluation: Evaluation) -> tuple[Finding, ...]:
    """A finding for each open question that nobody has put to the person.

    "Not known" is an answer: the question was asked, stays open in sight, and the gate before the
    start still holds what must be known. What is due on the day itself is the gate's too.
    """
    asked = current_answers(record, evaluation.evaluated_on)
    return tuple(
        _not_asked(unknown)
        for unknown in evaluation.unknown
        if unknown.choices and not unknown.at_gate and unknown.question not in asked
    )


def _not_asked(unknown: Unknown) -> Finding:
    return Finding(
        rule=f"ASK-{unknown.question}",
        kind="readiness",
        action=Action.DEFER,
        summary=f"Not asked yet: {unknown.text}",
        advice=("Answer it on the evaluation page; “not known” is an answer too.",),
        because=(Because("the record does not say, and no answer was written down"),),
        sources=(_SOURCE,),
        evidence="P",
    )
