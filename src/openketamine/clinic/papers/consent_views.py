"""A consent is read and signed: on the person's own link at home, or on a tablet in the clinic."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openketamine.clinic.checkins import links, speech
from openketamine.clinic.checkins.models import Link
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes.commands import the_person
from openketamine.clinic.papers import bookmarks, commands, queries
from openketamine.clinic.papers.forms import NameForm, OwnNameForm, WithdrawForm, WitnessedForm
from openketamine.clinic.papers.reading import Reading, Screen, screens
from openketamine.clinic.patients.models import Person
from openketamine.clinic.patients.views import find
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import put_beside
from openketamine.clinic.staff.roles import can
from openketamine.clinic.staff.screen import own_proof, signed_in
from openketamine.core.course.papers import consents, is_needed
from openketamine.core.dosing import protocols
from openketamine.core.findings import BadInput

LINK_GOOD_FOR = timedelta(days=14)
OWN_PAGE_GOOD_FOR = timedelta(days=180)
_ITS_OWN = "own"
# A number of a screen has at most so many digits, less one.
_DIGITS = 4
_ONCE = "Give this link to the person, and to nobody else. It is shown once:"

_FAULTS = {
    "born": gettext_noop(
        "That is not the date of birth that the clinic has. Call us if you think that it is right."
    ),
    "signed_as": gettext_noop("Please write your full name."),
    "text": gettext_noop("The text is a new one by now. Please read it again."),
}


@dataclass(frozen=True)
class _Way:
    """How this consent is read: whose it is, which form asks for the name, and what signing does.

    `by`: who hands the tablet over, where it is read in the clinic.
    """

    person: Person
    consent: str
    protocol_id: str
    form: type[NameForm]
    sign: Callable[[NameForm, dict[str, Any], datetime], HttpResponse]
    link: Link | None = None
    by: str = ""

    @property
    def bookmark(self) -> str:
        """Under which name it is kept how far this was read."""
        if self.link is not None:
            return f"link:{self.link.pk}"
        return f"{self.by}:{self.person.pk}:{self.consent}:{self.protocol_id}"

    @property
    def at_home(self) -> bool:
        """Whether it is read on the person's own device."""
        return self.link is not None


@require_http_methods(["GET", "POST"])
@links.by_link("consent")
def my_consent(request: HttpRequest, link: Link) -> HttpResponse:
    """On the person's own device. No page of it names anybody."""
    consent, protocol_id = _asked(link)

    def sign(form: NameForm, said: dict[str, Any], now: datetime) -> HttpResponse:
        if not links.knows(link, form.cleaned_data["born"], now):
            link.refresh_from_db()
            if link.finished_at:
                return links.refused(request, now)
            raise BadInput("born", "the date of birth that the clinic has")
        commands.sign_consent(link.person, consent, protocol_id, said, the_person(link.person), now)
        mine = links.hand_on(link, own_papers(protocol_id), now, good_for=OWN_PAGE_GOOD_FOR)
        links.finish(link.purpose, now)
        messages.success(request, _("Signed. You can take it back at any time, below."))
        return redirect("my-papers", mine.pk)

    way = _Way(link.person, consent, protocol_id, OwnNameForm, sign, link)
    return _walk(request, way)


@require_http_methods(["GET", "POST"])
@allowed("consent.take", person="person_id")
def read_here(
    request: HttpRequest, person_id: UUID, consent: str, protocol_id: str
) -> HttpResponse:
    """On a tablet that a member of staff hands over, and takes back to say that they saw it."""
    person, protocol_id = find(person_id), _protocol(consent, protocol_id)

    def sign(form: NameForm, said: dict[str, Any], now: datetime) -> HttpResponse:
        proof = own_proof(request, form.cleaned_data, now)
        commands.sign_consent(person, consent, protocol_id, said, proof.staff, now)
        messages.success(request, "The consent is signed.")
        return redirect("papers", person.pk)

    hands_over = str(signed_in(request).pk)
    way = _Way(person, consent, protocol_id, WitnessedForm, sign, by=hands_over)
    with speech.speaking(speech.of_person(person)):
        return _walk(request, way)


