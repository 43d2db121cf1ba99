"""What kinds of messages leave this house. An app that sends one says here what is its own; how it
is handed over once, tried again and given up is the same for all (`post.py`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from openketamine.clinic.checkins.carriers import Outcome, Ready
from openketamine.clinic.checkins.models import Message

OWN = "own"
# A link to any other page that an app asks for; `detail`: its `purpose`, good for so many `days`.
PAGE = "page"


def _nothing(row: Message, outcome: Outcome, now: datetime) -> None:
    """Nothing beside the row."""


def _none(row: Message) -> None:
    """Nothing to hold."""


def _at_once(row: Message, now: datetime) -> datetime:  # noqa: ARG001
    """At any hour."""
    return now


@dataclass(frozen=True)
class Kind:
    """`ready`: the message as it leaves now; None where it need not leave any more.

    `not_before`: this moment, or when it may leave where it may not leave now (quiet hours).

    `noted`: what is written beside the row after an attempt, in its transaction; `row.state` is
    `waiting` where it is tried again. `hold`: locks what `noted` writes into; it comes before the
    lock of the row, as it does for the planner, so that no two wait for each other.

    `rather_twice`: of what nobody knows whether it left, leaves again. `pause`, `longest_pause`:
    between attempts, doubled each time. `urgency`: of its job.
    """

    ready: Callable[[Message, datetime], Ready | None]
    noted: Callable[[Message, Outcome, datetime], None] = _nothing
    not_before: Callable[[Message, datetime], datetime] = _at_once
    rather_twice: bool = False
    hold: Callable[[Message], None] = _none
    pause: timedelta = timedelta(seconds=15)
    longest_pause: timedelta = timedelta(minutes=10)
    urgency: int = 0

    def pause_after(self, tries: int) -> timedelta:
        """How long until the next attempt."""
        doubled: int = 2 ** min(tries, 8)
        return min(self.pause * doubled, self.longest_pause)


_KINDS: dict[str, Kind] = {}


def add_kind(name: str, kind: Kind) -> None:
    """Messages of this kind may leave from now on."""
    _KINDS[name] = kind


def kind_of(name: str) -> Kind:
    """The kind of this name."""
    return _KINDS[name]
