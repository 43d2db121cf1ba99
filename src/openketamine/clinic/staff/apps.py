"""The app of the people who work here."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Users, roles, proofs of identity."""

    name = "openketamine.clinic.staff"
    label = "staff"
    verbose_name = "Staff"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Of a recovery code only a hash is kept."""
        from openketamine.clinic.staff.recovery_codes import install

        install()
