"""A dose is over, and the drug book says so; a correction of it is a correcting transfer there.

Whatever changes what a person received, at the time or days later (a rate that was mistyped, a stop
that was charted twice, a tablet that was cut off), ends here: the book and the record never tell
two stories.
"""

from dataclasses import dataclass
from datetime import datetime

from openketamine.clinic.pharmacy import commands as pharmacy
from openketamine.clinic.sessions._fold import folded
from openketamine.clinic.sessions._writing import append, derived_id, entry
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.models import Staff
from openketamine.core.treatment import State, encode_body, facts

# Facts after which a dose may be over, or may have been another than the book says.
CHANGES_THE_DOSE = (
    facts.InfusionStarted,
    facts.InfusionStopped,
    facts.InfusionPaused,
    facts.InfusionResumed,
    facts.RateChanged,
    facts.DoseGiven,
    facts.DoseStopped,
    facts.Corrected,
)


@dataclass(frozen=True)
class _Received:
    """What a person received in all, by the record as it stands now."""

    given_ug: int
    given_ul: int
    ended_at: datetime


def settle(session: Session, why: str, by: Staff, now: datetime) -> None:
    """Make the book say what the record says of the dose; nothing where it does so already.

    `why` goes with a correcting transfer. Never refused: what it follows from has happened.
    """
    kept = folded(session.stream)
    received, finished = _received(kept.state), kept.state.last(facts.DoseFinished)
    if finished is None:
        if received is not None:
            transfer = pharmacy.give(session.id, received.given_ug, by, now)
            body = facts.DoseFinished(received.given_ug, received.given_ul, str(transfer))
            identity = derived_id("finished", str(session.id), str(kept.number))
            append(session, [entry(body, received.ended_at, by, identity)], now)
        return
    said = finished.body
    if received and (said.given_ug, said.given_ul) == (received.given_ug, received.given_ul):
        return
    amount = received.given_ug if received else 0
    transfer = said.transfer_id
    if amount != said.given_ug:
        transfer = pharmacy.correct_given(session.id, transfer, amount, why, by, now)
    right = received and facts.DoseFinished(received.given_ug, received.given_ul, str(transfer))
    corrected = facts.Corrected(
        target=finished.fact.id,
        reason=why or "the record of the dose was corrected",
        replacement=encode_body(right) if right else None,
    )
    identity = derived_id("finished again", str(session.id), str(kept.number))
    append(session, [entry(corrected, now, by, identity)], now)


def _received(state: State) -> _Received | None:
    """None while the dose is not over. Down to whole micrograms: the ledger never says more was
    given than was."""
    infusion, doses = state.infusion, state.doses
    if infusion is not None:
        end = infusion.stopped_at
        if end is None:
            return None
        return _Received(int(infusion.given_ug(end)), int(infusion.given_ul(end)), end)
    if doses is None or doses.ended_at is None:
        return None
    return _Received(doses.given_ug, doses.given_ul, doses.ended_at)
