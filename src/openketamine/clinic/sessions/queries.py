"""The only readers of a session, for pages, streams, reports and the board."""

import json
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.queries import SIGNALS, columns
from openketamine.clinic.library.queries import site
from openketamine.clinic.sessions import _watchers
from openketamine.clinic.sessions._away import away_from_screens, still_away
from openketamine.clinic.sessions._board import tile, urgency
from openketamine.clinic.sessions._calls import calls_for
from openketamine.clinic.sessions._consent import wanted_of
from openketamine.clinic.sessions._device_health import (
    heard_devices,
    quarantined_by_device,
    takeable,
)
from openketamine.clinic.sessions._fold import folded, folded_many
from openketamine.clinic.sessions._opening import given_here
from openketamine.clinic.sessions._past import history, visits_of
from openketamine.clinic.sessions._requests import plan_of
from openketamine.clinic.sessions.models import (
    Attachment,
    Gateway,
    QuarantinedMessage,
    QuarantineFile,
    Session,
    UnmappedCode,
)
from openketamine.core.treatment import Fact, State, board_as_json, state_as_json
from openketamine.core.treatment import facts as core_facts

__all__ = [
    "attachments",
    "away_from_screens",
    "board",
    "calls_for",
    "charted",
    "facts",
    "gateways",
    "given_here",
    "heard_devices",
    "history",
    "open_sessions",
    "phase",
    "plan_of",
    "quarantine_files",
    "quarantined",
    "quarantined_by_device",
    "readings",
    "session",
    "sessions_of",
    "state",
    "state_json",
    "still_away",
    "takeable",
    "unmapped_codes",
    "visits_of",
    "wanted_of",
    "why_not_closed",
]

# A person who has left stays on the board for as long as somebody may still ask about them.
_LEFT_STAYS = timedelta(hours=2)


def session(session_id: uuid.UUID) -> Session:
    """One session with its person and nurse. Raises Session.DoesNotExist."""
    return Session.objects.select_related("person", "nurse").get(pk=session_id)


def sessions_of(person_id: uuid.UUID) -> list[Session]:
    """A person's sessions, newest first."""
    return list(Session.objects.filter(person_id=person_id).order_by("-created"))


def lately(since: datetime) -> dict[uuid.UUID, datetime | None]:
    """Everybody with a session that is open, or was closed since: when the last one was closed,
    None while one is open."""
    rows = Session.objects.filter(Q(closed_at=None) | Q(closed_at__gte=since))
    found: dict[uuid.UUID, datetime | None] = {}
    for person_id, closed in rows.values_list("person_id", "closed_at"):
        known = found.get(person_id, closed)
        found[person_id] = None if closed is None or known is None else max(known, closed)
    return found


def facts(one: Session, after: int = 0) -> list[Fact]:
    """The log of a session as facts of the core, after a number."""
    return journal.core_facts(one.stream, after)


def state(one: Session, now: datetime) -> State:  # noqa: ARG001  (the door; the fold itself is timeless)
    """Everything that follows from the log."""
    return folded(one.stream).state


def phase(one: Session, now: datetime) -> str:
    """Where the session stands, in one word, without a look at its readings."""
    watcher = _watchers.at_head(one.stream, now)
    _watchers.keep({one.stream: watcher})
    return watcher.state.phase


def state_json(one: Session, now: datetime) -> dict[str, Any]:
    """The state as the console, `replay` and the report read it."""
    return state_as_json(folded(one.stream).state, timezone.localtime(now), site())


def charted(one: Session) -> list[dict[str, Any]]:
    """What was measured by hand, with corrections applied."""
    return [
        {
            "fact": entry.fact.id,
            "at": entry.fact.at.isoformat(),
            "values": {signal: float(value) for signal, value in entry.body.values.items()},
            "note": entry.body.note,
        }
        for entry in folded(one.stream).state.entries
        if isinstance(entry.body, core_facts.ObservationCharted)
    ]


def readings(one: Session, after: int = 0) -> dict[str, Any]:
    """Device readings as columns: an hour at one a second stays a small answer.

    `rows`: number, measured, received (both ms since 1970), then one value for each of `signals`.
    `doubts`: number → signal → why it is not believed.
    """
    small = journal.readings(one.stream, after)
    ordinary = journal.ordinary_readings(one.stream, after)
    rows = [columns(reading) for reading in small] + [_row(fact) for fact in ordinary]
    doubts = {reading.number: json.loads(reading.doubts) for reading in small if reading.doubts}
    doubts |= {fact.number: fact.body["doubts"] for fact in ordinary if fact.body.get("doubts")}
    return {
        "signals": SIGNALS,
        "rows": sorted(rows, key=lambda row: int(row[0])) if ordinary else rows,
        "doubts": dict(sorted(doubts.items())),
        "head": journal.head(one.stream),
    }


def _row(fact: journal.StoredFact) -> list[Any]:
    values = fact.body["values"]
    times = (fact.body["measured_at"], fact.body["received_at"])
    return [fact.number, *map(_milliseconds, times), *(values.get(signal) for signal in SIGNALS)]


def _milliseconds(iso: str) -> int:
    return round(datetime.fromisoformat(iso).timestamp() * 1000)


def board(now: datetime) -> list[dict[str, Any]]:
    """Today's sessions, the most urgent first, then what is due first."""
    rows = Session.objects.filter(closed_at__isnull=True).select_related("person", "nurse")
    here, sessions = timezone.localtime(now), list(rows.order_by("created"))
    every = folded_many([one.stream for one in sessions])
    tiles = [tile(one, board_as_json(every[one.stream].state, here), now) for one in sessions]
    return sorted(_still_here(tiles, now), key=urgency)


def _still_here(tiles: Iterable[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    return [
        one
        for one in tiles
        if one["left_at"] is None or now - datetime.fromisoformat(one["left_at"]) < _LEFT_STAYS
    ]


def attachments() -> list[Attachment]:
    """Which device speaks for whom, now."""
    rows = Attachment.seen.filter(until__isnull=True).select_related("session__person")
    return list(rows.order_by("device_id"))


def gateways() -> list[Gateway]:
    """Every gateway that ever spoke, with its last word."""
    return list(Gateway.objects.order_by("name"))


def open_sessions() -> list[Session]:
    """Sessions that are not closed, by chair, with their people."""
    rows = Session.objects.filter(closed_at__isnull=True).select_related("person")
    return list(rows.order_by("chair", "created"))


def why_not_closed() -> str:
    """Why the site that is seen cannot be closed: sessions that nobody closed."""
    left = Session.objects.filter(closed_at__isnull=True).count()
    return f"{left} session{'s are' if left > 1 else ' is'} not closed." if left else ""


def quarantined(limit: int = 100) -> list[QuarantinedMessage]:
    """The newest messages that could not be charted."""
    return list(QuarantinedMessage.objects.order_by("-recorded_at")[:limit])


def quarantine_files() -> list[QuarantineFile]:
    """Where messages lie that were kept aside long ago, the newest first."""
    return list(QuarantineFile.objects.order_by("-moved_at"))


def unmapped_codes() -> list[UnmappedCode]:
    """Codes that devices send and no table knows."""
    return list(UnmappedCode.objects.order_by("device_id", "code"))
