"""The page about the state: what it lets a nurse do, who read it, and what was confirmed here."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.staff import state
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import put_beside
from openketamine.clinic.staff.forms import StateForm
from openketamine.clinic.staff.permission import can, here
from openketamine.clinic.staff.screen import own_proof, signed_in
from openketamine.core.findings import BadInput
from openketamine.knowledge import document


@require_GET
@allowed("staff.read")
def page(request: HttpRequest) -> HttpResponse:
    """The rules of the clinic's state as we read them; else what was confirmed, and the form."""
    return _page(request, StateForm())


@require_POST
@allowed("scope.confirm")
def confirm(request: HttpRequest) -> HttpResponse:
    """The medical director says what the state lets a nurse do, and proves that it is them."""
    form = StateForm(request.POST)
    if form.is_valid():
        said, now = form.cleaned_data, clock.now()
        try:
            proof = own_proof(request, said, now)
            state.confirm(_state(), said["says"], said["source"], proof, now)
        except BadInput as error:
            put_beside(form, error)
        else:
            messages.success(request, "It is confirmed, with your name.")
            return redirect("state")
    return _page(request, form, 400)


def _page(request: HttpRequest, form: StateForm, status: int = 200) -> HttpResponse:
    place = _state()
    rules = state.rules_of(place)
    confirmed = [
        {"one": one, "at": f"{timezone.localtime(one.at):%d-%b-%Y %H:%M}"}
        for one in (state.confirmations(place) if place else [])
    ]
    context = {
        "state": place,
        "several": len(here()) > 1,
        "rules": rules,
        "unknown": document("credentials", "scope").body["unknown"],
        "confirmed": confirmed,
        "meaning": state.MEANING,
        "strict": settings.OPENKETAMINE_CREDENTIALS == "required",
        "form": form if place and not rules and can(signed_in(request), "scope.confirm") else None,
    }
    return render(request, "staff/state.html", context, status=status)


def _state() -> str:
    """The one state whose rules count here; nothing where there is none, or where a site is to be
    chosen first."""
    places = here()
    return places[0].state if len(places) == 1 else ""
