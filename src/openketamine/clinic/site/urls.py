"""Every address of the clinic; each app keeps its own."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

_APPS = (
    "site.pages",
    "library.urls",
    "patients.urls",
    "pharmacy.urls",
    "sessions.urls",
    "plans.urls",
    "console.urls",
    "reports.urls",
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.urls")),
    *(
        path("", include(f"openketamine.clinic.{name}"))
        for name in _APPS
        if find_spec(f"openketamine.clinic.{name.split('.')[0]}")
        and find_spec(f"openketamine.clinic.{name}")
    ),
]
