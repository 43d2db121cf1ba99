"""What counts sessions or check-ins and not people: adverse events, and scores that are missing."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openketamine.clinic.results.numbers import Number, number_of
from openketamine.clinic.results.person import Result
from openketamine.clinic.results.statistics import proportion

CAUSES = {
    "not_opened": "Link not opened",
    "not_finished": "Begun and not finished",
    "bounced": "Message came back",
    "no_address": "No address known",
    "opted_out": "Does not want messages",
    "post_down": "Our post was down",
    "not_asked": "Was not asked",
    "open": "Still open",
}
SEVERE = 3
_ANY = ""
_Tally = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class EventRow:
    """One adverse event: sessions with it of all sessions, the severe among them, and people."""

    event: str
    sessions: Number
    severe: Number
    people: Number


def adverse_events(treated: Sequence[Result]) -> tuple[EventRow, ...]:
    """The most frequent first; any event stands before them all."""
    sessions, severe = _tallied(treated)
    rows = [_event(event, treated, sessions, severe) for event in sorted(set(sessions) - {_ANY})]
    rows.sort(key=lambda row: (-row.sessions.share.count, row.event))
    return (_event(_ANY, treated, sessions, severe), *rows)


def _tallied(treated: Sequence[Result]) -> tuple[_Tally, _Tally]:
    """Event → person → sessions with it, and with it of grade 3 or worse. Each session counts once,
    however often something was charted in it."""
    sessions: dict[str, Counter[str]] = defaultdict(Counter)
    severe: dict[str, Counter[str]] = defaultdict(Counter)
    for one in treated:
        for given in one.given:
            worst: dict[str, int] = {}
            for event, grade in given.events:
                for name in (event, _ANY):
                    worst[name] = max(grade, worst.get(name, 0))
            for name, grade in worst.items():
                sessions[name][one.person] += 1
                severe[name][one.person] += grade >= SEVERE
    return sessions, severe


def _event(event: str, treated: Sequence[Result], sessions: _Tally, severe: _Tally) -> EventRow:
    """One event by name. A nurse's own words do not stand in an address."""
    key = f"event.{_hash(event)}" if event else "event"
    words = event or "any adverse event"
    hit = sessions.get(event, {})
    return EventRow(
        event=words,
        sessions=_of_sessions(f"{key}.any", words, treated, hit),
        severe=_of_sessions(f"{key}.severe", words, treated, severe.get(event, {})),
        people=number_of(
            f"{key}.people",
            words,
            [one for one in treated if one.person in hit],
            treated,
            "of all who were treated",
        ),
    )


def _of_sessions(key: str, words: str, treated: Sequence[Result], hit: Mapping[str, int]) -> Number:
    return Number(
        key=key,
        words=words,
        of_words="of all sessions",
        share=proportion(sum(hit.values()), sum(len(one.given) for one in treated)),
        who=tuple(person for person, count in hit.items() if count),
        of=tuple(one.person for one in treated),
    )


def check_ins(treated: Sequence[Result]) -> tuple[Number, ...]:
    """How check-ins ended: finished first, then why not, the most frequent first."""
    total = sum(sum(one.check_ins.values()) for one in treated)
    causes = {cause for one in treated for cause in one.check_ins}
    found = [_check_in(cause, treated, total) for cause in sorted(causes | {"finished"})]
    return tuple(sorted(found, key=_finished_first))


def _finished_first(one: Number) -> tuple[bool, int, str]:
    return (not one.key.endswith(".finished"), -one.share.count, one.words)


def _check_in(cause: str, treated: Sequence[Result], total: int) -> Number:
    count = sum(one.check_ins.get(cause, 0) for one in treated)
    return Number(
        key=f"check-in.{cause}",
        words="Finished" if cause == "finished" else CAUSES.get(cause, cause),
        of_words="of all check-ins",
        share=proportion(count, total),
        who=tuple(one.person for one in treated if one.check_ins.get(cause)),
        of=tuple(one.person for one in treated),
    )


def unscored_sessions(treated: Sequence[Result]) -> Number:
    """Sessions after which nobody scored anything before the next one."""
    sessions = sum(len(one.given) for one in treated)
    missing = sum(len(one.given) - one.scored for one in treated)
    return Number(
        key="unscored",
        words="Sessions without a score before the next",
        of_words="of all sessions",
        share=proportion(missing, sessions),
        who=tuple(one.person for one in treated if one.scored < len(one.given)),
        of=tuple(one.person for one in treated),
    )


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:12]
