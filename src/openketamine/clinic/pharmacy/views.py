"""Vials: the shelf, a vial's ledger, receiving and counting."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.patients.forms import sentence
from openketamine.clinic.pharmacy import commands, queries
from openketamine.clinic.pharmacy.forms import CountForm, ReceiveForm
from openketamine.clinic.pharmacy.ledger_page import ledger_page, millilitres, strength
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.proofs import Proof, prove
from openketamine.clinic.staff.roles import can
from openketamine.core.findings import BadInput

_LEVELS = {"sealed": "done", "open": "info", "empty": "unknown", "expired": "block"}


@require_GET
@allowed("vials.read")
def vials(request: HttpRequest) -> HttpResponse:
    """Every vial with what the book says is in it, first to expire first."""
    today = timezone.localdate(clock.now())
    rows = [
        {
            "vial": one.vial,
            "strength": strength(one.vial),
            "left": millilitres(one.on_hand_ul),
            "of": millilitres(one.vial.volume_ul),
            "expires": clinic_date(one.vial.expiry),
            "status": one.status,
            "level": _LEVELS.get(one.status, "info"),
        }
        for one in queries.vials(today)
    ]
    context = {"rows": rows, "may_receive": can(request.user, "vials.receive").ok}
    return render(request, "pharmacy/vials.html", context)


@allowed("vials.receive")
def receive(request: HttpRequest) -> HttpResponse:
    """A sealed vial comes in."""
    form = ReceiveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            received = commands.receive_vial(form.label(), _who(request), clock.now())
        except BadInput as error:
            form.add_error(error.field if error.field in form.fields else None, sentence(error))
        else:
            messages.success(request, f"Lot {received.lot} is on the shelf.")
            return redirect("vial", received.id)
    return render(
        request, "pharmacy/receive.html", {"form": form}, status=400 if form.errors else 200
    )


@require_GET
@allowed("vials.read")
def vial(request: HttpRequest, vial_id: UUID) -> HttpResponse:
    """The ledger of one vial with its running balance."""
    form = CountForm() if can(request.user, "vials.count") else None
    return _vial_page(request, _find(vial_id), form)


@require_POST
@allowed("vials.count")
def count(request: HttpRequest, vial_id: UUID) -> HttpResponse:
    """Somebody measured what is in the vial; the book is compared, never adjusted."""
    found, form = _find(vial_id), CountForm(request.POST)
    if form.is_valid():
        try:
            _count(request, found, form)
        except BadInput as error:
            form.add_error(None, sentence(error))
    if form.errors:
        return _vial_page(request, found, form, status=400)
    messages.success(request, "The count is in the book.")
    return redirect("vial", found.id)


def _count(request: HttpRequest, found: Vial, form: CountForm) -> None:
    now, said = clock.now(), form.cleaned_data
    witness: Proof | None = None
    if said["witness"]:
        source = request.session.session_key or ""
        witness = prove(said["witness"], said["witness_password"], source=source, now=now)
    commands.count(found, form.volume_ul(), _who(request), now, witness=witness, note=said["note"])


def _vial_page(
    request: HttpRequest, found: Vial, form: CountForm | None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "vial": found,
        "strength": strength(found),
        "of": millilitres(found.volume_ul),
        "expires": clinic_date(found.expiry),
        "ledger": ledger_page(queries.vial_ledger(found), timezone.get_current_timezone()),
        "form": form,
    }
    return render(request, "pharmacy/vial.html", context, status=status)


def _find(vial_id: UUID) -> Vial:
    try:
        return queries.vial(vial_id)
    except Vial.DoesNotExist as error:
        raise Http404("There is no such vial.") from error


def _who(request: HttpRequest) -> Staff:
    return cast("Staff", request.user)  # `allowed` lets nobody else in
