"""The calls app."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """Who is told is decided and written by sessions; here are the pages, and walls."""

    name = "openketamine.clinic.calls"
    label = "calls"
    default_auto_field = "django.db.models.BigAutoField"
