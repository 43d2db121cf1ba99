"""People: the list, the import, one person's page, and the opening of a session for them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.library.cards import DECISION_WORDS
from openketamine.clinic.patients import commands, queries
from openketamine.clinic.patients.banner import age_in_words, banner_for, clinic_date
from openketamine.clinic.patients.chart_page import chart_of
from openketamine.clinic.patients.fact_lines import anchor_of
from openketamine.clinic.patients.forms import ImportForm, SessionForm
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions import commands as sessions
from openketamine.clinic.sessions import queries as session_queries
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.dosing import protocol, protocols
from openketamine.core.findings import BadInput


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("person.read")
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, or who fits the search; enough to find the right one of two with one name.

    A search is posted: a name in an address would stay in histories and logs.
    """
    search = request.POST.get("q", "").strip()
    today = timezone.localdate(clock.now())
    rows = [
        {
            "person": person,
            "born": clinic_date(person.birth_date),
            "age": age_in_words(person.birth_date, today),
        }
        for person in queries.people(search)
    ]
    template = "patients/_people_rows.html" if _is_search(request) else "patients/people.html"
    context = {"rows": rows, "search": search, "may_import": can(request.user, "person.import").ok}
    return render(request, template, context)


def _is_search(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


@allowed("person.import")
def import_person(request: HttpRequest) -> HttpResponse:
    """Upload one FHIR bundle; the answer lists what was and what was not understood."""
    form = ImportForm(request.POST or None, request.FILES or None)
    imported = None
    if request.method == "POST" and form.is_valid():
        try:
            imported = commands.import_bundle(form.raw(), signed_in(request), clock.now())
        except BadInput as error:
            form.add_error("bundle", str(error) + ".")
    status = 400 if form.errors else 200
    context = {"form": form, "imported": imported}
    return render(request, "patients/import.html", context, status=status)


@require_GET
@allowed("person.read", person="person_id")
def person_page(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Who it is, and, for those who treat, what is known of them."""
    person = find(person_id)
    now = clock.now()
    today = timezone.localdate(now)
    record = queries.record(person)
    sees_chart = can(request.user, "session.read").ok
    context = {
        "banner": banner_for(request.user, person, record, today),
        "person": person,
        "person_anchor": anchor_of(f"Patient/{record.person.id}"),
        "namesakes": namesakes(person),
        "chart": chart_of(record, today) if sees_chart else None,
        "sessions": session_rows(person) if sees_chart else (),
        "evaluations": evaluation_rows(person) if sees_chart else (),
        "protocols": protocol_choices() if can(request.user, "person.evaluate") else (),
        "may_read_papers": can(request.user, "papers.read").ok,
        "may_read_therapy": can(request.user, "therapy.read").ok,
        "may_read_notes": can(request.user, "notes.read").ok,
        "may_read_check_ins": can(request.user, "check-in.read").ok,
        "may_read_course": can(request.user, "course.read").ok,
        "session_form": session_form() if can(request.user, "session.open") else None,
    }
    return render(request, "patients/person.html", context)


@require_POST
@allowed("session.open", person="person_id")
def open_session(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A person is expected; with a chair they sit down at once."""
    person = find(person_id)
    form = session_form(request)
    if not form.is_valid():
        messages.error(request, "; ".join(str(errors[0]) for errors in form.errors.values()))
        return redirect("person", person.id)
    now, who, chair = clock.now(), signed_in(request), form.cleaned_data["chair"]
    opened = sessions.open_session(person.id, form.cleaned_data["protocol"], who, now)
    if chair:
        _sit_down(request, opened.id, chair)
    if can(who, "plan.sign"):
        return redirect("plan", opened.id)
    messages.success(request, f"Session opened for {person.given} {person.family}.")
    return redirect("person", person.id)


def _sit_down(request: HttpRequest, session_id: UUID, chair: str) -> None:
    """The session stays open where the chair is taken; the person has come either way."""
    try:
        sessions.assign_chair(session_id, chair, signed_in(request), clock.now())
    except BadInput as error:
        messages.error(request, f"The session is open without a chair. {error}")


def session_form(request: HttpRequest | None = None, protocol_id: str = "") -> SessionForm:
    """The form, bound where a request is given. No protocol is chosen by its place in a list."""
    given = [choice for choice in protocol_choices() if choice[0] in session_queries.given_here()]
    choices = [("", "Choose a protocol"), *given]
    sent = request.POST if request else None
    return SessionForm(sent, protocols=choices, initial={"protocol": protocol_id})


def protocol_choices() -> list[tuple[str, str]]:
    """Every protocol as (id, title)."""
    return [(name, protocol(name).title) for name in protocols()]


def session_rows(person: Person) -> list[dict[str, object]]:
    """A person's sessions with their titles, newest first."""
    titles = dict(protocol_choices())
    return [
        {"session": one, "title": titles.get(one.protocol_id, one.protocol_id)}
        for one in session_queries.sessions_of(person.id)
    ]


def evaluation_rows(person: Person) -> list[dict[str, object]]:
    """Evaluations that were recorded, newest first, each with its decision in words."""
    titles = dict(protocol_choices())
    return [
        {
            "id": kept.id,
            "protocol": kept.evaluation["protocol"],
            "at": kept.at,
            "by": kept.by,
            "level": kept.evaluation["decision"],
            "word": DECISION_WORDS[kept.evaluation["decision"]][0],
            "title": titles.get(kept.evaluation["protocol"], kept.evaluation["protocol"]),
        }
        for kept in queries.evaluations(person)
    ]


def namesakes(person: Person) -> list[dict[str, str]]:
    """Others with the same family name: whoever reads this page may look for one of them."""
    others = Person.objects.filter(family__iexact=person.family).exclude(pk=person.pk)
    return [{"given": other.given, "born": clinic_date(other.birth_date)} for other in others[:5]]


def find(person_id: UUID) -> Person:
    """The person, or page 404."""
    try:
        return queries.person(person_id)
    except Person.DoesNotExist as error:
        raise Http404("There is no such person.") from error
