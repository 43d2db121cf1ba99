"""Addresses of reports."""

from django.urls import path

from openketamine.clinic.reports import views

urlpatterns = [
    path(
        "people/<uuid:person_id>/evaluations/<uuid:fact_id>.pdf",
        views.evaluation_file,
        name="evaluation-pdf",
    ),
    path("sessions/<uuid:session_id>/report/", views.report, name="report"),
    path("sessions/<uuid:session_id>/report.pdf", views.report_file, name="report-pdf"),
    path("sessions/<uuid:session_id>/report/sign/", views.sign, name="report-sign"),
]
