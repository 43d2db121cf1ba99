"""The plans app."""

from django.apps import AppConfig


class PlansConfig(AppConfig):
    """Pages only; what they write goes into the stream of the session."""

    name = "openketamine.clinic.plans"
    label = "plans"