@require_POST
@allowed("consent.take", person="person_id")
def make_link(
    request: HttpRequest, person_id: UUID, consent: str, protocol_id: str
) -> HttpResponse:
    """A link for the person's own phone: sent, or shown once."""
    person, protocol_id = find(person_id), _protocol(consent, protocol_id)
    purpose = f"consent:{consent}:{protocol_id or _ITS_OWN}:{uuid4().hex[:12]}"
    _hand_over(request, person, purpose)
    return redirect("papers", person.pk)


@require_POST
@allowed("wishes.write", person="person_id")
def make_own_link(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A link to the person's own papers: instructions, wishes, what they signed."""
    person, had = find(person_id), queries.planned(find(person_id))
    purpose = own_papers(had[0] if had else "")
    _hand_over(request, person, purpose)
    return redirect("papers" if can(request.user, "papers.read") else "therapy", person.pk)


def _hand_over(request: HttpRequest, person: Person, purpose: str) -> None:
    """By mail or text where that was pressed, else on the screen, once."""
    now = clock.now()
    if request.POST.get("how") != "send":
        address = links.issue(person, purpose, now, good_for=LINK_GOOD_FOR)
        messages.success(request, f"{_ONCE} {address}")
        return
    try:
        leaves = commands.send_link(person, purpose, now, days=LINK_GOOD_FOR.days)
    except BadInput as error:
        messages.error(request, f"Nothing was sent. {error}.")
    else:
        messages.success(request, _on_its_way(leaves, now))


def _on_its_way(leaves: datetime, now: datetime) -> str:
    if leaves <= now:
        return "The link is on its way."
    at = timezone.localtime(leaves)
    return (
        f"They want no message at this hour: the link leaves on {at:%d-%b-%Y} at {at:%H:%M}. "
        "Who is here now can open it on this screen."
    )


def own_papers(protocol_id: str) -> str:
    """The purpose of a link to somebody's own papers; no two are the same."""
    return f"papers:{protocol_id or _ITS_OWN}:{uuid4().hex[:12]}"


@require_POST
@allowed("consent.take", person="person_id")
def withdraw(request: HttpRequest, person_id: UUID, consent: str) -> HttpResponse:
    """The person took it back, in the clinic or by telephone."""
    person, form = find(person_id), WithdrawForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The reason is too long.")
        return redirect("papers", person.pk)
    try:
        reason = form.cleaned_data["reason"]
        commands.withdraw_consent(person, consent, reason, signed_in(request), clock.now())
    except BadInput as error:
        messages.error(request, f"Nothing was taken back. {error}.")
    else:
        messages.success(request, "The consent is taken back. It does not hold from now on.")
    return redirect("papers", person.pk)


def _walk(request: HttpRequest, way: _Way) -> HttpResponse:
    """One screen after the other: text, questions, name.

    Each has a number in its address, so that "back" of a phone leads to the screen before. What was
    answered stands nowhere but here (bookmarks.py).
    """
    now, posted = clock.now(), request.method == "POST"
    shown = queries.shown_to(way.person, way.consent, way.protocol_id)
    reading = bookmarks.kept(way.bookmark, shown, now)
    place = _number((request.POST if posted else request.GET).get("at", ""))
    if posted and request.POST.get("do") == "again":
        bookmarks.forget(way.bookmark)
        return redirect(request.path)
    is_new = posted and request.POST.get("text") != shown.sha256
    if place == 0 and not is_new:
        return _begun(request, way, reading or Reading(shown), now)
    if reading is None or is_new:
        return _screen(request, way, (0, Reading(shown)), "text", {"changed": True})
    return _went_on(request, way, reading, min(place, len(screens(reading)) - 1), now)


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < _DIGITS else 0


def _begun(request: HttpRequest, way: _Way, reading: Reading, now: datetime) -> HttpResponse:
    """The text; and from it to where the person stopped reading, or to the first question."""
    if request.method != "POST":
        return _screen(request, way, (0, Reading(reading.shown)), "text", {})
    bookmarks.keep(way.bookmark, way.person, reading, now)
    return _to(request, len(screens(reading)) - 1)


def _went_on(
    request: HttpRequest, way: _Way, reading: Reading, place: int, now: datetime
) -> HttpResponse:
    """A screen after the text is shown, answered, read or signed."""
    here, do = screens(reading)[place], request.POST.get("do")
    if request.method != "POST":
        return _read_on(request, way, here, place)
    if do == "answer" and here.kind == "question":
        question, choice = request.POST.get("question", ""), request.POST.get("choice", "")
        after = here.reading.answered(question, choice)
        if after is not here.reading:
            bookmarks.keep(way.bookmark, way.person, after, now)
            return _to(request, place + 1)
    if do == "sign" and here.kind == "name":
        return _sign(request, way, here.reading, place)
    return _to(request, place + (do == "next" and here.kind == "explained"))


def _to(request: HttpRequest, place: int) -> HttpResponse:
    return redirect(f"{request.path}?at={place}")


def _read_on(request: HttpRequest, way: _Way, here: Screen, place: int) -> HttpResponse:
    more: dict[str, Any] = {}
    if here.kind == "explained":
        more = _explained(here.reading)
    elif here.kind == "question":
        more = _place(here.reading)
    elif here.kind == "name":
        more = {"form": way.form(), "id": uuid4()}
    return _screen(request, way, (place, here.reading), here.kind, more)


def _sign(request: HttpRequest, way: _Way, reading: Reading, place: int) -> HttpResponse:
    form = way.form(request.POST)
    if form.is_valid():
        said = form.cleaned_data | reading.as_said | {"id": request.POST.get("id")}
        try:
            signed = way.sign(form, said, clock.now())
        except BadInput as error:
            _beside(form, error)
        else:
            bookmarks.forget(way.bookmark)
            return signed
    more = {"form": form, "id": request.POST.get("id") or uuid4()}
    return _screen(request, way, (place, reading), "name", more, status=400)


def _beside(form: NameForm, error: BadInput) -> None:
    """In the words of who signs, where the fault is theirs."""
    if isinstance(form, WitnessedForm) and error.field == "proof":
        form.refuse(error)
    elif error.field in _FAULTS:
        field = error.field if error.field in form.fields else None
        form.add_error(field, gettext(_FAULTS[error.field]))
    else:
        put_beside(form, error)


def _explained(reading: Reading) -> dict[str, Any]:
    question, choice = reading.given[-1]
    one = next(q for q in reading.shown.questions if q.question == question)
    return {"question": one, "chosen": dict(one.choices)[choice]}


def _place(reading: Reading) -> dict[str, Any]:
    here, last = reading.place
    return {"question": reading.next, "here": here, "last": last}


def _screen(
    request: HttpRequest,
    way: _Way,
    where: tuple[int, Reading],
    screen: str,
    more: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """`where`: the number of the screen, and the reading as it stood there."""
    place, reading = where
    wanted = speech.of_person(way.person)
    context = {
        "screen": screen,
        "shown": reading.shown,
        "at": place,
        "link": way.link,
        "spoken": reading.shown.language,
        "its_language": speech.name_of(reading.shown.language),
        "wanted_language": speech.name_of(wanted),
        "is_foreign": wanted != reading.shown.language,
        "is_unread": not queries.is_reviewed(way.consent, reading.shown.language),
        "at_home": way.at_home,
        "back": "" if way.at_home else reverse("papers", args=[way.person.pk]),
        **more,
    }
    return render(request, "papers/read.html", context, status=status)


def _asked(link: Link) -> tuple[str, str]:
    """Which consent a link is for, and for which protocol."""
    _, consent, protocol_id, _ = link.purpose.split(":")
    return consent, _protocol(consent, protocol_id)


def _protocol(consent: str, protocol_id: str) -> str:
    """The protocol, nothing for a consent of its own; page 404 for what is neither."""
    if consent not in consents():
        raise Http404("There is no such consent.")
    if not is_needed(consent):
        return ""
    if protocol_id not in protocols():
        raise Http404("There is no such protocol.")
    return protocol_id
