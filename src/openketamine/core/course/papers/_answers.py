"""What a signature answers of the evaluation: a consent that was signed here need not be asked."""

from datetime import datetime

from openketamine.core.course._state import CourseState
from openketamine.core.course.papers._consents import consent_for
from openketamine.core.course.papers._due import Wanted, consent_due, last_given, withdrawn
from openketamine.core.history import Answer
from openketamine.knowledge import document


def signed_answers(state: CourseState, wanted: Wanted, now: datetime) -> tuple[Answer, ...]:
    """The answers that the consent for this treatment gives at `now`, in the clinic's own zone.

    In force it answers, and so it does where it was taken back. Where nobody signed here, or where
    it must be signed again, it says nothing, and somebody is asked.
    """
    consent = consent_for(wanted.protocol.drug)
    node = document("consents", consent).body.get("answers")
    given = last_given(state, consent)
    if node is None or given is None:
        return ()
    back = withdrawn(state, consent)
    if back is not None:
        said = f"{back.by.name}, taken back {back.at.astimezone(now.tzinfo):%Y-%m-%d %H:%M}"
        return (Answer(node["question"], node["taken_back"], now, said, back.fact.id),)
    if consent_due(state, wanted, now):
        return ()
    said = f"signed here {given.at.astimezone(now.tzinfo):%Y-%m-%d} as {given.body.signed_as}"
    return (Answer(node["question"], node["in_force"], now, said, given.fact.id),)
