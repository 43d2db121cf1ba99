"""What gateways deliver: charted where a person joined the device, kept aside everywhere else.

All deliveries that wait are written together, whatever sessions they belong to: one transaction
that goes three times to the database (ask and lock, write, commit) and tells it in one notice.
Group commit is what lets a small machine keep up with many bedsides.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal import queries as journal_queries
from openketamine.clinic.journal.pipeline import ask, texts, together
from openketamine.clinic.sessions import _watchers
from openketamine.clinic.sessions._aside import Aside, count_unmapped, keep_aside
from openketamine.clinic.sessions._charting import Chart
from openketamine.clinic.sessions._messages import Message, read_message
from openketamine.clinic.staff.sites import MAIN
from openketamine.core.findings import BadInput
from openketamine.core.treatment import facts

NOT_JOINED = "the device was not joined to a session when this was received"
_OTHER_PERSON = "the monitor names another person than the one whose session it is joined to"
_OTHER_SITE = "the device is joined to a session of another site than the gateway's"
_KEY_REUSED = "a message with the same key and other content came before"
# Each device and each session is looked up by its index, however the tables have grown since this
# was planned: that is what OFFSET 0 is for.
_JOINED = """
SELECT a.device_id, a.since, a.until, 'session:' || a.session_id, s.mrn, s.closed, s.site_id
FROM (
    SELECT o.* FROM unnest(%s::text[]) d CROSS JOIN LATERAL (
        SELECT device_id, since, until, session_id FROM treatments_attachment
        WHERE device_id = d AND until IS NULL OFFSET 0) o
    UNION ALL
    SELECT device_id, since, until, session_id FROM treatments_attachment
    WHERE until > %s AND device_id = ANY(%s::text[])
) a CROSS JOIN LATERAL (
    SELECT p.mrn, s.closed_at IS NOT NULL AS closed, s.site_id
    FROM treatments_session s JOIN patients_person p ON p.id = s.person_id
    WHERE s.id = a.session_id OFFSET 0) s
