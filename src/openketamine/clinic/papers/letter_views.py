"""The letter to the referrer: written beside the record, read as it will leave, signed."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.papers import commands
from openketamine.clinic.papers.forms import LetterForm
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.patients.forms import ProofForm
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.views import find
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.screen import own_proof
from openketamine.core.course.papers import course_letter, sha256_of
from openketamine.core.findings import BadInput


@require_http_methods(["GET", "POST"])
@allowed("letter.sign", person="person_id")
def letter(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Write, read, sign. Nothing is kept before it is signed."""
    person = find(person_id)
    if request.method == "GET":
        return _page(request, person, LetterForm(), None, None)
    form = LetterForm(request.POST)
    if not form.is_valid():
        return _page(request, person, form, None, None, status=400)
    content = course_letter(
        outcomes.state_of(person), form.cleaned_data, timezone.localdate(clock.now())
    )
    if request.POST.get("do") == "sign":
        return _sign(request, person, form, content)
    if request.POST.get("do") == "write":
        return _page(request, person, form, None, None)
    return _page(request, person, form, content, ProofForm())


def _sign(
    request: HttpRequest, person: Person, form: LetterForm, content: dict[str, Any]
) -> HttpResponse:
    proof_form, now = ProofForm(request.POST), clock.now()
    if proof_form.is_valid():
        try:
            proof = own_proof(request, proof_form.cleaned_data, now)
            read = request.POST.get("read", "")
            meaning = str(content["meaning"])
            commands.sign_letter(person, content, read, proof, now, meaning=meaning)
        except BadInput as error:
            proof_form.refuse(error)
        else:
            messages.success(request, "The letter is signed. Print it below and send it.")
            return redirect("papers", person.pk)
    return _page(request, person, form, content, proof_form, status=400)


def _page(
    request: HttpRequest,
    person: Person,
    form: LetterForm,
    content: dict[str, Any] | None,
    proof_form: ProofForm | None,
    *,
    status: int = 200,
) -> HttpResponse:
    """`content`: the letter as it will leave, where it was asked for; else the form."""
    today = timezone.localdate(clock.now())
    shown = content or course_letter(outcomes.state_of(person), {}, today)
    context = {
        "person": person,
        "banner": banner_for(request.user, person, patients.record(person), today),
        "form": form,
        "letter": shown,
        "is_read": content is not None,
        "read": sha256_of(content) if content else "",
        "proof_form": proof_form,
    }
    return render(request, "papers/letter.html", context, status=status)
