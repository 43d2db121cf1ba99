"""The door of every link: looked at as often as anybody likes, opened once, on one device."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from openketamine.clinic.checkins import links, speech
from openketamine.clinic.checkins.models import Link
from openketamine.clinic.checkins.places import address_of
from openketamine.clinic.journal import clock
from openketamine.core.course import languages


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, token: str) -> HttpResponse:
    """A page that names nobody, with one button; the button binds the link to this device."""
    now, key = clock.now(), links.key_of(request)
    if links.waits(request, now):
        return links.not_good(request)
    if request.method == "POST":
        opened = links.redeem(token, key, now)
        if opened is None:
            return links.over(request, links.bound(token), now)
        _choose(opened.link, request.POST.get("language", ""), now)
        return links.remember(redirect(address_of(opened.link)), opened.key)
    link = links.look(token, key, now)
    if link is None:
        return links.over(request, links.bound(token), now)
    if link.opened_at:
        return redirect(address_of(link))
    # Looking changes nothing: another language is kept when the link is opened.
    wanted = request.GET.get("language", "")
    with speech.speaking(wanted or speech.of_person(link.person)):
        return render(request, "checkins/begin.html", {"wanted": wanted})


@require_POST
@links.by_link(links.ANY)
def language(request: HttpRequest, link: Link) -> HttpResponse:
    """From here on in another language; back to the page that the link opens."""
    _choose(link, request.POST.get("language", ""), clock.now())
    return redirect(address_of(link))


def _choose(link: Link, wanted: str, now: datetime) -> None:
    """What is no language of ours changes nothing."""
    if wanted in languages():
        speech.choose(link.person, wanted, now)
