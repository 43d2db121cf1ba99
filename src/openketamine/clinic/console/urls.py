"""Addresses of the live screens."""

from django.urls import path

from openketamine.clinic.console import views

urlpatterns = [
    path("", views.board, name="board"),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("shell/", views.shell, name="shell"),
    path("worker.js", views.worker, name="service-worker"),
    path("devices/", views.devices, name="devices"),
]
