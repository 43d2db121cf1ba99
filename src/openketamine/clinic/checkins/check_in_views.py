"""A check-in as a person goes through it: one question a screen, one tap a question, no sign-in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from openketamine.clinic.checkins import answering, links, speech, words
from openketamine.clinic.checkins.models import Link
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.core.course.check_ins import Screen, is_house_form, next_screen
from openketamine.core.findings import BadInput


@require_http_methods(["GET", "HEAD", "POST"])
@links.by_link(answering.PLACE)
def check_in(request: HttpRequest, link: Link) -> HttpResponse:
    """The next question, or the one before where the person went back; an answer goes on."""
    now, name = clock.now(), answering.check_in_of(link)
    fault = ""
    if request.method == "POST":
        try:
            answering.answer(
                link,
                request.POST.get("form", ""),
                request.POST.get("item", ""),
                # A browser sends two letters for the end of a line, and counts one.
                request.POST.get("answer", "").replace("\r\n", "\n"),
                now,
            )
            return _on(link, name)
        except BadInput as error:
            fault = str(error)
    answering.open_check_in(link.person, name, now)
    asked = answering.asked(link.person, name, outcomes.facts_of(link.person))
    if asked is None:
        return links.refused(request, now)
    here = _here(request, asked)
    if here is None:
        return _over(link)
    context = _context(link, asked, here) | {"fault": fault}
    if fault and here.free_text:
        context["written"] = request.POST.get("answer", "")
    return render(request, "checkins/question.html", context, status=400 if fault else 200)


@require_GET
@links.by_link(answering.PLACE)
def pause(request: HttpRequest, link: Link) -> HttpResponse:
    """All answers are kept; the link opens again on this device until it closes."""
    return render(request, "checkins/pause.html", {"link": link})


def _on(link: Link, name: str) -> HttpResponse:
    """To the next question, by its place: "back" of a phone then leads to the question before."""
    address = reverse("check-in", args=[link.pk])
    asked = answering.asked(link.person, name, outcomes.facts_of(link.person))
    upcoming = next_screen(asked.every, asked.answers) if asked else None
    if asked is None or upcoming is None:
        return redirect(address)
    return redirect(f"{address}?at={asked.every.index(upcoming) + 1}")


def _over(link: Link) -> HttpResponse:
    own = answering.finish(link, clock.now())
    return redirect("own", own.pk) if own else redirect("check-in", link.pk)


def _here(request: HttpRequest, asked: answering.Asked) -> Screen | None:
    """The question that was answered amiss, or that the address names by its place; else the first
    without an answer."""
    posted = request.POST.get("form"), request.POST.get("item")
    for one in asked.every:
        if (one.form, one.item) == posted:
            return one
    place = request.GET.get("at", "")
    if place.isdecimal() and 1 <= int(place) <= len(asked.every):
        chosen = asked.every[int(place) - 1]
        upcoming = next_screen(asked.every, asked.answers)
        if upcoming is None or asked.every.index(chosen) <= asked.every.index(upcoming):
            return chosen
    return next_screen(asked.every, asked.answers)


def _context(link: Link, asked: answering.Asked, here: Screen) -> dict[str, Any]:
    place = asked.every.index(here) + 1
    given = asked.answers.get((here.form, here.item))
    known = (here.form, here.item) in asked.answers
    spoken = _spoken(here, asked.language)
    return {
        "link": link,
        "screen": here,
        "place": place,
        "of": len(asked.every),
        "before": place - 1,
        "done": round(100 * (place - 1) / len(asked.every)),
        "choices": [(one, says, known and one == given) for one, says in here.choices],
        "written": given if known and here.free_text and given else "",
        "spoken": spoken,
        "is_foreign": spoken != asked.language,
        "its_language": speech.name_of(asked.language),
    }


def _spoken(here: Screen, wanted: str) -> str:
    """The language of this question's words, all of them."""
    if is_house_form(here.form):
        return here.language
    return wanted if words.is_in(here.form, wanted) else speech.FIRST
