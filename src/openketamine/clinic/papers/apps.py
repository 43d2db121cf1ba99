"""The papers app."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """What is signed, and what goes home or to a referrer; goals and wishes."""

    name = "openketamine.clinic.papers"
    label = "papers"
    verbose_name = "Papers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Links of these purposes open pages of this app."""
        from openketamine.clinic.checkins.places import add_place

        add_place("consent", "my-consent")
        add_place("papers", "my-papers")
