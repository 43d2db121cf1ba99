"""Addresses of the knowledge pages."""

from django.urls import path

from openketamine.clinic.library import views
from openketamine.clinic.library.claims import claims

urlpatterns = [
    path("claims/", claims, name="claims"),
    path("knowledge/", views.knowledge, name="knowledge"),
    path("knowledge/source/<str:name>/", views.source, name="source"),
    path("knowledge/<path:kind>/<str:name>/", views.page, name="knowledge-page"),
]
