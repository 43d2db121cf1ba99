"""The inspection packet, and patterns for the medical director."""

import io
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from openketamine.clinic.journal import clock
from openketamine.clinic.patients.models import Person
from openketamine.clinic.pharmacy._patterns import patterns as patterns_of
from openketamine.clinic.pharmacy.forms import RangeForm
from openketamine.clinic.pharmacy.packet import Packet
from openketamine.clinic.pharmacy.packet_files import as_pdf, write_json, write_whole, write_zip
from openketamine.clinic.pharmacy.views import places
from openketamine.clinic.reports.paper import paper
from openketamine.clinic.staff.access import allowed, opened_records
from openketamine.clinic.staff.faults import sentence
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.screen import signed_in
from openketamine.clinic.staff.turns import in_turn
from openketamine.core.findings import BadInput
from openketamine.core.ledger import Pattern

_YEARS_KEPT = 2
_QUARTER, _ABOUT = 91, 6
_COMPARED = ("DV-WASTE", "DV-UNSEEN", "DV-LOOK", "DV-EARLY")
_TYPES = {"pdf": "application/pdf", "zip": "application/zip", "json": "application/json"}


@require_GET
@allowed("packet.read")
def packet(request: HttpRequest) -> HttpResponse:
    """Which days; by default those that the law has kept."""
    form = RangeForm(initial=_usual(clock.now()))
    return render(request, "pharmacy/packet.html", {"form": form, "places": places(request)})


def _usual(now: datetime) -> dict[str, str]:
    today = timezone.localdate(now)
    since = today - timedelta(days=365 * _YEARS_KEPT)
    return {"since": since.isoformat(), "until": today.isoformat()}


@require_GET
@allowed("packet.read")
@in_turn
def packet_file(request: HttpRequest, file_kind: str) -> HttpResponse:
    """The packet as PDF, ZIP (CSV, JSON, chain) or JSON, or the whole book, which has no range.

    Who is named in a packet is recorded.
    """
    if file_kind == "book":
        return _book_file(request)
    if file_kind not in _TYPES:
        raise Http404("A packet is a pdf, a zip or a json.")
    form = RangeForm(request.GET)
    if not form.is_valid():
        context = {"form": form, "places": places(request)}
        return render(request, "pharmacy/packet.html", context, status=400)
    said = form.cleaned_data
    made = Packet(said["since"], said["until"], clock.now(), signed_in(request).display_name)
    answer = _answer(made, file_kind)
    opened_records(request, made.people.ids, "packet.read")
    name = f"inspection-{said['since']}-{said['until']}.{file_kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _answer(made: Packet, file_kind: str) -> HttpResponse:
    """The file, made on disk where it may be large."""
    if file_kind == "pdf":
        content = as_pdf(made, paper=paper(), demo=settings.OPENKETAMINE_DEMO)
        return HttpResponse(content, content_type=_TYPES["pdf"])
    whole = tempfile.TemporaryFile()  # noqa: SIM115  (the answer closes it when it was sent)
    if file_kind == "zip":
        write_zip(made, whole)
    else:
        text = io.TextIOWrapper(whole, encoding="utf-8")
        write_json(made, text)
        text.detach()
    whole.seek(0)
    # A FileResponse is one in all but its type.
    return cast("HttpResponse", FileResponse(whole, content_type=_TYPES[file_kind]))


def _book_file(request: HttpRequest) -> HttpResponse:
    """The whole book of these sites with its chain: as long as the book is, and of no range."""
    whole, now = tempfile.TemporaryFile(), clock.now()  # noqa: SIM115  (the answer closes it)
    try:
        write_whole(whole, now)
    except BadInput as error:
        whole.close()
        form = RangeForm(_usual(now))
        form.add_error(None, sentence(error))
        context = {"form": form, "places": places(request)}
        return render(request, "pharmacy/packet.html", context, status=400)
    whole.seek(0)
    answer = FileResponse(whole, content_type=_TYPES["zip"])
    answer["Content-Disposition"] = f'attachment; filename="book-{timezone.localdate(now)}.zip"'
    return cast("HttpResponse", answer)


@require_GET
@allowed("patterns.read")
def patterns(request: HttpRequest) -> HttpResponse:
    """Patterns of some days, with their numbers and denominators, and without a verdict."""
    today = timezone.localdate(clock.now())
    since = today - timedelta(days=_QUARTER)
    usual = {"since": since.isoformat(), "until": today.isoformat()}
    form = RangeForm(request.GET or usual)
    rows = []
    if form.is_valid():
        found = patterns_of(form.cleaned_data["since"], form.cleaned_data["until"])
        names = _names(request, found)
        rows = [_row(one, names) for one in found]
    context = {"rows": rows, "places": places(request), "form": form}
    return render(request, "pharmacy/patterns.html", context, status=400 if form.errors else 200)


def _names(request: HttpRequest, found: Iterable[Pattern]) -> dict[str, str]:
    """Who is meant by each id. A person who is treated is named, and that is on record."""
    people = Person.objects.in_bulk([one.who for one in found if one.rule == "DV-EXTRA"])
    opened_records(request, map(str, people), "patterns.read")
    staff = {str(one.pk): one.display_name for one in Staff.objects.all()}
    return staff | {str(pk): f"{one.family.upper()}, {one.given}" for pk, one in people.items()}


def _row(one: Pattern, names: dict[str, str]) -> dict[str, Any]:
    return {
        "who": names.get(one.who, one.who),
        "says": one.says,
        "value": f"{one.value:g} {one.unit if one.value != 1 else one.unit.removesuffix('s')}",
        "n": f"of {one.n} {one.of_what}",
        "peers": _peers(one),
        "about": _about(one, names),
        "flagged": one.flagged,
        "enough": one.enough,
    }


def _about(one: Pattern, names: dict[str, str]) -> str:
    """Names and words as they are, sessions by the beginning of their id; the first of many."""
    words = [names.get(name, name[:8] if len(name) == 36 else name) for name in one.about]
    more = len(words) - _ABOUT
    return ", ".join(words[:_ABOUT]) + (f" and {more} more" if more > 0 else "")


def _peers(one: Pattern) -> str:
    if one.peer_median is None:
        return "nobody to compare with" if one.rule in _COMPARED else ""
    spread = "too few for a spread" if one.peer_sd is None else f"SD {one.peer_sd:g}"
    return f"{one.peers} others: middle {one.peer_median:g} {one.unit}, {spread}"
