"""Addresses of papers. What a person at home opens begins with `c/` and names nobody."""

from django.urls import path

from openketamine.clinic.papers import consent_views, letter_views, my_views, therapy_views, views

_PAPERS = "people/<uuid:person_id>/papers"
_CONSENT = f"{_PAPERS}/consents/<slug:consent>"

urlpatterns = [
    path("c/consent/<uuid:link_id>/", consent_views.my_consent, name="my-consent"),
    path("c/o/<uuid:link_id>/papers/", my_views.from_own_page, name="own-papers"),
    path("c/papers/<uuid:link_id>/", my_views.my_papers, name="my-papers"),
    path(f"{_PAPERS}/", views.papers, name="papers"),
    path(f"{_PAPERS}/link/", consent_views.make_own_link, name="papers-link"),
    path(f"{_PAPERS}/wishes/", views.write_wishes, name="wishes-write"),
    path(f"{_PAPERS}/instructions/", views.print_instructions, name="instructions-print"),
    path(f"{_PAPERS}/letter/", letter_views.letter, name="letter"),
    path(f"{_PAPERS}/texts/<slug:sha256>.pdf", views.text_file, name="paper-text"),
    path(f"{_CONSENT}/withdraw/", consent_views.withdraw, name="consent-withdraw"),
    path(f"{_CONSENT}/<slug:protocol_id>/read/", consent_views.read_here, name="consent-read"),
    path(f"{_CONSENT}/<slug:protocol_id>/link/", consent_views.make_link, name="consent-link"),
    path("people/<uuid:person_id>/therapy/", therapy_views.therapy, name="therapy"),
    path(
        "sessions/<uuid:session_id>/discharge-sheet/",
        views.print_discharge,
        name="discharge-print",
    ),
]
