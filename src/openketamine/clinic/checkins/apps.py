"""The app of check-ins."""

from django.apps import AppConfig


class CheckinsConfig(AppConfig):
    """Links, messages and the pages of the person who is treated."""

    name = "openketamine.clinic.checkins"
    label = "checkins"
    verbose_name = "Check-ins"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Where this app's own links lead."""
        from openketamine.clinic.checkins.places import add_place

        add_place("check-in", "check-in")
        add_place("own", "own")
