"""In which language a page or a message speaks to one person, and how it says a day.

What has no catalogue (`site/locale`) is said in English. Nobody on staff reads by this: their pages
are English.
"""

from contextlib import AbstractContextManager
from datetime import date, datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import dateformat, translation
from django.utils.translation import pgettext

from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.outcomes.commands import record, the_person
from openketamine.clinic.patients.models import Person
from openketamine.core.course import facts, language_of, languages
from openketamine.core.findings import BadInput

FIRST = "en"


def of_person(person: Person) -> str:
    """The language that was said last for this person; English where nobody said one."""
    return language_of(outcomes.facts_of(person))


def of_device(request: HttpRequest) -> str:
    """What the browser asks for, for a page that belongs to nobody."""
    return translation.get_language_from_request(request)


def speaking(language: str) -> AbstractContextManager[None]:
    """All that is said inside is in this language, or in English where there is no catalogue."""
    known = dict(settings.LANGUAGES)
    return translation.override(language if language in known else FIRST)


def choose(person: Person, language: str, now: datetime) -> None:
    """The person wants another language from now on. Raises BadInput for one that is not there."""
    if language not in languages():
        raise BadInput("language", f"one of {', '.join(languages())}", language)
    if language != of_person(person):
        record(person, facts.LanguageChosen(language), the_person(person), now)


def name_of(language: str) -> str:
    """A language as those who speak it call it; its letters where nobody here knows it."""
    known = dict(settings.LANGUAGES)
    return str(known.get(language, language))


def moment(at: datetime) -> str:
    """A day and an hour, in full: Monday 23 November, 09:00."""
    return dateformat.format(at, pgettext("format of a day and an hour", "l j F, H:i"))


def day(at: date) -> str:
    """A day in short: 23-Nov-2026."""
    return dateformat.format(at, pgettext("format of a day", "d-M-Y"))


def short_moment(at: datetime) -> str:
    """A day and an hour in short: 23-Nov-2026 09:00."""
    return dateformat.format(at, pgettext("format of a day and an hour, short", "d-M-Y H:i"))
