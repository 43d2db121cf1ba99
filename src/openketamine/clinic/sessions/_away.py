"""Whom no screen has found, of all open sessions; and what was tried to reach them elsewhere."""

from datetime import datetime
from uuid import UUID

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.sessions import _watchers
from openketamine.clinic.sessions._lately import newest_of_calls
from openketamine.clinic.sessions._writing import RULES, append, entry, in_line
from openketamine.clinic.sessions.models import Session
from openketamine.core.treatment import Away, away, facts

# Stream → its last number of these kinds, and who was waited for then. Waiting ends by facts only.
_known: dict[str, tuple[int, tuple[Away, ...]]] = {}


def away_from_screens(now: datetime) -> dict[UUID, tuple[Away, ...]]:
    """Session → everybody who was told of a finding there and of whom nothing was heard since.

    A stream is read again only when something was written to it that a call depends on.
    """
    numbers = newest_of_calls(now)
    for gone in _known.keys() - numbers.keys():
        del _known[gone]
    fresh = [one for one, number in numbers.items() if _known.get(one, (0,))[0] != number]
    watchers = _watchers.at_numbers(journal.heads(fresh), now)
    _watchers.keep(watchers)
    for stream, one in watchers.items():
        _known[stream] = (numbers[stream], away(one.state))
    return {Session.id_of(stream): found for stream, (_, found) in _known.items() if found}


def still_away(
    session: Session, finding_id: str, step: int, person: str, now: datetime
) -> Away | None:
    """This person of this step, where nothing was heard of them to this moment."""
    state = _watchers.at_head(session.stream, now).state
    wanted = (finding_id, step, person)
    found = (one for one in away(state) if (one.finding_id, one.step, one.person) == wanted)
    return next(found, None)


def note_message(session_id: UUID, body: facts.PersonMessaged, fact_id: str, now: datetime) -> None:
    """What an attempt came to, beside the call. The caller's transaction; a fact is never refused,
    in a session that was closed meanwhile neither."""
    append(in_line(session_id), [entry(body, now, RULES, fact_id, origin="post")], now)
