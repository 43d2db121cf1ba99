"""The door of every link: looked at as often as anybody likes, opened once, on one device."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from openketamine.clinic.checkins import links
from openketamine.clinic.checkins.places import address_of
from openketamine.clinic.journal import clock


@require_http_methods(["GET", "HEAD", "POST"])
def begin(request: HttpRequest, token: str) -> HttpResponse:
    """A page that names nobody, with one button; the button binds the link to this device."""
    now, key = clock.now(), links.key_of(request)
    if links.waits(request, now):
        return render(request, "checkins/not_good.html", status=404)
    if request.method == "POST":
        opened = links.redeem(token, key, now)
        if opened is None:
            return links.refused(request, now)
        return links.remember(redirect(address_of(opened.link)), opened.key)
    link = links.look(token, key, now)
    if link is None:
        return links.refused(request, now)
    if link.opened_at:
        return redirect(address_of(link))
    return render(request, "checkins/begin.html")
