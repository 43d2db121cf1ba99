"""Pages of calls: what this person was told of, who is on duty, how long answers took, walls."""

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openketamine.clinic.calls import in_sight, walls
from openketamine.clinic.calls.times import report
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.commands import record_access
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.sessions import queries
from openketamine.clinic.staff import duty
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.contact import contact_of
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import signed_in
from openketamine.core.findings import BadInput
from openketamine.core.monitoring import PRIORITIES, presentation
from openketamine.core.treatment import MOMENTS

WALL_COOKIE = f"{settings.COOKIES_BEGIN_WITH}openketamine_wall"
_NOTED_FOR_S = 300
_DAYS = (1, 7, 30, 90, 365)
_WORDS = {
    "told": "Somebody told",
    "shown": "On a screen",
    "seen": "Seen",
    "answered": "Answered",
    "acted": "Acted on",
    "cleared": "Over",
}


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What this person is called for. Asked every few seconds: noted once in five minutes."""
    may = can(request.user, "calls.read")
    if not may:
        is_known = request.user.is_authenticated
        if is_known:
            record_access(
                request.user, None, "calls.read · GET calls-mine", clock.now(), refused=True
            )
        return JsonResponse({"error": may.why}, status=403 if is_known else 401)
    who, now = signed_in(request), clock.now()
    if cache.add(f"calls:{who.pk}", 1, _NOTED_FOR_S):
        record_access(who, None, "calls.read · GET calls-mine", now)
    if in_sight.HEADER in request.headers:
        in_sight.note(who, now)
    return JsonResponse(
        {
            "now": now.isoformat(),
            "calls": queries.calls_for(who, now),
            "tasks": outcomes.tasks_on_the_bar(who, now),
        }
    )


mine.openketamine_task = "calls.read"  # type: ignore[attr-defined]  # read by the access test


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("duty.take")
def on_duty(request: HttpRequest) -> HttpResponse:
    """Who is on duty; take one's own duty, or end it."""
    who, now = signed_in(request), clock.now()
    if request.method == "POST":
        wanted = request.POST.get("duty", "")
        try:
            if wanted:
                duty.take(who, wanted, now)
            else:
                duty.end(who, now)
        except BadInput as error:
            messages.error(request, str(error))
        return redirect("duty")
    context = {"duties": _duties(who, now), "no_way": not contact_of(who).ways}
    return render(request, "calls/duty.html", context)


def _duties(who: Staff, now: datetime) -> list[dict[str, object]]:
    standing = duty.on_duty(now)
    return [
        {
            "id": name,
            "words": words,
            "people": [
                (one, timezone.localtime(until), bool(contact_of(one).ways))
                for one, until in standing[name]
            ],
            "mine": any(one.pk == who.pk for one, _ in standing[name]),
            "may": who.role in roles,
        }
        for name, (words, roles) in duty.DUTIES.items()
    ]


@require_GET
@allowed("responses.read")
def response_times(request: HttpRequest) -> HttpResponse:
    """How long answers took."""
    asked = request.GET.get("days", "30")
    days = int(asked) if asked.isdecimal() and int(asked) in _DAYS else 30
    context = {
        "report": report(days, clock.now()),
        "days": days,
        "choices": _DAYS,
        "moments": [_WORDS[one] for one in MOMENTS],
    }
    return render(request, "calls/times.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("wall.open")
def wall_list(request: HttpRequest) -> HttpResponse:
    """Walls that show the board, and a code for a new one, which is shown this once."""
    who, now = signed_in(request), clock.now()
    context: dict[str, object] = {"hours": walls.HOURS}
    if request.method == "POST":
        hours = request.POST.get("hours", "")
        try:
            wall, code = walls.open_wall(
                request.POST.get("place", ""), int(hours) if hours.isdecimal() else 0, who, now
            )
            context |= {"wall": wall, "code": f"{code[:4]}-{code[4:]}"}
        except BadInput as error:
            context["fault"] = str(error)
    context["walls"] = walls.standing(now)
    context["address"] = request.build_absolute_uri("/wall/")
    return render(request, "calls/walls.html", context, status=400 if "fault" in context else 200)


@require_POST
@allowed("wall.open")
def wall_end(request: HttpRequest, wall_id: uuid.UUID) -> HttpResponse:
    """This wall shows nothing from now on."""
    walls.end_wall(wall_id, signed_in(request), clock.now())
    messages.success(request, "That wall shows nothing any more.")
    return redirect("walls")


@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
def wall(request: HttpRequest) -> HttpResponse:
    """The screen on the wall, or where its code is typed. Nobody signs in here."""
    now = clock.now()
    if request.method == "POST":
        redeemed = walls.redeem(request.POST.get("code", "")[:40], now)
        if redeemed is None:
            return render(request, "calls/wall_code.html", {"wrong": True}, status=400)
        one, key = redeemed
        answer = redirect("wall")
        seconds = int((one.until - now).total_seconds())
        secure = settings.SESSION_COOKIE_SECURE
        answer.set_cookie(
            WALL_COOKIE,
            key,
            seconds,
            path="/",
            secure=secure,
            httponly=True,
            samesite="Strict",
        )
        return answer
    one_or_none = walls.wall_of(request.COOKIES.get(WALL_COOKIE, ""), now)
    if one_or_none is None:
        return render(request, "calls/wall_code.html")
    data = {
        "place": one_or_none.place,
        "until": one_or_none.until.isoformat(),
        "presentation": {one: presentation(one).as_json() for one in PRIORITIES},
    }
    return render(request, "calls/wall.html", {"data": data})


@require_GET
def wall_tiles(request: HttpRequest) -> HttpResponse:
    """What the wall asks for every two seconds."""
    now = clock.now()
    one = walls.wall_of(request.COOKIES.get(WALL_COOKIE, ""), now)
    if one is None:
        return JsonResponse({"error": "This wall may show nothing any more."}, status=401)
    return JsonResponse({"now": now.isoformat(), "tiles": walls.tiles(one, now)})
