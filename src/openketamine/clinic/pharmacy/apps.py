"""The app of the controlled drug."""

from django.apps import AppConfig


class PharmacyConfig(AppConfig):
    """Vials and the book."""

    name = "openketamine.clinic.pharmacy"
    label = "pharmacy"
    verbose_name = "Pharmacy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """A site is not closed over drug on its shelf."""
        from openketamine.clinic.pharmacy._cases import why_not_closed
        from openketamine.clinic.staff.places import add_hindrance

        add_hindrance(why_not_closed)
