"""Addresses of notes that are kept apart."""

from django.urls import path

from openketamine.clinic.notes import views

urlpatterns = [
    path("people/<uuid:person_id>/notes/", views.notes, name="notes"),
    path("people/<uuid:person_id>/notes/therapy/", views.write_therapy, name="note-therapy"),
    path(
        "people/<uuid:person_id>/notes/counselling/",
        views.write_counselling,
        name="note-counselling",
    ),
    path("people/<uuid:person_id>/notes/glass/", views.break_glass, name="glass"),
    path("openings/", views.openings, name="openings"),
    path("openings/<uuid:grant_id>/", views.review, name="opening-review"),
]
