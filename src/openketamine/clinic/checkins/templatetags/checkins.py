"""The block that says who helps now, and that nobody reads this as it is written."""

from typing import Any

from django import template
from django.conf import settings

from openketamine.knowledge import document

register = template.Library()


@register.inclusion_tag("checkins/_crisis.html")
def crisis() -> dict[str, Any]:
    """Whom to call, by where the clinic is; its own number last."""
    return {"lines": [*_lines(settings.OPENKETAMINE_LOCALE), *_own()]}


def _lines(locale: str) -> list[dict[str, str]]:
    places = {one["place"]: one["lines"] for one in document("triage", "help").body["places"]}
    return list(places.get(locale, places["any"]))


def _own() -> list[dict[str, str]]:
    number = settings.OPENKETAMINE_CLINIC_PHONE
    says = "Your clinic, when it is open"
    return [{"says": says, "number": number, "label": f"Call {number}"}] if number else []
