"""Addresses of vials."""

from django.urls import path

from openketamine.clinic.pharmacy import views

urlpatterns = [
    path("vials/", views.vials, name="vials"),
    path("vials/receive/", views.receive, name="vial-receive"),
    path("vials/<uuid:vial_id>/", views.vial, name="vial"),
    path("vials/<uuid:vial_id>/count/", views.count, name="vial-count"),
]
