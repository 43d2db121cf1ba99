"""The technician's page: what speaks for whom, how it does, what to do about it, what waits."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.sessions import commands, queries
from openketamine.clinic.sessions.models import QuarantineFile, Session
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.findings import BadInput


@dataclass(frozen=True)
class Place:
    """Where a device can be joined: a session, called by its chair."""

    session: str
    name: str


@require_GET
@allowed("device.read")
def devices(request: HttpRequest) -> HttpResponse:
    """Gateways, devices with advice, and what was kept aside with a way to join it."""
    now, who = clock.now(), signed_in(request)
    reads = bool(can(who, "session.read"))
    context = {
        "now": now,
        "gateways": [(one, (now - one.heard_at).total_seconds()) for one in queries.gateways()],
        "devices": queries.heard_devices(now),
        "files": _filed(queries.quarantine_files()),
        "aside": queries.quarantined_by_device(now),
        "places": _places(reads=reads),
        "reads": reads,
        "joins": bool(can(who, "device.attach")),
        "takes": bool(can(who, "device.take_over")),
        "takeable": queries.takeable(now),
    }
    return render(request, "console/devices.html", context)


@require_POST
@allowed("device.attach")
def join(request: HttpRequest) -> HttpResponse:
    """A person joins a device to the session at a chair. Never done by a guess."""
    device = request.POST.get("device_id", "")

    def joined(session: uuid.UUID, now: datetime) -> str:
        kind = request.POST.get("device_kind") or "monitor"
        commands.attach_device(session, device, kind, signed_in(request), now)
        return f"{device} is joined. What it said before stays outside of the record."

    return _done(request, joined)


@require_POST
@allowed("device.attach")
def leave(request: HttpRequest) -> HttpResponse:
    """From now on the device does not speak for this person."""
    device = request.POST.get("device_id", "")

    def left(session: uuid.UUID, now: datetime) -> str:
        commands.detach_device(session, device, signed_in(request), now)
        return f"{device} is no longer joined."

    return _done(request, left)


@require_POST
@allowed("device.take_over")
def take_over(request: HttpRequest) -> HttpResponse:
    """A person takes what a device said before it was joined into the record, by name."""
    asked = {name: request.POST.get(name, "") for name in ("device_id", "since", "reason", "id")}

    def taken(session: uuid.UUID, now: datetime) -> str:
        commands.take_over(session, asked, signed_in(request), now)
        return f"What {asked['device_id']} said before is in the record now, under your name."

    return _done(request, taken)


def _done(request: HttpRequest, do: Callable[[uuid.UUID, datetime], str]) -> HttpResponse:
    """Back to the page, with one sentence on what happened."""
    try:
        session = uuid.UUID(request.POST.get("session", ""))
        messages.success(request, do(session, clock.now()))
    except BadInput as error:
        messages.error(request, str(error))
    except (ValueError, Session.DoesNotExist):
        messages.error(request, "Choose a chair first: the device is joined to whoever sits there.")
    return redirect("devices")


def _filed(files: Sequence[QuarantineFile]) -> dict[str, Any]:
    """What was moved out of the database: how much, until when, on which machines."""
    return {
        "messages": sum(one.messages for one in files),
        "files": len(files),
        "until": max((one.last_at for one in files), default=None),
        "machines": ", ".join(sorted({one.machine for one in files})),
    }


def _places(*, reads: bool) -> list[Place]:
    """Open sessions by their chair; initials only for who may read a session."""
    found = []
    for one in queries.open_sessions():
        initials = f"{one.person.given[:1]}{one.person.family[:1]}" if reads else ""
        name = ", ".join(part for part in (one.chair or "no chair yet", initials) if part)
        if one.chair or reads:
            found.append(Place(str(one.id), name))
    return found
