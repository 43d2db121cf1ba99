"""Check-ins out of the facts: what was asked, by which message, and what came back."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from openketamine.core.course._facts import (
    CheckInFinished,
    CheckInInvited,
    CheckInMissed,
    CheckInOpened,
    CheckInUndelivered,
    ReplyGiven,
)
from openketamine.core.course._state import CourseState
from openketamine.core.log import Happened

_NAMES = uuid.UUID("0d9d6c1e-8d5c-4b0a-9a57-6d2f3c1b7e42")


def derived_id(*words: str) -> str:
    """The same words, the same id: what is asked, sent or written twice is there once."""
    return str(uuid.uuid5(_NAMES, "|".join(words)))


@dataclass
class CheckIn:
    """One check-in as the log has it. `replies`: (form, item) → the last reply."""

    id: str
    invited: list[Happened[CheckInInvited]] = field(default_factory=list)
    undelivered: list[Happened[CheckInUndelivered]] = field(default_factory=list)
    opened_at: datetime | None = None
    replies: dict[tuple[str, str], Happened[ReplyGiven]] = field(default_factory=dict)
    said: int = 0
    finished_at: datetime | None = None
    missed: Happened[CheckInMissed] | None = None

    @property
    def asked(self) -> CheckInInvited | None:
        """What the first message asked for; None where no message left the house."""
        return self.invited[0].body if self.invited else None

    @property
    def last_attempt(self) -> int:
        """The highest number of a message that was tried."""
        sent = [one.body.attempt for one in self.invited]
        return max([*sent, *(one.body.attempt for one in self.undelivered)], default=0)

    @property
    def over(self) -> bool:
        """Whether nothing more is asked."""
        return self.finished_at is not None or self.missed is not None

    def answer(self, form: str, item: str) -> Any:
        """The answer that counts; None where it was not answered or not wanted."""
        reply = self.replies.get((form, item))
        return None if reply is None else reply.body.answer


def check_ins(state: CourseState) -> Mapping[str, CheckIn]:
    """Every check-in that the log knows, by id, in the order in which it was first named."""
    found: dict[str, CheckIn] = {}

    def of(name: str) -> CheckIn:
        return found.setdefault(name, CheckIn(name))

    for invited in state.all(CheckInInvited):
        of(invited.body.check_in).invited.append(invited)
    for undelivered in state.all(CheckInUndelivered):
        of(undelivered.body.check_in).undelivered.append(undelivered)
    for opened in state.all(CheckInOpened):
        one = of(opened.body.check_in)
        one.opened_at = one.opened_at or opened.at
    for reply in state.all(ReplyGiven):
        one = of(reply.body.check_in)
        one.replies[reply.body.form, reply.body.item] = reply
        one.said += 1
    for finished in state.all(CheckInFinished):
        of(finished.body.check_in).finished_at = finished.at
    for missed in state.all(CheckInMissed):
        of(missed.body.check_in).missed = missed
    return MappingProxyType(found)
