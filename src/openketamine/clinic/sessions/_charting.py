"""Readings on their way into the streams that are held: numbered, judged, written together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from openketamine.clinic.journal import commands as journal
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.sessions import _watchers
from openketamine.clinic.sessions._alarms import entries_of
from openketamine.clinic.sessions._messages import Message
from openketamine.clinic.sessions._watchers import Changes, Watcher
from openketamine.clinic.sessions._writing import derived_id, entry
from openketamine.core.treatment import decode_fact


class Chart:
    """The readings of one transaction. In each stream: readings first, then what they raised."""

    def __init__(self, places: Mapping[str, journal.Place], now: datetime) -> None:
        self._places = places
        self._now = now
        self._messages: defaultdict[str, list[Message]] = defaultdict(list)

    def hear(self, stream: str, message: Message) -> None:
        """One reading more for a stream that is held."""
        self._messages[stream].append(message)

    def write(self) -> None:
        """All of them, and what the rules say to them."""
        numbers = {stream: self._places[stream].number for stream in self._messages}
        watchers = _watchers.at_numbers(numbers, self._now)
        beds = [
            _Bed(stream, watchers[stream], self._now).heard(messages)
            for stream, messages in self._messages.items()
        ]
        journal.append_readings(self._places, {bed.stream: bed.small for bed in beds})
        _append([bed for bed in beds if bed.entries], self._now)
        _watchers.keep({bed.stream: bed.watcher for bed in beds})


class _Bed:
    """One stream of them. `entries`: what is written as ordinary facts, after the small ones."""

    def __init__(self, stream: str, watcher: Watcher, now: datetime) -> None:
        self.stream = stream
        self.watcher = watcher
        self.small: list[journal.Reading] = []
        self._large: list[journal.Entry] = []
        self._findings: list[journal.Entry] = []
        self._said: set[tuple[type, str]] = set()
        self._now = now

    @property
    def entries(self) -> list[journal.Entry]:
        return [*self._large, *self._findings]

    def heard(self, messages: Sequence[Message]) -> "_Bed":
        """Number and judge them, one after the other."""
        written, bodies = self.watcher.number, []
        # A pump's numbers have no small form: they come last, or they would make large ones of the
        # monitor's that follow in this turn. Of each device the order stays as it was.
        for message in sorted(messages, key=_is_of_pump):
            self._write(self.watcher.number + 1, message)
            bodies.append(message.reading)
            self.watcher, changes = _watchers.heard(
                self.stream, self.watcher, bodies, written, self._now
            )
            self._say(changes)
        return self

    def _say(self, changes: Changes) -> None:
        """What is new; a symptom asks to be raised until its finding is written."""
        new = tuple(one for one in changes if (type(one), one.finding_id) not in self._said)
        self._said.update((type(one), one.finding_id) for one in new)
        self._findings += entries_of(self.stream, new, self.watcher.number, self._now)

    def _write(self, number: int, message: Message) -> None:
        """In its small form, where it fits and none before it in this turn did not: the order in
        which they came is the order of their numbers."""
        body = message.reading
        small = None
        if not self._large:
            small = journal.small(number, message.key, body, body.doubts, self._now)
        if small is not None:
            self.small.append(small)
            return
        identity = derived_id("reading", message.key)
        by = journal.device_author(body.device_id)
        self._large.append(entry(body, body.measured_at, by, identity, origin="gateway"))

    def took(self, stored: Sequence[StoredFact]) -> None:
        """What was written has its numbers; the findings among it are known to stand."""
        news = [decode_fact(one.as_json()) for one in stored if one.kind != "reading_taken"]
        if news:
            self.watcher = _watchers.absorbed(self.stream, self.watcher, news, self._now)


def _is_of_pump(message: Message) -> bool:
    return any(signal.startswith("pump_") for signal in message.reading.values)


def _append(beds: Sequence[_Bed], now: datetime) -> None:
    if not beds:
        return
    stored = journal.append_many({bed.stream: bed.entries for bed in beds}, now)
    for bed in beds:
        bed.took(stored[bed.stream])