ORDER BY a.since DESC
"""
# So often a stream that somebody else writes to is left for the next turn; then it is waited for.
_TURNS, _PAUSE_S = 20, 0.002
_MOST_GUESSES = 20_000
# Device → the stream that it was last charted in: which rows to lock before that is known.
_guesses: dict[str, str] = {}


@dataclass(frozen=True)
class Outcome:
    """What became of one message: charted, duplicate or quarantined (and why)."""

    key: str
    outcome: str
    why: str = ""

    def as_json(self) -> dict[str, str]:
        """As the gateway is answered."""
        return {"key": self.key, "outcome": self.outcome, "why": self.why}


@dataclass(frozen=True)
class Delivery:
    """What one gateway posted at once. `site`: where the gateway stands."""

    gateway: str
    messages: Sequence[object]
    site: str = MAIN


class _Joined(NamedTuple):
    """From when until when a device spoke for a session, and of whom."""

    since: datetime
    until: datetime | None
    stream: str
    mrn: str
    closed: bool
    site: str


@dataclass
class _Arrived:
    """A message as it came, what could be read of it, whose it is, and what became of it."""

    gateway: str
    raw: object
    site: str
    message: Message | None = None
    stream: str = ""
    closed: bool = False
    why: str = ""
    outcome: Outcome | None = None


def record_readings(gateway: str, messages: Sequence[object], now: datetime) -> tuple[Outcome, ...]:
    """Chart each message, or keep it aside with the reason. Same key: no second row."""
    (outcomes,) = record_deliveries([Delivery(gateway, messages)], now)
    return outcomes


def record_deliveries(deliveries: Sequence[Delivery], now: datetime) -> list[tuple[Outcome, ...]]:
    """`record_readings` for several gateways together. What is answered is committed."""
    arrived = [[_read(one, raw) for raw in one.messages] for one in deliveries]
    waiting = [one for delivery in arrived for one in delivery]
    for turn in range(_TURNS):
        waiting = _turn(waiting, now, first=turn == 0)
        if not waiting:
            break
        time.sleep(_PAUSE_S * (turn + 1))
    for stream in sorted({one.stream for one in waiting}):
        _turn([one for one in waiting if one.stream == stream], now, wait=True)
    return [tuple(one.outcome for one in delivery if one.outcome) for delivery in arrived]


def _read(one: Delivery, raw: object) -> _Arrived:
    try:
        return _Arrived(one.gateway, raw, one.site, read_message(raw))
    except BadInput as error:
        return _Arrived(one.gateway, raw, one.site, why=str(error))


def _ask_sessions(read: Sequence[Message]) -> Any:
    devices = texts(sorted({message.reading.device_id for message in read}))
    earliest = min(message.reading.received_at for message in read)
    return ask(_JOINED, [devices, earliest, devices])


def _find_sessions(arrived: Iterable[_Arrived], answer: Any) -> None:
    """The session that each device was joined to when the gateway received the message.

    Not the one it is joined to now: a message that waited in the spool belongs to whoever sat in
    the chair then.
    """
    joined: defaultdict[str, list[_Joined]] = defaultdict(list)
    for device_id, *row in answer.fetchall():
        joined[device_id].append(_Joined(*row))
    for one in arrived:
        if one.message is not None:
            _place(one, one.message, joined.get(one.message.reading.device_id, ()))


def _place(one: _Arrived, message: Message, periods: Sequence[_Joined]) -> None:
    found = _at(periods, message.reading.received_at)
    if found is None:
        one.why = NOT_JOINED
        return
    one.stream, one.closed = found.stream, found.closed
    one.why = _OTHER_PERSON if message.mrn and message.mrn != found.mrn else ""
    if one.site != found.site:
        one.stream, one.why = "", _OTHER_SITE


def _at(periods: Sequence["_Joined"], at: datetime) -> "_Joined | None":
    return next(
        (one for one in periods if one.since <= at and (one.until is None or one.until > at)), None
    )


def _turn(
    arrived: Sequence[_Arrived], now: datetime, *, first: bool = False, wait: bool = False
) -> list[_Arrived]:
    """One transaction. Returns the messages of streams that somebody else holds now."""
    try:
        with transaction.atomic():
            places, known = _opened(arrived, first=first, wait=wait)
            mine = [one for one in arrived if one.why or one.stream in places]
            outcomes = _write(mine, places, known, now)
    except Exception:
        _watchers.forget(_streams(arrived))
        raise
    for one, outcome in zip(mine, outcomes, strict=True):
        one.outcome = outcome
    return [one for one in arrived if one.outcome is None]


def _opened(
    arrived: Sequence[_Arrived], *, first: bool, wait: bool
) -> tuple[dict[str, journal.Place], dict[str, facts.ReadingTaken]]:
    """The ends of the streams, and what was written under these keys before: asked at one go.

    The first time it is asked as well whose these messages are; until that is known the streams
    are guessed.
    """
    read = [one.message for one in arrived if one.message is not None]
    if not read:
        return {}, {}
    keys = [message.key for message in read]
    streams = _guessed(read) if first else _streams(arrived)
    with together():
        sessions = _ask_sessions(read) if first else None
        places = journal.taking(streams, wait=wait)
        known = journal_queries.asked_by_key(keys)
    taken = places()
    if sessions is not None:
        _find_sessions(arrived, sessions)
    closed = {one.stream for one in arrived if one.closed}
    if missed := _streams(arrived) - streams:
        # What is written under a key may only be asked when the stream is ours.
        _remember(arrived)
        taken |= journal.take(missed)
        return taken, journal_queries.readings_by_key(keys, closed)
    return taken, known() | journal_queries.packed_by_key(keys, closed)


def _streams(arrived: Iterable[_Arrived]) -> set[str]:
    return {one.stream for one in arrived if one.stream and not one.why}


def _guessed(read: Iterable[Message]) -> set[str]:
    known = (_guesses.get(message.reading.device_id, "") for message in read)
    return {stream for stream in known if stream}


def _remember(arrived: Iterable[_Arrived]) -> None:
    if len(_guesses) > _MOST_GUESSES:
        _guesses.clear()
    for one in arrived:
        if one.message is not None and one.stream and not one.why:
            _guesses[one.message.reading.device_id] = one.stream


def _write(
    arrived: Sequence[_Arrived],
    places: Mapping[str, journal.Place],
    known: dict[str, facts.ReadingTaken],
    now: datetime,
) -> list[Outcome]:
    chart = Chart(places, now)
    unmapped, aside = [], []
    outcomes: list[Outcome | Aside] = []
    for one in arrived:
        said = _decided(one, known)
        if isinstance(said, Aside):
            aside.append(said)
        elif said.outcome == "charted" and one.message is not None:
            known[one.message.key] = one.message.reading
            chart.hear(one.stream, one.message)
        if one.message is not None and not _repeated(said):
            unmapped.append((one.message.reading.device_id, one.message.raw.get("unmapped")))
        outcomes.append(said)
    chart.write()
    count_unmapped(unmapped, now)
    return _answers(outcomes, keep_aside(aside, now))


def _repeated(said: Outcome | Aside) -> bool:
    return isinstance(said, Outcome) and said.outcome == "duplicate"


def _decided(one: _Arrived, known: Mapping[str, facts.ReadingTaken]) -> Outcome | Aside:
    message = one.message
    before = None if message is None else known.get(message.key)
    if message is not None and before is not None:
        if _same(before, message.reading):
            return Outcome(message.key, "duplicate")
        return Aside(one.gateway, one.raw, _KEY_REUSED, one.site)
    if message is None or one.why:
        return Aside(one.gateway, one.raw, one.why, one.site)
    return Outcome(message.key, "charted")


def _same(before: facts.ReadingTaken, now: facts.ReadingTaken) -> bool:
    """The same measurement: a monitor that tries a second gateway is received at another time."""
    return (before.device_id, before.measured_at, before.values) == (
        now.device_id,
        now.measured_at,
        now.values,
    )


def _answers(said: Sequence[Outcome | Aside], before: frozenset[str]) -> list[Outcome]:
    seen = set(before)
    answers = []
    for one in said:
        if isinstance(one, Outcome):
            answers.append(one)
            continue
        again = one.identity in seen
        seen.add(one.identity)
        answers.append(Outcome(one.key, "duplicate" if again else "quarantined", one.why))
    return answers
