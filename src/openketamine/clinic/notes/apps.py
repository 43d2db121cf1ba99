"""The app of the notes that are kept apart."""

from django.apps import AppConfig


class NotesConfig(AppConfig):
    """Sealed notes, breaking the glass, its review."""

    name = "openketamine.clinic.notes"
    label = "notes"
    verbose_name = "Notes kept apart"
    default_auto_field = "django.db.models.BigAutoField"
