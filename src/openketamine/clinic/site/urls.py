"""Every address of the clinic; each app keeps its own."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.urls")),
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
