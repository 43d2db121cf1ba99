"""The reports app."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Pages only; what they write goes into the stream of the session."""

    name = "openketamine.clinic.reports"
    label = "reports"
