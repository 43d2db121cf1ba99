"""The app of the people who are treated."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """People and their records."""

    name = "openketamine.clinic.patients"
    label = "patients"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"
