"""Every address of the clinic; each app keeps its own."""

from allauth.account.decorators import reauthentication_required
from allauth.usersessions.views import list_usersessions
from django.urls import URLPattern, URLResolver, include, path, re_path

from openketamine.clinic.site.pages import no_such_page

_BY_MAIL = r"^(?:signup|email|confirm-email|login/code|password/(?:re)?set)/"

urlpatterns: list[URLPattern | URLResolver] = [
    # Ending a sign-in elsewhere asks once more who it is.
    path(
        "account/sessions/",
        reauthentication_required(allow_get=True)(list_usersessions),
        name="own-sign-ins",
    ),
    # Nobody comes in by mail: an address is for being told, and whoever reads it opens no account.
    path("account/", include([re_path(_BY_MAIL, no_such_page), path("", include("allauth.urls"))])),
    path("", include("openketamine.clinic.site.pages")),
    path("", include("openketamine.clinic.rulebook.urls")),
    path("", include("openketamine.clinic.library.urls")),
    path("", include("openketamine.clinic.patients.urls")),
    path("", include("openketamine.clinic.notes.urls")),
    path("", include("openketamine.clinic.staff.urls")),
    path("", include("openketamine.clinic.pharmacy.urls")),
    path("", include("openketamine.clinic.sessions.urls")),
    path("", include("openketamine.clinic.plans.urls")),
    path("", include("openketamine.clinic.outcomes.urls")),
    path("", include("openketamine.clinic.calls.urls")),
    path("", include("openketamine.clinic.papers.urls")),
    path("", include("openketamine.clinic.checkins.urls")),
    path("", include("openketamine.clinic.results.urls")),
    path("", include("openketamine.clinic.console.urls")),
    path("", include("openketamine.clinic.reports.urls")),
]

# Somebody at home reads of a fault in their own language; pages of the clinic are Django's own way.
handler404 = "openketamine.clinic.checkins.unserved.no_such_page"
handler500 = "openketamine.clinic.checkins.unserved.failed"
