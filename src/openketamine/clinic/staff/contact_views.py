"""Somebody's own page: where they are told what waits for them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from openketamine.clinic.journal import clock
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.contact import changes_of, contact_of, set_contact
from openketamine.clinic.staff.faults import done
from openketamine.clinic.staff.forms import ContactForm
from openketamine.clinic.staff.roles import ROLES
from openketamine.clinic.staff.screen import own_proof, signed_in


@allowed("contact.own")
def me(request: HttpRequest) -> HttpResponse:
    """The own contact, and what it was before; a new one asks once more who it is."""
    if request.method != "POST":
        return _page(request, ContactForm(initial=vars(contact_of(signed_in(request)))))
    form, now = ContactForm(request.POST), clock.now()

    def act() -> None:
        said = form.cleaned_data
        set_contact(said["email"], said["phone"], own_proof(request, said, now), now)

    if done(form, act):
        messages.success(request, "It is on record. You are told there from now on.")
        return redirect("me")
    return _page(request, form, status=400)


def _page(request: HttpRequest, form: ContactForm, status: int = 200) -> HttpResponse:
    who = signed_in(request)
    context = {
        "form": form,
        "contact": contact_of(who),
        "changes": changes_of(who),
        "role": ROLES[who.role],
    }
    return render(request, "staff/me.html", context, status=status)
