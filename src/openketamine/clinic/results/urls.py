"""Addresses of results. Nobody's id or name is in them."""

from django.urls import path

from openketamine.clinic.results import views

urlpatterns = [
    path("results/", views.results, name="results"),
    path("results/people/", views.behind, name="results-people"),
]
