"""The app of the people who are treated."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """People and their records."""

    name = "openketamine.clinic.patients"
    label = "patients"
    verbose_name = "People"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what is checked at the start."""
        from openketamine.clinic.patients import checks as checks
