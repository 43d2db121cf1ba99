"""Is a signed consent in force for what is planned? Every reason why not, with its source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from openketamine.core.course._facts import (
    ConsentGiven,
    ConsentWithdrawn,
    EventRecorded,
    TaskOpened,
)
from openketamine.core.course._state import CourseState
from openketamine.core.course.papers._consents import consent_for, enough, last_choice, title_of
from openketamine.core.course.papers._written import FIRST, versions
from openketamine.core.dosing import Protocol
from openketamine.core.findings import Action, Because, Finding, sources_of
from openketamine.core.log import Happened
from openketamine.knowledge import KnowledgeError, document, read_threshold

Given = Happened[ConsentGiven]


@dataclass(frozen=True)
class Wanted:
    """What the consent must hold for.

    `dose_ug`, `dose_ug_per_kg`: of the plan, None where none is signed. `pregnant_since`: since
    when a pregnancy is known; `incapable_since`: since when the record says that the person cannot
    consent. None of both: not known, which is not asked here (screening asks it).
    """

    protocol: Protocol
    dose_ug: int | None = None
    dose_ug_per_kg: int | None = None
    pregnant_since: datetime | None = None
    incapable_since: datetime | None = None


def consent_due(state: CourseState, wanted: Wanted, now: datetime) -> tuple[Finding, ...]:
    """Why the consent must be signed (again) before this treatment; nothing where it holds.

    `now` in the clinic's own zone: a year is over on the clinic's day.
    """
    consent = consent_for(wanted.protocol.drug)
    given = last_given(state, consent)
    if given is None:
        return tuple(_elsewhere(state, consent))
    if withdrawn(state, consent) is not None:
        return (_found("withdrawn", consent, _withdrawal(state, consent)),)
    return tuple(_reasons(state, given, wanted, now))


def last_given(state: CourseState, consent: str) -> Given | None:
    """The signature that counts: the last one."""
    signed = [one for one in state.all(ConsentGiven) if one.body.consent == consent]
    return signed[-1] if signed else None


def withdrawn(state: CourseState, consent: str) -> Happened[ConsentWithdrawn] | None:
    """The withdrawal after the last signature; None where it stands."""
    given = last_given(state, consent)
    after = [
        one
        for one in state.all(ConsentWithdrawn)
        if one.body.consent == consent and (given is None or _is_after(one, given))
    ]
    return after[-1] if after else None


def _is_after(one: Happened[Any], other: Happened[Any]) -> bool:
    order = (one.fact.number or 0) > (other.fact.number or 0)
    return one.at > other.at or (one.at == other.at and order)


def _elsewhere(state: CourseState, consent: str) -> Iterator[Finding]:
    """Nothing signed for this drug. Where another treatment was signed for, that is said."""
    others = [one for one in state.all(ConsentGiven) if one.body.covers]
    if others:
        yield _found("new-drug", consent, [_signature(others[-1])])
    else:
        yield _found("missing", consent, [])


def _reasons(state: CourseState, given: Given, wanted: Wanted, now: datetime) -> Iterator[Finding]:
    consent, signature = given.body.consent, _signature(given)
    for trigger, why in (
        *_of_text(given),
        *_of_time(given, now),
        *_of_treatment(given.body.covers, wanted),
        *_of_person(state, given, wanted),
    ):
        yield _found(trigger, consent, [signature, why])


def _of_text(given: Given) -> Iterator[tuple[str, str]]:
    text = document("consents", given.body.consent)
    known = versions(text)
    place = next((n for n, one in enumerate(known) if one.version == given.body.version), -1)
    if place < 0:
        yield "new-version", f"version {given.body.version} is none of those known here"
    for one in known[place + 1 :] if place >= 0 else ():
        if one.ask_again:
            yield "new-version", f"version {one.version}: {one.changed[FIRST]}"
    if place == len(known) - 1:
        yield from _of_answers(given)


def _of_answers(given: Given) -> Iterator[tuple[str, str]]:
    questions = document("consents", given.body.consent).body["questions"]
    if not questions:
        return
    keys = {one["question"]: one["right"] for one in questions}
    right = sum(last_choice(given.body.answers, name) == key for name, key in keys.items())
    if not enough(given.body.consent, right):
        yield "not-understood", f"{right} of {len(keys)} answered right"


def _of_time(given: Given, now: datetime) -> Iterator[tuple[str, str]]:
    signed = given.at.astimezone(now.tzinfo).date()
    months = whole_months(signed, now.date())
    if read_threshold(_trigger("time")["after"]).met_by(months):
        yield "time", f"signed {months} months ago"


def whole_months(start: date, end: date) -> int:
    """Whole months from one day to another: 31 January to 28 February is none."""
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _of_treatment(covers: Mapping[str, Any], wanted: Wanted) -> Iterator[tuple[str, str]]:
    protocol = wanted.protocol
    if (covers.get("drug"), covers.get("area")) != (protocol.drug, protocol.area):
        said = f"{covers.get('drug', 'not known')}, {covers.get('area', 'not known')}"
        yield "new-drug", f"signed for {said}; planned is {protocol.drug}, {protocol.area}"
    if covers.get("route") != protocol.route:
        said = covers.get("route", "not known")
        yield "new-route", f"signed for {said}; planned is {protocol.route}"
    for name, dose, unit in (
        ("most_ug", wanted.dose_ug, "mg"),
        ("most_ug_per_kg", wanted.dose_ug_per_kg, "mg/kg"),
    ):
        most = covers.get(name)
        if most is not None and dose is not None and dose > most:
            yield "higher-dose", f"planned {_mg(dose)} {unit}, signed up to {_mg(most)} {unit}"


def _mg(micrograms: int) -> str:
    return f"{micrograms / 1000:g}"


def _of_person(state: CourseState, given: Given, wanted: Wanted) -> Iterator[tuple[str, str]]:
    since = wanted.incapable_since
    if since is not None and (given.at < since or not given.body.helped_by):
        yield "no-capacity", f"the record says so since {since:%Y-%m-%d}"
    if wanted.pregnant_since is not None and given.at < wanted.pregnant_since:
        yield "pregnancy", f"known since {wanted.pregnant_since:%Y-%m-%d}"
    for one in state.all(EventRecorded):
        if one.body.kind in _trigger("new-risk")["events"] and _is_after(one, given):
            words = f": {one.body.words}" if one.body.words else ""
            yield "new-risk", f"{one.body.kind.replace('_', ' ')}, {one.at:%Y-%m-%d}{words}"


def _signature(given: Given) -> str:
    return f"signed {given.at:%Y-%m-%d} as {given.body.signed_as}, version {given.body.version}" + (
        f", helped by {given.body.helped_by}" if given.body.helped_by else ""
    )


def _withdrawal(state: CourseState, consent: str) -> list[str]:
    one = withdrawn(state, consent)
    if one is None:
        return []
    return [
        f"withdrawn {one.at:%Y-%m-%d} by {one.by.name}"
        + (f": {one.body.reason}" if one.body.reason else "")
    ]


def _found(trigger: str, consent: str, because: list[str]) -> Finding:
    node = _trigger(trigger)
    return Finding(
        rule=node["rule"],
        kind="readiness",
        action=Action(node["action"]),
        summary=str(node["summary"]).replace("{title}", title_of(consent)),
        advice=tuple(node["advice"]),
        because=tuple(Because(one) for one in because),
        sources=sources_of(node["sources"]),
        evidence=node["evidence"],
    )


def taken_back(consent: str, name: str, now: datetime) -> TaskOpened:
    """The task that a consent to treatment leaves behind when it is taken back.

    `name`: what makes the task one of its own, such as the id of the withdrawal.
    """
    node = document("reconsent", "triggers").body["taken_back"]
    return TaskOpened(
        task_id=f"consent:{name}",
        kind=node["kind"],
        summary=str(node["summary"]).replace("{title}", title_of(consent)),
        due_at=now + timedelta(hours=int(node["within"]["value"])),
        roles=tuple(node["roles"]),
        rule=node["rule"],
        level=node["level"],
        rests_on=(name,),
        sources=tuple(dict(one) for one in node["sources"]),
    )


@cache
def _triggers() -> Mapping[str, Mapping[str, Any]]:
    return {one["trigger"]: one for one in document("reconsent", "triggers").body["triggers"]}


def _trigger(name: str) -> Mapping[str, Any]:
    if name not in _triggers():
        raise KnowledgeError(f"reconsent: there is no trigger {name!r}")
    return _triggers()[name]
