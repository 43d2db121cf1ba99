"""Addresses of check-ins. What a person at home opens begins with `c/` and names nobody."""

from django.urls import path

from openketamine.clinic.checkins import link_views

urlpatterns = [
    path("c/<str:token>/", link_views.begin, name="link"),
]
