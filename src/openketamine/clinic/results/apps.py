"""The results app."""

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """Reads sessions and courses of many people at once; writes only what it gave away."""

    name = "openketamine.clinic.results"
    label = "results"
    default_auto_field = "django.db.models.BigAutoField"
