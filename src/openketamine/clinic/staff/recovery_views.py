"""The way back in: asked by who keeps the machine, approved by the medical director."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.staff import recovery
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import done
from openketamine.clinic.staff.first_password import LASTS
from openketamine.clinic.staff.forms import ApproveForm, RecoverForm
from openketamine.clinic.staff.screen import own_proof, signed_in
from openketamine.clinic.staff.views import accounts_page, faults


@require_POST
@allowed("account.ask")
def ask(request: HttpRequest) -> HttpResponse:
    """Somebody forgot a password or lost a factor."""
    form, now = RecoverForm(request.POST), clock.now()

    def act() -> None:
        said = form.cleaned_data
        recovery.ask(said["person"], said["what"], said["known_by"], signed_in(request), now)

    if done(form, act):
        return redirect("accounts")
    return accounts_page(request, recover_form=form, status=400)


@require_POST
@allowed("account.approve")
def approve(request: HttpRequest, asked_id: UUID) -> HttpResponse:
    """The second person. A new first password stands on the page that answers, and never again."""
    form, now, said = ApproveForm(request.POST), clock.now(), [""]

    def act() -> None:
        proof = own_proof(request, form.cleaned_data, now)
        if form.cleaned_data["verdict"] == "approve":
            said[0] = recovery.approve(str(asked_id), proof, now)
        else:
            recovery.decline(str(asked_id), proof, now)

    if not done(form, act):
        messages.error(request, faults(form))
        return accounts_page(request, status=400)
    if not said[0]:
        return redirect("accounts")
    shown = {"password": said[0], "hours": LASTS.total_seconds() / 3600}
    return render(request, "staff/first_password.html", shown)
