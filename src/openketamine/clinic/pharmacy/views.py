"""Vials: the shelf, a container's ledger, receiving, counting, and what else is done with one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.pharmacy import commands, queries
from openketamine.clinic.pharmacy.acts import ACTS, Act, open_acts
from openketamine.clinic.pharmacy.barcode import Scanned, read_code
from openketamine.clinic.pharmacy.forms import CountForm
from openketamine.clinic.pharmacy.label_form import ReceiveForm, ScanForm
from openketamine.clinic.pharmacy.ledger_page import full, ledger_page, stock, strength
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.queries import VialOnShelf
from openketamine.clinic.pharmacy.witnessed import second_of
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import put_beside, sentence
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.findings import BadInput

_LEVELS = {
    "sealed": "done", "open": "info", "empty": "unknown", "expired": "block",
    "kept apart": "defer", "beyond use": "block",
}  # fmt: skip
_ON_A_PAGE = 200
_CAMERA_HERE = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"
PLACES = (
    ("Vials", "vials", "vials.read"),
    ("Counts", "counts", "vials.count"),
    ("Differences", "differences", "vials.read"),
    ("Destroy or return", "dispose", "stock.destroy"),
    ("Inspection packet", "packet", "packet.read"),
    ("Patterns", "patterns", "patterns.read"),
)


def places(request: HttpRequest) -> list[Mapping[str, Any]]:
    """The pages about stock that this person may open."""
    here = request.resolver_match.view_name if request.resolver_match else ""
    return [
        {"name": name, "view": view, "here": view == here}
        for name, view, task in PLACES
        if can(request.user, task)
    ]


@require_GET
@allowed("vials.read")
def vials(request: HttpRequest) -> HttpResponse:
    """The perpetual inventory: every container with what the book says is in it, by where it is."""
    every = "all" in request.GET
    pages = Paginator(Vial.objects.order_by("-received_at", "id"), _ON_A_PAGE)
    here = pages.get_page(request.GET.get("page"))
    shown = queries.shelf(here, clock.now()) if every else queries.stocked(clock.now())
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in shown:
        place = ", ".join(filter(None, (one.place.site, one.place.cabinet)))
        groups.setdefault(place or "No cabinet named", []).append(_row(one))
    context = {
        "groups": sorted(groups.items()),
        "every": every,
        "page": here if every else None,
        "under_way": [_under_way(one) for one in queries.under_way()],
        "may_arrive": can(request.user, "stock.manage").ok,
        "initial": queries.has_initial_inventory(),
        "places": places(request),
        "may_receive": can(request.user, "vials.receive").ok,
    }
    return render(request, "pharmacy/vials.html", context)


def _under_way(one: queries.Shipment) -> dict[str, Any]:
    return {
        "shipment": one,
        "strength": strength(one.vial),
        "amount": stock(one.vial, one.held.volume_ul, one.held.units),
        "sent": f"{timezone.localtime(one.sent_at):%d-%b-%Y %H:%M}",
    }


def _row(one: VialOnShelf) -> dict[str, Any]:
    return {
        "vial": one.vial,
        "strength": strength(one.vial),
        "left": stock(one.vial, one.on_hand_ul, one.on_hand_units),
        "of": full(one.vial),
        "expires": clinic_date(one.vial.expiry),
        "soon": f"within {one.expires_within} days" if one.expires_within else "",
        "until": clinic_date(timezone.localdate(one.usable_until)) if one.usable_until else "",
        "status": one.status,
        "level": _LEVELS.get(one.status, "info"),
    }


@allowed("vials.receive")
def receive(request: HttpRequest) -> HttpResponse:
    """A sealed container comes in. A scan fills in the form and receives nothing."""
    if request.method == "POST" and "scan" in request.POST:
        return _scanned(request)
    form = _receive_form(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            received = _received(request, form)
        except BadInput as error:
            put_beside(form, error)
        else:
            lot = f"Lot {received[0].lot}"
            many = f"{len(received)} containers of {lot} are" if len(received) > 1 else f"{lot} is"
            messages.success(request, f"{many} on the shelf.")
            return redirect("vial", received[0].id) if len(received) == 1 else redirect("vials")
    return _receive_page(request, form, 400 if form.errors else 200)


def _received(request: HttpRequest, form: ReceiveForm) -> list[Vial]:
    """Every container of the delivery, or none. The second person proves themselves once."""
    now, by = clock.now(), signed_in(request)
    second = second_of(request, form, now)
    with transaction.atomic():
        return [
            commands.receive_vial(form.label(), by, now, verifier=second)
            for _ in range(form.cleaned_data.get("containers") or 1)
        ]


def _receive_form(data: Any = None, **more: Any) -> ReceiveForm:
    return ReceiveForm(data, initial_inventory=queries.has_initial_inventory(), **more)


def _receive_page(
    request: HttpRequest, form: ReceiveForm, status: int = 200, **more: Any
) -> HttpResponse:
    inventory = {"initial": queries.has_initial_inventory()}
    context = {"form": form, "scan": ScanForm(), "inventory": inventory, **more}
    answer = render(request, "pharmacy/receive.html", context, status=status)
    # The one page that may see: what it sees is read in the browser and goes nowhere.
    answer.headers["Permissions-Policy"] = _CAMERA_HERE
    return answer


def _scanned(request: HttpRequest) -> HttpResponse:
    try:
        found = read_code(request.POST["scan"], timezone.localdate(clock.now()).year)
    except BadInput as error:
        return _receive_page(request, _receive_form(), 400, scan_error=sentence(error))
    form = _receive_form(initial=_known_before(found) | _in_code(found))
    return _receive_page(request, form, scanned=found)


def _in_code(found: Scanned) -> dict[str, Any]:
    said = {"lot": found.lot, "expiry": found.expiry and found.expiry.isoformat()}
    return {name: value for name, value in said.items() if value}


def _known_before(found: Scanned) -> dict[str, Any]:
    """The code has no dashes, strength or size: what came in before under this NDC has them."""
    digits = found.ndc.replace("-", "")
    plain = Replace("ndc", Value("-"), Value(""))
    same = Vial.objects.annotate(digits=plain).filter(digits=digits).order_by("-received_at")
    before = same.first() if digits else None
    if before is None:
        return {"ndc": found.ndc}
    known: dict[str, Any] = {
        name: getattr(before, name)
        for name in ("ndc", "drug", "form", "doses", "supplier", "supplier_address",
                     "supplier_dea", "site", "cabinet")
    }  # fmt: skip
    if before.is_pack:
        return known | {"unit_mg": f"{before.unit_ug / 1000:g}", "units": before.units}
    return known | {
        "concentration_mg_per_ml": f"{before.concentration_ug_per_ml / 1000:g}",
        "volume_ml": f"{before.volume_ul / 1000:g}",
    }


@require_GET
@allowed("vials.read")
def vial(request: HttpRequest, vial_id: UUID) -> HttpResponse:
    """The ledger of one container with its running balance."""
    found = find(vial_id)
    form = CountForm(vial=found) if can(request.user, "vials.count") else None
    return _vial_page(request, found, form)


@require_POST
@allowed("vials.count")
def count(request: HttpRequest, vial_id: UUID) -> HttpResponse:
    """Somebody measured what is in it; the book is compared, never adjusted."""
    found = find(vial_id)
    form = CountForm(request.POST, vial=found)
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
    now, amount = clock.now(), form.stock()
    witness = second_of(request, form, now)
    commands.count(
        found,
        0 if found.is_pack else amount,
        signed_in(request),
        now,
        witness=witness,
        note=form.cleaned_data["note"],
        units=amount if found.is_pack else 0,
    )


def act_view(act: Act) -> Any:
    """The page of one thing that is done with a container."""

    @allowed(act.task)
    def view(request: HttpRequest, vial_id: UUID) -> HttpResponse:
        found = find(vial_id)
        form = act.form(found, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            now = clock.now()
            try:
                act.do(found, form, signed_in(request), second_of(request, form, now), now)
            except BadInput as error:
                put_beside(form, error)
            else:
                messages.success(request, act.done)
                return redirect("vial", found.id)
        context = {"act": act, "vial": found, "strength": strength(found), "form": form}
        return render(request, "pharmacy/act.html", context, status=400 if form.errors else 200)

    return view


ACT_VIEWS = {act.name: act_view(act) for act in ACTS}


def _vial_page(
    request: HttpRequest, found: Vial, form: CountForm | None, status: int = 200
) -> HttpResponse:
    now = clock.now()
    (shelf,) = queries.shelf([found], now)
    context: dict[str, Any] = {
        "vial": found,
        "shelf": shelf,
        "row": _row(shelf),
        "place": ", ".join(filter(None, (shelf.place.site, shelf.place.cabinet))),
        "strength": strength(found),
        "of": full(found),
        "expires": clinic_date(found.expiry),
        "ledger": ledger_page(queries.vial_ledger(found), timezone.get_current_timezone()),
        "form": form,
        "acts": open_acts(request.user, shelf),
    }
    return render(request, "pharmacy/vial.html", context, status=status)


def find(vial_id: UUID) -> Vial:
    """The container, or a page that says there is none."""
    try:
        return queries.vial(vial_id)
    except Vial.DoesNotExist as error:
        raise Http404("There is no such vial.") from error
