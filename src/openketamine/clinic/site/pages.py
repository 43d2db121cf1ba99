"""Home: the first place that a person's role lets them open."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from openketamine.clinic.site.context import places_of
from openketamine.clinic.site.openapi import openapi
from openketamine.clinic.staff.access import allowed


@allowed("knowledge.read")
def home(request: HttpRequest) -> HttpResponse:
    """After sign-in: the board for those who treat, the vials for who counts them."""
    return redirect(places_of(request.user)[0].path)


def no_such_page(_request: HttpRequest) -> HttpResponse:
    """A page of the library of accounts that this house does not have."""
    raise Http404("There is no such page.")


urlpatterns = [
    path("home/", home, name="home"),
    path("openapi.json", openapi, name="openapi"),
]
