"""Addresses of sessions: facts, requests, state, readings."""

from django.urls import path

from openketamine.clinic.sessions import views

_SESSION = "sessions/<uuid:session_id>"

urlpatterns = [
    path(f"{_SESSION}/facts", views.facts, name="session-facts"),
    path(f"{_SESSION}/state", views.state, name="session-state"),
    path(f"{_SESSION}/readings", views.readings, name="session-readings"),
    *(
        path(
            f"{_SESSION}/requests/{verb}", views.asks(task, command), name=f"session-request-{verb}"
        )
        for verb, (task, command) in views.VERBS.items()
    ),
]
