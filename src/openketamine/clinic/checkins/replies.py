"""Answers to text messages: the gateway hands them on, and one word ends all messages.

`POST {"from", "text"}` as JSON with the gateway's own token as `Authorization: Bearer …`. Only a
word of `knowledge/wording/opt-out.yaml` is looked at; whatever else somebody answers is neither
kept nor read, as the message itself says.
"""

import json
import secrets
import unicodedata
from datetime import datetime
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from openketamine.clinic.checkins import links
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Fact
from openketamine.clinic.outcomes import queries as outcomes
from openketamine.clinic.outcomes.commands import record, the_person
from openketamine.clinic.patients.models import Person
from openketamine.core.course import facts
from openketamine.core.course.check_ins import contact_of
from openketamine.knowledge import document


# A gateway posts here without a cookie; its token is the proof.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def answered(request: HttpRequest) -> HttpResponse:
    """One answer out of the gateway. Whoever has no token gets what every bad link gets."""
    now = clock.now()
    if request.method != "POST" or links.waits(request, now) or not _is_gateway(request):
        return links.refused(request, now)
    said = _read(request.body)
    if said is None:
        return HttpResponse(status=400)
    number, text = said
    if ends_messages(text):
        opt_out(number, now)
    return HttpResponse(status=204)


answered.openketamine_link = "text gateway"  # type: ignore[attr-defined]  # read by the access test


def ends_messages(text: str) -> bool:
    """Whether the whole answer is a word that ends messages, in any language."""
    return _plain(text) in _words()


def opt_out(number: str, now: datetime) -> int:
    """Nothing more goes to this number, whoever shares it; how many people that is."""
    streams = Fact.objects.filter(
        kind="contact_set", stream__startswith="course:", body__address=number
    )
    names = {one.removeprefix("course:") for one in streams.values_list("stream", flat=True)}
    found = [one for one in Person.objects.filter(pk__in=names) if _is_theirs(one, number)]
    for person in found:
        record(person, facts.OptedOut("text", "text"), the_person(person), now)
    return len(found)


def _is_theirs(person: Person, number: str) -> bool:
    """Whether messages go to this number now."""
    contact = contact_of(outcomes.facts_of(person))
    return contact is not None and (contact.channel, contact.address) == ("text", number)


def _is_gateway(request: HttpRequest) -> bool:
    token = settings.OPENKETAMINE_TEXT_TOKEN
    shown = request.headers.get("Authorization", "")
    return bool(token) and secrets.compare_digest(shown.encode(), f"Bearer {token}".encode())


def _read(raw: bytes) -> tuple[str, str] | None:
    try:
        said = json.loads(raw)
        number, text = said["from"], said["text"]
    except (ValueError, KeyError, TypeError):
        return None
    is_text = isinstance(number, str) and isinstance(text, str)
    return (number.replace(" ", ""), text) if is_text else None


def _plain(text: str) -> str:
    """Small letters alone: « ¡Alto! » is alto."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(one for one in apart if one.isalpha())


@cache
def _words() -> frozenset[str]:
    known = document("wording", "opt-out").body["words"]
    return frozenset(_plain(word) for words in known.values() for word in words)
