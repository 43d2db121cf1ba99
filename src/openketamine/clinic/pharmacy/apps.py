"""The app of the controlled drug."""

from django.apps import AppConfig


class PharmacyConfig(AppConfig):
    """Vials and the book."""

    name = "openketamine.clinic.pharmacy"
    label = "pharmacy"
    verbose_name = "Pharmacy"
    default_auto_field = "django.db.models.BigAutoField"
