"""`@allowed("chart.write")`: the one guard of every page; it records each use and each refusal."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.commands import record_access, record_accesses
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.permission import can
from openketamine.clinic.staff.roles import TASKS
from openketamine.clinic.staff.whose import ELSEWHERE, elsewhere

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def allowed(task: str, *, person: str | None = None) -> Callable[[View[P]], View[P]]:
    """Let the view answer only those who may do `task` now, by role and by certificate, and who
    work at the site of whatever the address names (`whose`).

    `person` names the URL argument that is a person's id; a view that learns only later whose
    record it shows calls `opened_record` itself.
    """
    if task not in TASKS:
        raise ValueError(f"task: expected one of the table in roles.py, got {task!r}")

    def guard(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _please_sign_in(request)
            whose = _person_id(kwargs, person)
            may = can(request.user, task)
            why = may.why or not_here(request, **kwargs)
            said = _what(task, request) + (" · another site" if why == ELSEWHERE else "")
            record_access(request.user, whose, said, clock.now(), refused=bool(why))
            return _refused(request, why) if why else view(request, *args, **kwargs)

        guarded.openketamine_task = task  # type: ignore[attr-defined]  # read by the access test
        return guarded

    return guard


def not_here(request: HttpRequest, **named: Any) -> str:
    """Why what an address names is of no site of this person, where a view guards itself."""
    return elsewhere(named, getattr(request, "own_sites", frozenset()))


def opened_record(request: HttpRequest, person_id: UUID, task: str) -> None:
    """Record that this person's record was opened, where the address names only a session."""
    who = request.user
    assert isinstance(who, Staff)  # noqa: S101  (only called behind `allowed`)
    record_access(who, person_id, _what(task, request), clock.now())


def opened_records(request: HttpRequest, person_ids: Iterable[str], task: str) -> None:
    """Record that the records of all these people were opened, in one go: a list names many."""
    who = request.user
    assert isinstance(who, Staff)  # noqa: S101  (only called behind `allowed`)
    record_accesses(who, map(UUID, sorted(person_ids)), _what(task, request), clock.now())


def refused_record(request: HttpRequest, task: str) -> None:
    """Record that somebody who is signed in was refused, where a view guards itself."""
    record_access(request.user, None, _what(task, request), clock.now(), refused=True)


def _person_id(kwargs: Any, name: str | None) -> UUID | None:
    value = kwargs.get(name) if name else None
    return value if isinstance(value, UUID) or value is None else UUID(str(value))


def _what(task: str, request: HttpRequest) -> str:
    match = request.resolver_match
    return f"{task} · {request.method} {match.view_name if match else ''}".strip()


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in (request.content_type or "", request.headers.get("Accept", ""))


def _please_sign_in(request: HttpRequest) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"error": "Please sign in."}, status=401)
    return redirect_to_login(request.get_full_path())


def _refused(request: HttpRequest, why: str) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"error": why}, status=403)
    return render(request, "403.html", {"why": why}, status=403)
