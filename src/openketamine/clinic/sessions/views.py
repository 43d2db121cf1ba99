"""HTTP at the door of a session: JSON in, a command or a query, JSON out."""

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.access import allowed, not_here, opened_record, refused_record
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in, source_of
from openketamine.core.findings import BadInput, Refusal

_SEEN_FOR_S = 300


def _answer(do: Callable[[], commands.Done | Refusal]) -> HttpResponse:
    """What a command says, as HTTP: 200, 400 one sentence, 404, 409 key reused, 422 a refusal."""
    try:
        said = do()
    except commands.KeyReused as error:
        return JsonResponse({"error": str(error)}, status=409)
    except BadInput as error:
        return JsonResponse({"error": str(error), "field": error.field}, status=400)
    except Session.DoesNotExist:
        return JsonResponse({"error": "There is no such session."}, status=404)
    if isinstance(said, Refusal):
        return JsonResponse({"refusal": said.as_json()}, status=422)
    return JsonResponse({"number": said.number, "id": said.fact_id})


def _body(request: HttpRequest) -> Mapping[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise BadInput("body", "JSON") from None
    if not isinstance(body, dict):
        raise BadInput("body", "an object", body)
    return body


@require_POST
@allowed("chart.write")
def facts(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Write down one fact, under the name of who charted it and under no other."""
    now = clock.now()
    if _charted_by_another(request):
        return JsonResponse({"error": "A colleague is signed in on this tablet now."}, status=401)
    return _answer(
        lambda: commands.record_fact(session_id, _body(request), signed_in(request), now)
    )


def _charted_by_another(request: HttpRequest) -> bool:
    """A tablet may hold what one nurse charted while another has signed in since."""
    try:
        charted_by = _body(request).get("by")
    except BadInput:
        return False
    return charted_by is not None and charted_by != str(signed_in(request).pk)


def asks(task: str, command: Callable[..., commands.Done | Refusal]) -> Callable[..., HttpResponse]:
    """The view of one request verb."""

    @require_POST
    @allowed(task)
    def view(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
        now = clock.now()
        by, source = signed_in(request), source_of(request)
        return _answer(lambda: command(session_id, {**_body(request), "source": source}, by, now))

    view.openketamine_task = task  # type: ignore[attr-defined]  # read by the access test
    return view


def _chair(session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: Any) -> commands.Done:
    return commands.assign_chair(session_id, str(asked.get("chair", "")), by, now, asked.get("id"))


def _attach(session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: Any) -> commands.Done:
    device, kind = str(asked.get("device_id", "")), str(asked.get("device_kind", "monitor"))
    return commands.attach_device(session_id, device, kind, by, now, asked.get("id"))


def _detach(session_id: uuid.UUID, asked: Mapping[str, Any], by: Staff, now: Any) -> commands.Done:
    return commands.detach_device(
        session_id, str(asked.get("device_id", "")), by, now, asked.get("id")
    )


VERBS: Mapping[str, tuple[str, Callable[..., commands.Done | Refusal]]] = {
    "chair": ("session.open", _chair),
    "attach": ("device.attach", _attach),
    "detach": ("device.attach", _detach),
    "sign_plan": ("plan.sign", commands.sign_plan),
    "withdraw": ("drug.withdraw", commands.withdraw),
    "verify": ("dose.verify", commands.verify),
    "start": ("infusion.start", commands.start),
    "resume": ("infusion.start", commands.resume),
    "waste": ("drug.withdraw", commands.waste),
    "discharge": ("session.discharge", commands.discharge),
    "close": ("session.close", commands.close),
    "sign_report": ("report.sign", commands.sign_report),
}


def opened(request: HttpRequest, session_id: uuid.UUID, task: str) -> Session:
    """The session of a page, its opening on record. Raises Http404 where there is none."""
    try:
        session = queries.session(session_id)
    except Session.DoesNotExist as error:
        raise Http404("There is no such session.") from error
    opened_record(request, session.person_id, task)
    return session


def watches(view: Callable[[HttpRequest, Session], HttpResponse]) -> Callable[..., HttpResponse]:
    """Guard of what a console asks for every few seconds.

    A look is recorded once in five minutes for each person and session, not at every tick: a log
    that nobody can read protects nobody.
    """

    @require_GET
    def guarded(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
        may = can(request.user, "session.read")
        if not may and not request.user.is_authenticated:
            return JsonResponse({"error": may.why}, status=401)
        why = may.why or not_here(request, session_id=session_id)
        if why:
            refused_record(request, "session.read")
            return JsonResponse({"error": why}, status=403)
        try:
            session = queries.session(session_id)
        except Session.DoesNotExist:
            return JsonResponse({"error": "There is no such session."}, status=404)
        if cache.add(f"watches:{request.user.pk}:{session_id}", 1, _SEEN_FOR_S):
            opened_record(request, session.person_id, "session.read")
        return view(request, session)

    guarded.openketamine_task = "session.read"  # type: ignore[attr-defined]
    return guarded


@watches
def state(request: HttpRequest, session: Session) -> HttpResponse:
    """The fold of the log, now."""
    now = clock.now()
    state = queries.state_json(session, now)
    own = {"manual": queries.charted(session), "reader": str(signed_in(request).pk)}
    return JsonResponse({**state, **own, "now": now.isoformat()})


@watches
def readings(request: HttpRequest, session: Session) -> HttpResponse:
    """Device readings after a number, as columns."""
    after = request.GET.get("after", "0")
    if not after.isdecimal():
        return JsonResponse({"error": "after: expected a whole number"}, status=400)
    return JsonResponse(queries.readings(session, int(after)))
