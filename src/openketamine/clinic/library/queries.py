"""Reading what a clinic made of the rules: its own limits, and who reviewed which rule when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Head
from openketamine.clinic.journal.queries import StoredFact
from openketamine.clinic.library.catalogue import RuleEntry
from openketamine.clinic.library.sentences import amount
from openketamine.core.monitoring import PRIORITIES, alarm_limits
from openketamine.core.screening import HouseLimit, Tightened, house_limits

STREAM = "rules"
_TIGHTENED, _RETURNED, _REVIEWED = "limit_tightened", "limit_returned", "rule_reviewed"

_Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class OwnLimit:
    """A limit that the clinic has tightened, with what became of the house value since.

    `house`: as it is now; None where no rule has such a limit any more. `holds`: it is stricter
    than the house, or as strict; otherwise the house counts and this one says nothing.
    """

    rule: str
    action: str
    signal: str
    side: str
    value: Decimal
    unit: str
    house_then: Decimal
    house: HouseLimit | None
    reason: str
    by: str
    at: datetime

    @property
    def holds(self) -> bool:
        """Whether decisions are taken with it."""
        return self.house is not None and not self.house.refuses(self.value)

    @property
    def is_alarm(self) -> bool:
        """Whether it is a limit of an alarm: those are named by their priority."""
        return self.action in PRIORITIES

    @property
    def shown(self) -> str:
        """`150 mmHg`."""
        return in_words(self.value, self.unit)

    @property
    def house_shown(self) -> str:
        """The house value as it is now, or as it was where there is none any more."""
        return in_words(self.house.value if self.house else self.house_then, self.unit)


@dataclass(frozen=True)
class LimitChange:
    """One entry of the history of a limit."""

    signal: str
    action: str
    words: str
    reason: str
    seen: str
    by: str
    at: datetime
    meaning: str = ""


@dataclass(frozen=True)
class Review:
    """Somebody read a rule against its sources. `content`: the hash of what they read."""

    rule: str
    verdict: str
    note: str
    content: str
    next_due: date
    by: str
    role: str
    at: datetime
    meaning: str = ""


@dataclass(frozen=True)
class ReviewState:
    """How it stands with the review of one rule.

    `state`: never, filed (the file names a reviewer), changed (since it was read), due, change (is
    wanted), ok.
    """

    state: str
    last: Review | None = None


def in_words(value: Decimal, unit: str) -> str:
    """`160 mmHg`."""
    return amount(value, unit)


def site() -> tuple[Tightened, ...]:
    """The clinic's own limits that decisions are taken with; every evaluation is given these."""
    return tuple(_tightened(own) for own in own_limits() if own.holds and not own.is_alarm)


def alarm_site() -> tuple[Tightened, ...]:
    """The clinic's own limits of alarms; the watch over every session is given these."""
    return tuple(_tightened(own) for own in own_limits() if own.holds and own.is_alarm)


def every_limit() -> tuple[HouseLimit, ...]:
    """Everything that a clinic may tighten: rules of screening, and alarms."""
    return (*house_limits(), *alarm_limits())


def _tightened(own: OwnLimit) -> Tightened:
    on = timezone.localdate(own.at)
    names = (own.rule, own.action, own.signal, own.value, own.reason, own.side, own.by)
    return Tightened(*names, on)


def own_limits() -> tuple[OwnLimit, ...]:
    """Every limit that stands tightened, those included that hold no more."""
    top = Head.objects.filter(stream=STREAM).values_list("hash", flat=True).first()
    return _standing(top) if top else ()


def own_limit(limit: HouseLimit) -> OwnLimit | None:
    """The clinic's own value of one house limit."""
    key = (limit.rule, limit.action, limit.signal, limit.side)
    return next((own for own in own_limits() if _key(vars(own)) == key), None)


def limit_changes(rule: str) -> list[LimitChange]:
    """What was tightened and returned of one rule, newest first."""
    kept = journal.facts(STREAM, kinds=(_TIGHTENED, _RETURNED))
    return [_change(fact) for fact in reversed(kept) if fact.body["rule"] == rule]


def reviews(rule: str) -> list[Review]:
    """Every review of a rule, newest first."""
    return [one for one in _all_reviews() if one.rule == rule]


def review_state(entry: RuleEntry, found: list[Review], today: date) -> ReviewState:
    """How it stands with one rule. A review holds for what was read, and until it is due."""
    last = found[0] if found else None
    if last is None:
        return ReviewState("filed" if entry.reviewed_in_file else "never")
    if last.content != entry.content:
        return ReviewState("changed", last)
    if last.next_due <= today:
        return ReviewState("due", last)
    return ReviewState("change" if last.verdict == "change" else "ok", last)


def reviews_by_rule() -> Mapping[str, list[Review]]:
    """Every review, newest first, by rule."""
    found: dict[str, list[Review]] = {}
    for one in _all_reviews():
        found.setdefault(one.rule, []).append(one)
    return found


# The hash of the last fact is in the key: what it stands for never changes.
@lru_cache(maxsize=8)
def _standing(_: str) -> tuple[OwnLimit, ...]:
    found: dict[_Key, OwnLimit] = {}
    for fact in journal.facts(STREAM, kinds=(_TIGHTENED, _RETURNED)):
        key = _key(fact.body)
        if fact.kind == _RETURNED:
            found.pop(key, None)
        else:
            found[key] = _own(fact)
    return tuple(found.values())


def _key(body: Mapping[str, object]) -> _Key:
    return str(body["rule"]), str(body["action"]), str(body["signal"]), str(body["side"])


def _own(fact: StoredFact) -> OwnLimit:
    key, body = _key(fact.body), fact.body
    house = next((h for h in every_limit() if (h.rule, h.action, h.signal, h.side) == key), None)
    return OwnLimit(
        *key,
        value=Decimal(body["value"]),
        unit=body["unit"],
        house_then=Decimal(body["house"]),
        house=house,
        reason=body["reason"],
        by=fact.by.name,
        at=timezone.localtime(fact.at),
    )


def _change(fact: StoredFact) -> LimitChange:
    body, seen = fact.body, fact.body["seen"]
    house = in_words(Decimal(body["house"]), body.get("unit", ""))
    if fact.kind == _RETURNED:
        words = f"back to the house value of {house}, from {body['from']}"
    else:
        words = f"tightened to {in_words(Decimal(body['value']), body['unit'])}, house {house}"
    return LimitChange(
        signal=body["signal"],
        action=body["action"],
        words=words,
        reason=body["reason"],
        seen=f"{seen['changed']} of {seen['replayed']} recorded decisions would have changed",
        by=fact.by.name,
        at=timezone.localtime(fact.at),
        meaning=body.get("meaning", ""),
    )


def _all_reviews() -> list[Review]:
    kept = journal.facts(STREAM, kinds=[_REVIEWED])
    return [_review(fact) for fact in reversed(kept)]


def _review(fact: StoredFact) -> Review:
    body = fact.body
    return Review(
        rule=body["rule"],
        verdict=body["verdict"],
        note=body["note"],
        content=body["content"],
        next_due=date.fromisoformat(body["next_due"]),
        by=fact.by.name,
        role=fact.by.role,
        at=timezone.localtime(fact.at),
        meaning=body.get("meaning", ""),
    )
