"""What somebody at home reads where a request was not served: in the language of their device, and
with whom to call. Pages of the clinic keep their own."""

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import csrf, defaults

from openketamine.clinic.checkins import links, speech

_HOME = "/c/"


def no_such_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Page 404. A link that was cut short is a link that does not open."""
    if not request.path.startswith(_HOME):
        return defaults.page_not_found(request, exception)
    return links.not_good(request)


def no_cookie(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its cookie: the browser keeps none, or the page is very old."""
    if not request.path.startswith(_HOME):
        return csrf.csrf_failure(request, reason)
    with speech.speaking(speech.of_device(request)):
        return render(request, "checkins/no_cookie.html", status=403)


def failed(request: HttpRequest) -> HttpResponse:
    """Page 500. Made without the database, which may be what failed."""
    if not request.path.startswith(_HOME):
        return defaults.server_error(request)
    with speech.speaking(speech.of_device(request)):
        return HttpResponseServerError(render_to_string("checkins/failed.html"))
