"""What pages of the person who is treated share: who helps now, other languages, how a day is
said."""

from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.utils.translation import get_language, gettext

from openketamine.clinic.checkins import speech
from openketamine.core.course import said_in
from openketamine.knowledge import document

register = template.Library()


@register.inclusion_tag("checkins/_crisis.html")
def crisis() -> dict[str, Any]:
    """Whom to call, by where the clinic is; its own number last."""
    language = get_language() or speech.FIRST
    lines = [_said_in(language, one) for one in _lines(settings.OPENKETAMINE_LOCALE)]
    return {"lines": [*lines, *_own()]}


@register.inclusion_tag("checkins/_languages.html", takes_context=True)
def languages(context: Context) -> dict[str, Any]:
    """The other languages that this page can be read in, each by its own name. Of a link: kept from
    then on; of a link that is not opened yet: looked at, and kept when it is opened."""
    here = (get_language() or speech.FIRST).partition("-")[0]
    others = [one for one in settings.LANGUAGES if one[0] != here]
    return {
        "others": others,
        "link": context.get("link"),
        "csrf_token": context.get("csrf_token"),
    }


@register.filter(expects_localtime=True)
def moment(at: datetime | None) -> str:
    """A day and an hour in full, in the language of the page."""
    return speech.moment(at) if at else ""


@register.filter(expects_localtime=True)
def day(at: datetime | None) -> str:
    """A day in short, in the language of the page."""
    return speech.day(at) if at else ""


def _said_in(language: str, line: dict[str, str]) -> dict[str, str]:
    return {
        **line,
        "says": said_in(language, line["says"]),
        "label": said_in(language, line["label"]),
    }


def _lines(locale: str) -> list[dict[str, str]]:
    places = {one["place"]: one["lines"] for one in document("triage", "help").body["places"]}
    return list(places.get(locale, places["any"]))


def _own() -> list[dict[str, str]]:
    number = settings.OPENKETAMINE_CLINIC_PHONE
    label = gettext("Call %(number)s") % {"number": number}
    says = gettext("Your clinic, when it is open")
    return [{"says": says, "number": number, "label": label}] if number else []
