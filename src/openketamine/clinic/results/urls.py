"""Addresses of results. Nobody's id or name is in them."""

from django.urls import path

from openketamine.clinic.results import export_page, views

urlpatterns = [
    path("results/", views.results, name="results"),
    path("results/people/", views.behind, name="results-people"),
    path("results/export/", export_page.export_page, name="results-export"),
]
