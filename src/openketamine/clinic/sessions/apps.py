"""The app of treatment sessions; its label is not `sessions`, because Django has one of those."""

from django.apps import AppConfig


class TreatmentsConfig(AppConfig):
    """Sessions, attached devices, and what a gateway said that could not be charted."""

    name = "openketamine.clinic.sessions"
    label = "treatments"
    verbose_name = "Treatment sessions"

    def ready(self) -> None:
        """A site is not closed over somebody who is treated there."""
        from openketamine.clinic.sessions.queries import why_not_closed
        from openketamine.clinic.staff.places import add_hindrance

        add_hindrance(why_not_closed)
