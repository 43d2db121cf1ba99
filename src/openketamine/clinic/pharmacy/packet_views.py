"""The inspection packet, and patterns for the medical director."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from openketamine.clinic.journal import clock
from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy.forms import RangeForm
from openketamine.clinic.pharmacy.packet import Packet
from openketamine.clinic.pharmacy.packet_files import as_json, as_pdf, as_zip
from openketamine.clinic.pharmacy.views import places
from openketamine.clinic.reports.paper import paper
from openketamine.clinic.staff.access import allowed, opened_record
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.ledger import Pattern
from openketamine.core.ledger import patterns as find_patterns

_YEARS_KEPT = 2
_TYPES = {"pdf": "application/pdf", "zip": "application/zip", "json": "application/json"}


@require_GET
@allowed("packet.read")
def packet(request: HttpRequest) -> HttpResponse:
    """Which days; by default those that the law has kept."""
    today = timezone.localdate(clock.now())
    since = today - timedelta(days=365 * _YEARS_KEPT)
    form = RangeForm(initial={"since": since.isoformat(), "until": today.isoformat()})
    return render(request, "pharmacy/packet.html", {"form": form, "places": places(request)})


@require_GET
@allowed("packet.read")
def packet_file(request: HttpRequest, file_kind: str) -> HttpResponse:
    """The packet as PDF, ZIP (CSV, JSON, book, chain) or JSON. Who is named in it is recorded."""
    if file_kind not in _TYPES:
        raise Http404("A packet is a pdf, a zip or a json.")
    form = RangeForm(request.GET)
    if not form.is_valid():
        context = {"form": form, "places": places(request)}
        return render(request, "pharmacy/packet.html", context, status=400)
    said = form.cleaned_data
    made = Packet(said["since"], said["until"], clock.now(), signed_in(request).display_name)
    content = {
        "pdf": lambda: as_pdf(made, paper=paper(), demo=settings.OPENKETAMINE_DEMO),
        "zip": lambda: as_zip(made),
        "json": lambda: as_json(made),
    }[file_kind]()
    for person_id in sorted(made.person_ids()):
        opened_record(request, UUID(person_id), "packet.read")
    answer = HttpResponse(content, content_type=_TYPES[file_kind])
    name = f"inspection-{said['since']}-{said['until']}.{file_kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_GET
@allowed("patterns.read")
def patterns(request: HttpRequest) -> HttpResponse:
    """Patterns with their numbers and denominators, and without a verdict."""
    names = {str(one.pk): one.display_name for one in Staff.objects.all()}
    rows = [_row(one, names) for one in find_patterns(queries.book())]
    return render(request, "pharmacy/patterns.html", {"rows": rows, "places": places(request)})


def _row(one: Pattern, names: dict[str, str]) -> dict[str, Any]:
    return {
        "who": names.get(one.who, one.who),
        "says": one.says,
        "value": f"{one.value:g} {one.unit}",
        "n": f"of {one.n} {one.of_what}",
        "peers": _peers(one),
        "about": ", ".join(names.get(name, name[:8]) for name in one.about),
        "flagged": one.flagged,
    }


def _peers(one: Pattern) -> str:
    if one.peer_median is None:
        return "nobody to compare with" if one.rule == "DV-WASTE" else ""
    spread = "too few for a spread" if one.peer_sd is None else f"SD {one.peer_sd:g}"
    return f"{one.peers} others: middle {one.peer_median:g} {one.unit}, {spread}"
