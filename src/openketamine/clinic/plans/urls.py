"""Addresses of plans."""

from django.urls import path

from openketamine.clinic.plans import views

urlpatterns = [
    path("sessions/<uuid:session_id>/plan/", views.plan, name="plan"),
    path("sessions/<uuid:session_id>/level/", views.level, name="level"),
    path("sessions/<uuid:session_id>/plan/override/", views.override, name="plan-override"),
    path("sessions/<uuid:session_id>/plan/sign/", views.sign, name="plan-sign"),
]
