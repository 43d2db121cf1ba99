"""Papers as PDF, by typst: sheets for the person, letters, and what was signed, word for word."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import timezone

from openketamine.clinic.checkins import speech
from openketamine.clinic.papers.models import Text
from openketamine.clinic.papers.queries import is_true
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.patients.models import Person
from openketamine.clinic.reports.paper import paper
from openketamine.core.course.papers import sha256_of

_HERE = Path(__file__).parent
_TEMPLATES = {"course-letter": "letter.typ", "consent": "consent.typ"}


def sheet_pdf(sheet: dict[str, Any], person: Person, now: datetime) -> bytes:
    """A sheet that goes home: large print, in the language that it was written in."""
    return _compiled("sheet.typ", sheet, person, now, {})


def text_pdf(text: Text, person: Person, now: datetime, signature: Any = None) -> bytes:
    """What was signed or given, from the words that were kept. Words that no longer have their hash
    are marked so."""
    template = _TEMPLATES.get(text.kind, "sheet.typ")
    more = {"signature": signature, "holds": is_true(text)}
    return _compiled(template, text.content, person, now, more)


def _head(language: str, person: Person, now: datetime) -> dict[str, Any]:
    """Who it is of, and when it was printed; days as the language of the paper writes them."""
    born = person.birth_date
    with speech.speaking(language):
        said = speech.day(born) if born else clinic_date(born)
        printed = speech.short_moment(timezone.localtime(now))
    who = {
        "family": person.family.upper(),
        "given": person.given,
        "born": said,
        "id": person.mrn,
    }
    return {"who": who, "printed": printed}


def _compiled(
    template: str, content: Any, person: Person, now: datetime, more: dict[str, Any]
) -> bytes:
    data = {
        "content": content,
        "sha256": sha256_of(content),
        "clinic": settings.OPENKETAMINE_CLINIC_NAME,
        "phone": settings.OPENKETAMINE_CLINIC_PHONE,
        **_head(content.get("language", speech.FIRST), person, now),
        "paper": paper(),
        "demo": settings.OPENKETAMINE_DEMO,
        "signature": None,
        "holds": True,
        **more,
    }
    made = typst.compile(str(_HERE / template), sys_inputs={"data": json.dumps(data)})
    assert isinstance(made, bytes)  # noqa: S101  (one file was asked for)
    return made
