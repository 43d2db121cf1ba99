"""The app of the journal."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Facts and accesses."""

    name = "openketamine.clinic.journal"
    label = "journal"
    verbose_name = "Journal"
    default_auto_field = "django.db.models.BigAutoField"
