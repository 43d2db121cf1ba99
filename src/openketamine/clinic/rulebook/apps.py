"""The rulebook app."""

from django.apps import AppConfig


class RulebookConfig(AppConfig):
    """Pages only; what they write is written by the commands of the library."""

    name = "openketamine.clinic.rulebook"
    label = "rulebook"
