"""The calls app."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    """Who is told is decided and written by sessions; here are the pages, walls, and what goes to
    a telephone or mailbox."""

    name = "openketamine.clinic.calls"
    label = "calls"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """What leaves the house for a call."""
        from openketamine.clinic.calls import messages
        from openketamine.clinic.checkins.kinds import add_kind

        add_kind(messages.KIND, messages.CALL)
