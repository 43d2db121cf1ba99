"""Addresses of the live screens."""

from django.urls import path

from openketamine.clinic.console import devices_page, views

urlpatterns = [
    path("", views.board, name="board"),
    path("sessions/<uuid:session_id>/", views.session, name="session"),
    path("shell/", views.shell, name="shell"),
    path("worker.js", views.worker, name="service-worker"),
    path("devices/", devices_page.devices, name="devices"),
    path("devices/join/", devices_page.join, name="devices-join"),
    path("devices/leave/", devices_page.leave, name="devices-leave"),
    path("devices/take-over/", devices_page.take_over, name="devices-take-over"),
]
