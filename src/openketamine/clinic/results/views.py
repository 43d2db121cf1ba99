"""The director's page, and the people behind each of its numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_GET

from openketamine.clinic.journal import clock
from openketamine.clinic.results import curve, forest
from openketamine.clinic.results.axes import definitions
from openketamine.clinic.results.forms import AskForm
from openketamine.clinic.results.numbers import Asked, Beside, ProtocolResult
from openketamine.clinic.results.queries import Report, relapse_titles, report
from openketamine.clinic.results.queries import behind as listed
from openketamine.clinic.results.statistics import FISHER, GREENWOOD, WILSON, missing_libraries
from openketamine.clinic.staff.access import allowed, opened_records
from openketamine.clinic.staff.roles import can
from openketamine.core.course import OUTCOMES, measures
from openketamine.core.dosing import protocol, protocols

_ON_A_PAGE = 50
_COMPARED = ("response", "remission")


@dataclass(frozen=True)
class Line:
    """One published number in the table below a picture."""

    one: Beside
    difference: float | None
    low: float | None
    high: float | None
    p: float | None


@dataclass(frozen=True)
class Compared:
    """Response or remission of one protocol beside what was published."""

    what: str
    picture: SafeString
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Card:
    """One protocol on the page. `outcomes`: pairs of a number of those judged and of all."""

    result: ProtocolResult
    title: str
    outcomes: tuple[tuple[object, object], ...]
    compared: tuple[Compared, ...]


@require_GET
@allowed("results.read")
def results(request: HttpRequest) -> HttpResponse:
    """How the clinic does, in the time and for the protocol asked."""
    if missing_libraries():
        return without_libraries(request)
    form = AskForm(request.GET)
    found = report(form.asked(), timezone.localdate(clock.now()))
    kept = found.curve
    context = {
        "form": form,
        "report": found,
        "query": _query(found.asked),
        "cards": [_card(one) for one in found.protocols],
        "axes": tuple(zip(found.axes.cells, found.axes.of_measured, strict=True)),
        "definitions": definitions(),
        "kept": kept,
        "picture": mark_safe(curve.draw(kept.curve, found.published)) if kept else "",  # noqa: S308
        "titles": relapse_titles(),
        "window": measures().window(found.asked.window),
        "methods": {"proportion": WILSON, "curve": GREENWOOD, "test": FISHER},
        "may_export": can(request.user, "results.export").ok,
    }
    return render(request, "results/results.html", context)


@require_GET
@allowed("results-people.read")
def behind(request: HttpRequest) -> HttpResponse:
    """The people, sessions or check-ins that one number counts, or (`of`) of which it counts them.
    Each person who is named is noted in their own record."""
    if missing_libraries():
        return without_libraries(request)
    form = AskForm(request.GET)
    found = report(form.asked(), timezone.localdate(clock.now()))
    number = found.number(request.GET.get("number", ""))
    if number is None:
        raise Http404
    whole = "of" in request.GET
    pages = Paginator(listed(number, whole=whole), _ON_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    opened_records(request, {str(one.person.pk) for one in page}, "results-people.read")
    context = {
        "number": number,
        "whole": whole,
        "people": len(number.of if whole else number.who),
        "page": page,
        "query": _query(found.asked),
        "asked": _asked_words(found),
    }
    return render(request, "results/people.html", context)


def without_libraries(request: HttpRequest) -> HttpResponse:
    """The clinic works without them; its results are not worked out by anything else instead."""
    context = {"missing": missing_libraries()}
    return render(request, "results/without.html", context, status=503)


def _query(asked: Asked) -> str:
    """What was asked, for an address; nobody is named in it."""
    said = {
        "protocol": asked.protocol,
        "since": asked.since.isoformat() if asked.since else "",
        "until": asked.until.isoformat() if asked.until else "",
        "window": asked.window,
        "relapse": asked.relapse,
    }
    return urlencode({key: value for key, value in said.items() if value})


def _asked_words(found: Report) -> str:
    asked = found.asked
    parts = [
        protocol(asked.protocol).title if asked.protocol else "",
        f"first session from {asked.since:%d-%b-%Y}" if asked.since else "",
        f"first session to {asked.until:%d-%b-%Y}" if asked.until else "",
        f"response judged at: {measures().window(asked.window).says}",
    ]
    return "; ".join(part for part in parts if part)


def _card(one: ProtocolResult) -> Card:
    title = protocol(one.protocol).title if one.protocol in protocols() else one.protocol
    return Card(
        result=one,
        title=title,
        outcomes=tuple(zip(one.judged, one.of_all, strict=True)),
        compared=tuple(_compared(one)),
    )


def _compared(one: ProtocolResult) -> Iterator[Compared]:
    for what in _COMPARED:
        beside = [each for each in one.beside if each.reported.what == what]
        ours = next((each for each in one.judged if each.key.endswith(f".{what}")), None)
        if not beside or ours is None or ours.share.share is None:
            continue
        own = forest.Bar("This clinic", ours.share.share, ours.share.low, ours.share.high, own=True)
        bars = [own, *(_bar(each) for each in beside)]
        picture = mark_safe(forest.draw(f"{OUTCOMES[what]} beside published cohorts", bars))  # noqa: S308
        yield Compared(what, picture, tuple(_line(each) for each in beside))


def _bar(one: Beside) -> forest.Bar:
    said, share = one.reported, one.share
    name = one.cohort.title.partition(",")[0].partition(":")[0]
    when = "" if said.when == "not retrieved" else said.when
    words = ", ".join(part for part in (name, said.arm, when) if part)
    value = float(said.value) / 100
    low, high = (share.low, share.high) if share else (None, None)
    return forest.Bar(words, value, low, high)


def _line(one: Beside) -> Line:
    found = one.against
    if found is None:
        return Line(one, None, None, None, None)
    return Line(one, 100 * found.difference, 100 * found.low, 100 * found.high, found.p(FISHER))
