"""The library app."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Pages only; the knowledge itself is YAML and has no tables."""

    name = "openketamine.clinic.library"
    label = "library"
