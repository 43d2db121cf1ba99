"""What other records say beside the book: observations, looks at stock, doses and scores."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from openketamine.clinic.journal import queries as journal
from openketamine.clinic.journal.models import Access, Fact, Voice
from openketamine.clinic.pharmacy._pieces import pieces
from openketamine.clinic.pharmacy.packet import DRUG_TASKS
from openketamine.clinic.staff.roles import TASKS
from openketamine.clinic.staff.whose import looks_here
from openketamine.core.ledger import Around, Course, Score, Transfer, Visit, account_kind
from openketamine.knowledge import document

# Somebody stood at the person and wrote down what they saw.
_SEEN = ("observation_charted", "recovery_scored", "reading_taken")
_LOOKS = r"^(drug\.withdraw|vials\.read)"


def around(moves: Iterable[Transfer], start: datetime, end: datetime) -> Around:
    """All that the patterns of these moves are seen beside."""
    standing = [one for one in moves if one.corrects is None]
    wastes = [one for one in standing if account_kind(one.destination) == "waste"]
    given = [one for one in standing if account_kind(one.destination) == "patient"]
    return Around(_observed(wastes), _looks(start, end), _courses(given))


def _observed(wastes: Sequence[Transfer]) -> Mapping[str, list[datetime]]:
    """When something was seen in the sessions of these wastes. The readings of monitors are opened
    only where nobody charted anything by hand."""
    found: dict[str, list[datetime]] = {one.session: [] for one in wastes}
    for fact in _facts((f"session:{one}" for one in found), _SEEN):
        found[fact.stream.removeprefix("session:")].append(fact.at)
    for session in _by_device(session for session, times in found.items() if not times):
        said = journal.bodies_of_readings(f"session:{session}")
        found[session] = [one.measured_at for one in said]
    return found


def _by_device(sessions: Iterable[str]) -> Iterator[str]:
    """Of these, the ones in which a device spoke."""
    for some in pieces(f"session:{one}" for one in sessions):
        spoke = Voice.objects.filter(stream__in=some).values_list("stream", flat=True).distinct()
        yield from (stream.removeprefix("session:") for stream in spoke)


def _looks(start: datetime, end: datetime) -> Mapping[str, list[datetime]]:
    """Pages of stock and of withdrawal, opened by those who give doses."""
    rows = Access.objects.filter(
        at__gte=start, at__lt=end, what__regex=DRUG_TASKS, refused=False,
        by_role__in=TASKS["drug.withdraw"],
    ).filter(what__regex=_LOOKS)  # fmt: skip
    found: dict[str, list[datetime]] = {}
    for who, at in looks_here(rows).values_list("by_id", "at").iterator():
        found.setdefault(who, []).append(at)
    return found


def _courses(given: Sequence[Transfer]) -> list[Course]:
    at = {one.session: one.at for one in given}
    plans: dict[str, Fact] = {}
    person: dict[str, str] = {}
    scores: dict[str, list[Score]] = {}
    kinds = ("session_opened", "plan_signed", "score_recorded")
    for fact in _facts((f"session:{one}" for one in at), kinds):
        session = fact.stream.removeprefix("session:")
        if fact.kind == "session_opened":
            person[session] = fact.body["person_id"]
        elif fact.kind == "plan_signed":
            plans[session] = fact
        else:
            scores.setdefault(session, []).extend(_score(fact))
    visits: dict[str, list[Visit]] = {}
    for session, when in sorted(at.items(), key=lambda one: one[1]):
        if session in person:
            visits.setdefault(person[session], []).append(_visit(session, when, plans))
    return [
        Course(who, tuple(own), tuple(s for one in own for s in scores.get(one.session, ())))
        for who, own in visits.items()
    ]


def _visit(session: str, at: datetime, plans: Mapping[str, Fact]) -> Visit:
    plan = plans.get(session)
    if plan is None:
        return Visit(timezone.localtime(at), session, "")
    days = (plan.body.get("proposal") or {}).get("next_in_days")
    return Visit(timezone.localtime(at), session, plan.by_id, days)


def _score(fact: Fact) -> Iterator[Score]:
    """A total of an instrument in which more is worse; nothing where too little was answered."""
    said: Mapping[str, Any] = fact.body
    wanted = document("controlled-substances", "patterns").body["extra_instruments"]
    if said["instrument"] in wanted and said.get("total") is not None:
        yield Score(said["instrument"], fact.at, float(said["total"]))


def _facts(streams: Iterable[str], kinds: Sequence[str]) -> Iterator[Fact]:
    for some in pieces(streams):
        yield from Fact.objects.filter(stream__in=some, kind__in=kinds).order_by("stream", "number")
