"""The app of the live screens; it keeps nothing of its own."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Board, session console, devices."""

    name = "openketamine.clinic.console"
    label = "console"
