"""Addresses of people. A person is an id here, never a name or a number that could be read."""

from django.urls import path

from openketamine.clinic.patients import evaluation_page, views

_PERSON = "people/<uuid:person_id>"
_EVALUATION = f"{_PERSON}/evaluation/<slug:protocol_id>"

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/import/", views.import_person, name="person-import"),
    path(f"{_PERSON}/", views.person_page, name="person"),
    path(f"{_PERSON}/session/", views.open_session, name="person-session-open"),
    path(f"{_EVALUATION}/", evaluation_page.evaluation, name="evaluation"),
    path(f"{_EVALUATION}/answer/", evaluation_page.answer, name="evaluation-answer"),
    path(f"{_EVALUATION}/override/", evaluation_page.override, name="evaluation-override"),
    path(f"{_EVALUATION}/record/", evaluation_page.record, name="evaluation-record"),
]
