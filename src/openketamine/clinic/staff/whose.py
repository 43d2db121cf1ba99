"""Of which site is what an address names? Asked once, by `allowed`, for every address there is.

An address says `<thing>_id`. The thing is the row of the model of that name, whoever's app it is
in, or else a fact of the journal. Whoever adds an address adds nothing here; a name that leads
nowhere is found by the test that tries every address, and is refused where there are several sites.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from openketamine.clinic.journal.models import Access, Fact
from openketamine.clinic.staff.sites import MAIN, OfSite, only, seen

ELSEWHERE = "This belongs to another site. You do not work there."
# Facts that an address names by what they are to a person: each is looked up in the journal.
_FACTS = frozenset({"fact", "entry", "case", "sheet", "credential", "asked", "grant"})
# How a row without a site of its own leads to one.
_WAYS = ("site", "person", "session", "vial", "staff")
_BOOKS = "pharmacy:"
_OF_CASES = ("difference_found", "case_step")
_STREAMS = {
    "session": "session",
    "person": "person",
    "course": "person",
    "notes": "person",
    "credentials": "staff",
    "contact": "staff",
}


def elsewhere(kwargs: Mapping[str, Any], own: frozenset[str] | None) -> str:
    """Why these arguments of an address may not be looked at from these sites, or nothing.

    What does not exist is nobody's: the page says that it is not there.
    """
    if own is None:
        return ""
    with only(None):
        for name, value in kwargs.items():
            sites = sites_of_argument(name, value)
            if sites is not None and not sites & own:
                return ELSEWHERE
    return ""


def sites_of_argument(name: str, value: Any) -> frozenset[str] | None:
    """The sites of what is named; None where it is of the house, or is not there at all."""
    if name == "site_id":
        return frozenset({value})
    if not name.endswith("_id") or not is_id(value):
        return None
    thing = name.removesuffix("_id")
    if thing in _FACTS:
        return _of_fact(value)
    model = model_of(thing)
    if model is not None:
        return _of_row(model, value)
    # Nobody told us what this is: whatever it is, it is not looked at.
    return frozenset()


def is_here(thing: str, pk: str) -> bool:
    """Whether this row is of the sites that are seen now; always where nothing is told apart."""
    sites = seen()
    if sites is None:
        return True
    of = _of_row(_model(thing), UUID(pk))
    return of is None or bool(of & sites)


def stream_of(name: str) -> tuple[str, str]:
    """`notes:<id>` → what it is about, and its id."""
    kind, _, key = name.partition(":")
    return _STREAMS[kind], key


def looks_here(rows: models.QuerySet[Access]) -> models.QuerySet[Access]:
    """Of the record of who looked: at people of the sites that are seen now, by whomever, and what
    those who work there did besides."""
    if seen() is None:
        return rows
    people = _model("person").objects.values("pk")  # type: ignore[attr-defined]  # an OfSite
    ours = [str(pk) for pk in _model("staff").colleagues.values_list("pk", flat=True)]  # type: ignore[attr-defined]
    return rows.filter(models.Q(person_id__in=people) | models.Q(person_id=None, by_id__in=ours))


def is_known(name: str) -> bool:
    """Whether an argument of an address leads to a site; the test of every address asks."""
    return name.removesuffix("_id") in _FACTS or path_of(model_of(name.removesuffix("_id"))) != ""


def is_id(value: Any) -> bool:
    """Whether it is the id of a row or a fact, and not a word such as `BP-02`."""
    return isinstance(value, UUID)


@cache
def model_of(thing: str) -> type[models.Model] | None:
    """`session` → the model Session of this clinic."""
    for one in apps.get_models():
        ours = one.__module__.startswith("openketamine.")
        if ours and one.__name__.lower() == thing.replace("_", ""):
            return one
    return None


@cache
def path_of(model: type[models.Model] | None) -> str:
    """How a row of this model leads to its site: its own column, or whom it is about."""
    if model is None:
        return ""
    about = model._meta  # noqa: SLF001  (Django's own door to what a model is)
    for manager in about.managers:
        if isinstance(manager, OfSite):
            return manager.path
    names = {one.name for one in about.get_fields()}
    for way in _WAYS:
        if way in names:
            further = path_of(about.get_field(way).related_model) if way != "site" else ""
            return f"{way}__{further}".removesuffix("__")
    return ""


def _of_row(model: type[models.Model], pk: UUID) -> frozenset[str] | None:
    path = path_of(model)
    rows = model._base_manager.filter(pk=pk)  # noqa: SLF001  (all rows, whoever asks)
    if not path or not rows.exists():
        return None if path else frozenset()
    return frozenset(one or "" for one in rows.values_list(path, flat=True))


def _of_fact(identity: UUID) -> frozenset[str] | None:
    """By the stream that it stands in, or by whom it is about."""
    fact = Fact.objects.filter(pk=identity).first()
    fact = fact or _of_case(identity)
    if fact is None:
        # A tray that was left with drug is a case under the id of its session.
        return _of_row(_model("session"), identity)
    kind, _, key = fact.stream.partition(":")
    if kind in _STREAMS:
        return _of_row(_model(_STREAMS[kind]), UUID(key))
    for name in ("person", "staff"):
        if name in fact.body:
            return _of_row(_model(name), UUID(fact.body[name]))
    # A shipment is of the site that sent it and of the one that receives it.
    return frozenset({fact.body.get("site", MAIN), fact.body.get("to_site", "")} - {""})


def _of_case(identity: UUID) -> Fact | None:
    told = Fact.objects.filter(stream__startswith=_BOOKS, kind__in=_OF_CASES)
    return told.filter(body__case=str(identity)).first()


def _model(thing: str) -> type[models.Model]:
    found = model_of(thing)
    assert found is not None, thing  # noqa: S101  (the three that every clinic has)
    return found
