"""The outcomes app."""

from django.apps import AppConfig


class OutcomesConfig(AppConfig):
    """The only writer of `course:<person id>`; the course page and the tasks."""

    name = "openketamine.clinic.outcomes"
    label = "outcomes"
    default_auto_field = "django.db.models.BigAutoField"
