"""The person's own papers, on their own device: instructions, wishes, and taking a consent back.

The instructions name nobody. Which consents were signed is seen, and a consent taken back, only
after the date of birth.
"""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from openketamine.clinic.checkins import links
from openketamine.clinic.checkins.models import Link
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes.commands import the_person
from openketamine.clinic.papers import commands, queries
from openketamine.clinic.papers.consent_views import own_papers
from openketamine.clinic.papers.forms import BornForm, WishesForm
from openketamine.core.course.papers import instructions, leaves, title_of
from openketamine.core.dosing import protocol, protocols
from openketamine.core.findings import BadInput


@require_http_methods(["GET", "POST"])
@links.by_link("papers")
def my_papers(request: HttpRequest, link: Link) -> HttpResponse:
    """One page; what is asked of it stands in `do`."""
    if request.method == "POST":
        return _did(request, link)
    return _page(request, link)


@require_POST
@links.by_link("own")
def from_own_page(_: HttpRequest, link: Link) -> HttpResponse:
    """From the person's own page, which knows them by their date of birth."""
    now = clock.now()
    if not links.is_known(link, now):
        return redirect("own", link.pk)
    had = queries.planned(link.person)
    purpose = own_papers(had[0] if had else "")
    good_for = link.until - now
    mine = links.hand_on(link, purpose, now, good_for=good_for, known_until=link.known_until)
    return redirect("my-papers", mine.pk)


def _did(request: HttpRequest, link: Link) -> HttpResponse:
    now, do = clock.now(), request.POST.get("do", "")
    if do == "wishes":
        form = WishesForm(request.POST)
        if not form.is_valid():
            return _page(request, link, wishes_form=form, status=400)
        said = {topic: text for topic, text in form.cleaned_data.items() if text}
        commands.write_wishes(link.person, said, the_person(link.person), now)
        messages.success(request, _("Thank you. Your nurse sees it before the session."))
    elif do == "know":
        return _known(request, link)
    elif do == "withdraw" and links.is_known(link, now):
        _withdraw(request, link)
    return redirect("my-papers", link.pk)


def _known(request: HttpRequest, link: Link) -> HttpResponse:
    """The second thing that the person knows; wrong ones are counted, and the link dies of five."""
    form, now = BornForm(request.POST), clock.now()
    if form.is_valid() and links.knows(link, form.cleaned_data["born"], now):
        return redirect("my-papers", link.pk)
    link.refresh_from_db()
    if link.finished_at:
        return links.refused(request, now)
    if form.is_valid():
        form.add_error("born", _("That is not the date of birth that the clinic has."))
    return _page(request, link, born_form=form, status=400)


def _withdraw(request: HttpRequest, link: Link) -> None:
    consent, reason = request.POST.get("consent", ""), request.POST.get("reason", "")
    try:
        commands.withdraw_consent(
            link.person, consent, reason, the_person(link.person), clock.now()
        )
    except BadInput:
        messages.error(request, _("Nothing was taken back: it was taken back before."))
    else:
        messages.success(request, _("Taken back. It does not hold from now on."))


def _page(
    request: HttpRequest,
    link: Link,
    *,
    wishes_form: WishesForm | None = None,
    born_form: BornForm | None = None,
    status: int = 200,
) -> HttpResponse:
    is_known = links.is_known(link, clock.now())
    context: dict[str, Any] = {
        "link": link,
        "leaves": _leaves(link, queries.language_of(link.person)),
        # What was written before is shown to nobody who only holds the link.
        "wishes_form": wishes_form or WishesForm(initial=_before(link) if is_known else {}),
        "is_known": is_known,
        "born_form": born_form or BornForm(),
        "standings": _signed(link) if is_known else (),
    }
    return render(request, "papers/mine.html", context, status=status)


def _leaves(link: Link, language: str) -> tuple[Any, ...]:
    protocol_id = link.purpose.split(":")[1]
    if protocol_id not in protocols():
        return ()
    planned = protocol(protocol_id)
    return leaves(
        instructions(), planned.drug, planned.route, language, queries.house_words(language)
    )


def _before(link: Link) -> dict[str, str]:
    return {one.topic: one.text for one in queries.wishes(link.person)}


def _signed(link: Link) -> list[queries.Standing]:
    """What was ever signed, whatever became of it."""
    language = queries.language_of(link.person)
    return [
        replace(one, title=title_of(one.consent, language))
        for one in queries.standings(link.person, clock.now())
        if one.given is not None
    ]
