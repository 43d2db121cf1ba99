"""The person's own page: their curve, their plan, the next step. Behind their date of birth."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from openketamine.clinic.checkins import answering, links
from openketamine.clinic.checkins.curve import curve_of
from openketamine.clinic.checkins.models import Link
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.outcomes.commands import record, the_person
from openketamine.clinic.patients.models import Person
from openketamine.core.course import CourseState, facts, language_of, said_in
from openketamine.core.course.check_ins import contact_of, opted_out, planned_check_ins

_ONE_CLICK = "List-Unsubscribe"
_UPCOMING = 4
_BORN = ("year", "month", "day")


@require_http_methods(["GET", "HEAD", "POST"])
@links.by_link("own")
def own(request: HttpRequest, link: Link) -> HttpResponse:
    """Thanks; and, for who says the date of birth, the person's own course."""
    now = clock.now()
    if links.is_known(link, now):
        return render(request, "checkins/own.html", _context(link, now))
    if request.method == "POST":
        born = _born(request)
        if born and links.knows(link, born, now):
            return redirect("own", link.pk)
        link.refresh_from_db()
        if link.finished_at:
            return links.refused(request, now)
    return _ask_born(request, link)


def _ask_born(request: HttpRequest, link: Link) -> HttpResponse:
    """For the date of birth; after a wrong one with what was typed, to be put right."""
    wrong = request.method == "POST"
    context = {
        "link": link,
        "wrong": wrong,
        "said": {name: request.POST.get(name, "") for name in _BORN},
        "left": links.WRONG_ANSWERS - link.wrong_answers,
        "after": link.purpose == answering.AFTERWARDS,
    }
    return render(request, "checkins/born.html", context, status=400 if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@links.by_link(answering.PLACE)
def opt_out(request: HttpRequest, link: Link) -> HttpResponse:
    """No more messages, said on an open check-in."""
    if request.method == "POST":
        stop(link.person, "link", clock.now())
        return redirect("opt-out", link.pk)
    return _stop_page(request, link.person, {"link": link})


# Mail programs post here without a cookie (RFC 8058): the token in the address is the proof, and
# all that it can do is to end messages.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out_by_token(request: HttpRequest, token: str) -> HttpResponse:
    """No more messages, out of a message; the link may be used or finished by then."""
    now = clock.now()
    link = None if links.waits(request, now) else links.issued(token, now)
    if link is None:
        return links.refused(request, now)
    if request.method == "POST":
        with links.for_whom(link):
            stop(link.person, "message", now)
            # RFC 8058: a mail program is not sent on to another page. Somebody at a browser is, so
            # that "back" finds a page and not the question whether to send this again.
            if _ONE_CLICK not in request.POST:
                return redirect(request.path)
            return render(request, "checkins/stopped.html")
    with links.for_whom(link):
        return _stop_page(request, link.person, {})


def _stop_page(request: HttpRequest, person: Person, more: dict[str, Any]) -> HttpResponse:
    """Whether they want no more; or, once they said so, that it is done."""
    has_stopped = opted_out(outcomes.facts_of(person))
    return render(request, f"checkins/{'stopped' if has_stopped else 'stop'}.html", more)


def stop(person: Person, how: str, now: datetime) -> None:
    """Write down that this person wants no more messages on the channel that they had named."""
    contact = contact_of(outcomes.facts_of(person))
    if contact is not None:
        record(person, facts.OptedOut(contact.channel, how), the_person(person), now)


def _born(request: HttpRequest) -> date | None:
    try:
        return date(*(int(request.POST.get(name, "")) for name in _BORN))
    except ValueError:
        return None


def _context(link: Link, now: datetime) -> dict[str, Any]:
    state = outcomes.state_of(link.person)
    visit = state.last(facts.VisitArranged)
    coming = visit.body if visit and visit.body.starts_at and visit.body.starts_at > now else None
    done = sum(one.state.started_at is not None for one in state.visits)
    planned = state.course.body.sessions_planned if state.course else None
    return {
        "link": link,
        "curves": curve_of(state),
        "visit": coming,
        "starts_at": timezone.localtime(coming.starts_at) if coming and coming.starts_at else None,
        "sessions": done,
        "planned": planned,
        "steps": [number < done for number in range(max(done, planned or 0))],
        "upcoming": _upcoming(state, now),
    }


def _upcoming(state: CourseState, now: datetime) -> list[dict[str, Any]]:
    zone, language = settings.TIME_ZONE, language_of(state)
    later = [one for one in planned_check_ins(state, zone) if one.sends and one.sends[0] > now]
    return [
        {"says": said_in(language, one.step.says), "at": timezone.localtime(one.sends[0])}
        for one in later[:_UPCOMING]
    ]
