"""The app of check-ins."""

from django.apps import AppConfig


class CheckinsConfig(AppConfig):
    """Links, messages and the pages of the person who is treated."""

    name = "openketamine.clinic.checkins"
    label = "checkins"
    verbose_name = "Check-ins"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Where this app's own links lead, and what it sends."""
        from openketamine.clinic.checkins import kinds, outgoing, planning, telling
        from openketamine.clinic.checkins.places import add_place

        add_place("check-in", "check-in")
        add_place("own", "own")
        kinds.add_kind(planning.KIND, outgoing.INVITATION)
        kinds.add_kind(kinds.OWN, outgoing.OWN_PAGE)
        kinds.add_kind(kinds.PAGE, outgoing.PAGE)
        kinds.add_kind(telling.KIND, outgoing.TASK)
