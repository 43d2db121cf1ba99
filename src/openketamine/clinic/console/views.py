"""The pages under which the live modules run."""

import uuid
from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_safe

from openketamine.clinic.console.page import console_data, presentations
from openketamine.clinic.console.shell import worker_script
from openketamine.clinic.journal import clock
from openketamine.clinic.patients import queries as patients
from openketamine.clinic.patients.banner import banner_for
from openketamine.clinic.sessions import queries
from openketamine.clinic.sessions.views import opened
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import can


@require_GET
@ensure_csrf_cookie
@allowed("board.read")
def board(request: HttpRequest) -> HttpResponse:
    """Who sits where, in which phase, and what is due next."""
    who = request.user
    assert isinstance(who, Staff)  # noqa: S101  (only called behind `allowed`)
    user = {"id": str(who.pk), "name": who.display_name}
    data = {
        "opens": bool(can(who, "session.read")),
        "duty": can(who, "duty.take").ok,
        "walls": can(who, "wall.open").ok,
        "presentation": presentations(),
        "user": user,
    }
    return render(request, "console/board.html", {"data": data})


@require_GET
@ensure_csrf_cookie
@allowed("session.read")
def session(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """The console of one session."""
    one = opened(request, session_id, "session.read")
    who, now = request.user, clock.now()
    assert isinstance(who, Staff)  # noqa: S101  (only called behind `allowed`)
    state = queries.state_json(one, now)
    record, today = patients.record(one.person), timezone.localdate(now)
    number = str(state["session_number"] or "")
    banner = banner_for(who, one.person, record, today, session=number)
    data = console_data(one, state, who, today) | {"banner": asdict(banner)}
    context = {"session": one, "banner": banner, "data": data}
    return render(request, "console/session.html", context)


@require_GET
def shell(request: HttpRequest) -> HttpResponse:
    """The console without a person: the tablet fills in what it kept. Nobody's, so public."""
    return render(request, "console/shell.html")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """The service worker. At the root, because it may only serve what lies under it."""
    script = worker_script(reverse("shell"))
    return HttpResponse(
        script, content_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


@require_GET
@allowed("session.read")
def devices(request: HttpRequest) -> HttpResponse:
    """What speaks for whom, what is silent, and what nobody understood."""
    now = clock.now()
    context = {
        "now": now,
        "gateways": [(one, (now - one.heard_at).total_seconds()) for one in queries.gateways()],
        "attachments": queries.attachments(),
        "quarantined": queries.quarantined(),
        "unmapped": queries.unmapped_codes(),
    }
    return render(request, "console/devices.html", context)
