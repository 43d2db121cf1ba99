"""Blind counts by two people, and when the next inventory of the law is due."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from openketamine.clinic.journal import clock
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.pharmacy import commands, forms, queries
from openketamine.clinic.pharmacy.ledger_page import strength
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.queries import Sheet
from openketamine.clinic.pharmacy.views import places
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import sentence
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.findings import BadInput
from openketamine.core.ledger import inventory_by
from openketamine.knowledge import document


@require_GET
@allowed("vials.count")
def counts(request: HttpRequest) -> HttpResponse:
    """Counts by two people, and when the next inventory of the law is due."""
    context = {
        "places": places(request),
        "sheets": [_sheet_row(one, str(request.user.pk)) for one in queries.sheets()],
        "inventory": inventory_state(),
        "form": forms.PurposeForm(),
    }
    return render(request, "pharmacy/counts.html", context)


@allowed("vials.count")
def count_new(request: HttpRequest) -> HttpResponse:
    """The first of two blind counts: every container that is here, without what is expected."""
    purpose = forms.PurposeForm(request.POST or request.GET)
    if not purpose.is_valid():
        return redirect("counts")
    here = [one.vial for one in queries.stocked(clock.now())]
    # The page was first opened by a choice of purpose; only a sheet with numbers is a count.
    counted = request.method == "POST" and ("counted" in request.POST)
    form = _sheet_form(here, request.POST if counted else None)
    if counted and form.is_valid():
        try:
            commands.begin_sheet(
                here, form.lines(), signed_in(request), clock.now(), **purpose.cleaned_data
            )
        except BadInput as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, "Written down. Now a second person counts, unseen.")
            return redirect("counts")
    context = {"form": form, "purpose": purpose.cleaned_data, "first": True}
    return render(request, "pharmacy/sheet.html", context, status=400 if form.errors else 200)


@allowed("vials.count")
def count_second(request: HttpRequest, sheet_id: UUID) -> HttpResponse:
    """The second blind count, by another person."""
    sheet = queries.sheet(str(sheet_id))
    if sheet is None:
        raise Http404("There is no such count.")
    form = _sheet_form([queries.vial(one) for one in sheet.vials], request.POST or None)
    empty_is_all = request.method == "POST" and not sheet.vials
    if request.method == "POST" and (empty_is_all or form.is_valid()):
        try:
            lines = {} if empty_is_all else form.lines()
            apart = commands.finish_sheet(sheet.id, lines, signed_in(request), clock.now())
        except BadInput as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, _apart_words(apart))
            return redirect("counts")
    context = {"form": form, "purpose": {"purpose": sheet.purpose}, "first": False, "sheet": sheet}
    return render(request, "pharmacy/sheet.html", context, status=400 if form.errors else 200)


def _apart_words(apart: Sequence[str]) -> str:
    if not apart:
        return "Both counts agree. They are in the book."
    lots = ", ".join(queries.vial(one).lot for one in apart)
    return f"The two counts differ for {lots}: count these again, both of you."


def _sheet_form(here: Sequence[Vial], data: Any) -> forms.SheetForm:
    names = [f"{one.drug} {strength(one)}, lot {one.lot}" for one in here]
    return forms.SheetForm(data, vials=here, names=names)


def _sheet_row(one: Sheet, me: str) -> dict[str, Any]:
    return {
        "sheet": one,
        "at": f"{timezone.localtime(one.at):%d-%b-%Y %H:%M}",
        "waits_for_me": not one.done and one.first_id != me,
    }


def inventory_state() -> dict[str, Any]:
    """The last inventory and the day by which the next is due; an initial one that is missing."""
    taken = queries.notes("inventory_taken")
    today = timezone.localdate(clock.now())
    if not taken:
        return {"initial": False, "due": None, "level": "caution", "days": None}
    last = timezone.localdate(taken[-1].at)
    due = inventory_by(last)
    warn = max(
        int(one["value"]) for one in document("controlled-substances", "inventory").body["warn"]
    )
    days = (due - today).days
    level = "block" if days < 0 else "caution" if days <= warn else "done"
    initial = any(fact.body["purpose"] == "initial" for fact in taken)
    return {
        "initial": initial, "last": clinic_date(last), "due": clinic_date(due), "days": days,
        "level": level,
    }  # fmt: skip
