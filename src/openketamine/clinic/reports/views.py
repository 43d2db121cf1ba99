"""The report page, the same as PDF, and its signature."""

from dataclasses import asdict, replace
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.library.cards import finding_cards
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import Banner, banner_for
from openketamine.clinic.patients.forms import ProofForm
from openketamine.clinic.patients.views import find
from openketamine.clinic.reports.documents import Report, report_of, report_pdf
from openketamine.clinic.reports.evaluation_document import evaluation_pdf
from openketamine.clinic.reports.paper import paper
from openketamine.clinic.reports.signature import MEANING
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.sessions.views import opened
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.roles import ROLES, can
from openketamine.clinic.staff.screen import signed_in, source_of
from openketamine.core.dosing import protocol
from openketamine.core.findings import BadInput, Refusal
from openketamine.knowledge import digest


@require_GET
@allowed("report.read")
def report(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The report as a page."""
    return _page(request, opened(request, session_id, "report.read"), None)


@require_GET
@allowed("report.read")
def report_file(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The report as PDF. The file is named after the session, never after the person."""
    session = opened(request, session_id, "report.read")
    now = clock.now()
    banner, made = _report(request, session)
    zone = timezone.get_current_timezone()
    pdf = report_pdf(made, banner, now, zone, paper=paper(), demo=settings.OPENKETAMINE_DEMO)
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="session-{session.id}.pdf"'
    return answer


@require_GET
@allowed("report.read", person="person_id")
def evaluation_file(_: HttpRequest, person_id: UUID, fact_id: UUID) -> HttpResponse:
    """A recorded evaluation as PDF. The file is named after its entry, never the person."""
    kept = patients.evaluation(find(person_id), fact_id)
    if kept is None:
        raise Http404("There is no such evaluation of this person.")
    zone, demo = timezone.get_current_timezone(), settings.OPENKETAMINE_DEMO
    pdf = evaluation_pdf(kept, clock.now(), zone, paper=paper(), demo=demo)
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="evaluation-{fact_id}.pdf"'
    return answer


@require_POST
@allowed("report.sign")
def sign(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Sign what was on the screen, with a fresh proof; not what was written since."""
    session, form = opened(request, session_id, "report.read"), ProofForm(request.POST)
    refusal: Refusal | None = None
    if form.is_valid():
        try:
            refusal = _sign(request, session, form)
        except BadInput as error:
            form.refuse(error)
    if form.errors or refusal is not None:
        return _page(request, session, form, refusal)
    messages.success(request, "The report is signed.")
    return redirect("report", session.id)


def _sign(request: HttpRequest, session: Session, form: ProofForm) -> Refusal | None:
    read = request.POST.get("content_sha256", "")
    if read != _report(request, session)[1].sha256:
        raise BadInput("report", "the report as it is now: something was added, read it again")
    asked = {
        "id": request.POST.get("id") or str(uuid4()),
        "content_sha256": read,
        "meaning": MEANING,
        "password": form.cleaned_data["password"],
        "otp": form.cleaned_data["otp"],
        "source": source_of(request),
    }
    said = commands.sign_report(session.id, asked, signed_in(request), clock.now())
    return said if isinstance(said, Refusal) else None


def _page(
    request: HttpRequest, session: Session, form: ProofForm | None, refusal: Refusal | None = None
) -> HttpResponse:
    banner, made = _report(request, session)
    signature = made.signature
    context = {
        "banner": banner,
        "session": session,
        "report": made,
        "content": made.content,
        # Drawn by our own code out of numbers and escaped words.
        "chart": mark_safe(made.chart),  # noqa: S308
        "signature": asdict(signature) if signature else None,
        "signature_role": ROLES.get(signature.role, signature.role) if signature else "",
        "refusal": finding_cards(refusal.findings) if refusal else (),
        "form": form or (ProofForm() if _may_sign(request, made) else None),
        "meaning": MEANING,
        "request_id": uuid4(),
    }
    status = 400 if form is not None and form.errors else 422 if refusal else 200
    return render(request, "reports/report.html", context, status=status)


def _may_sign(request: HttpRequest, made: Report) -> bool:
    """A signature that covers everything is not asked for twice."""
    done = made.signature is not None and made.signature.holds and not made.signature.added_since
    return can(request.user, "report.sign").ok and not done


def _report(request: HttpRequest, session: Session) -> tuple[Banner, Report]:
    now = clock.now()
    day = timezone.localdate(session.created)
    record = patients.record(session.person)
    banner = banner_for(request.user, session.person, record, day)
    title = protocol(session.protocol_id).title
    zone = timezone.get_current_timezone()
    made = report_of(queries.facts(session), banner, title, digest(), now, zone)
    return replace(banner, session=str(made.content["session_number"] or "Not known")), made
