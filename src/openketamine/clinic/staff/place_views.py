"""The sites of this house, for who is responsible for staff."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from openketamine.clinic.journal import clock
from openketamine.clinic.staff import places
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.faults import done
from openketamine.clinic.staff.forms import LetGoForm, OpenForm, PlaceForm, ProofForm, WordForm
from openketamine.clinic.staff.models import Site
from openketamine.clinic.staff.roles import ROLES, can
from openketamine.clinic.staff.screen import own_proof, signed_in


@require_GET
@allowed("staff.read")
def site_list(request: HttpRequest) -> HttpResponse:
    """The own sites, and a form that opens another."""
    return _list(request)


@require_POST
@allowed("site.manage")
def site_open(request: HttpRequest) -> HttpResponse:
    """Open another. The token of its gateways stands on the page that answers, and never again."""
    form, now, made = OpenForm(signed_in(request), request.POST), clock.now(), []

    def act() -> None:
        said, proof = form.cleaned_data, own_proof(request, form.cleaned_data, now)
        asked = (said["site"], form.details(), said["people"], proof, now)
        made.append(places.open_with_proof(*asked))

    if not done(form, act):
        return _list(request, form, status=400)
    site, token = made[0]
    return render(request, "staff/site_token.html", {"site": site, "token": token, "is_new": True})


@require_GET
@allowed("staff.read")
def site_page(request: HttpRequest, site_id: str) -> HttpResponse:
    """One site: what is on record of it, and who works there."""
    return _page(request, _find(site_id))


@require_POST
@allowed("site.manage")
def site_change(request: HttpRequest, site_id: str) -> HttpResponse:
    """Another name, address, registration, state or clock."""
    form, now = PlaceForm(request.POST), clock.now()

    def act() -> None:
        places.change(site_id, form.details(), own_proof(request, form.cleaned_data, now), now)

    return _answer(request, site_id, form, act, "place")


@require_POST
@allowed("site.manage")
def site_let_go(request: HttpRequest, site_id: str) -> HttpResponse:
    """Somebody does not work there any more."""
    form, now = LetGoForm(_find(site_id), request.POST), clock.now()

    def act() -> None:
        said, proof = form.cleaned_data, own_proof(request, form.cleaned_data, now)
        places.let_go(site_id, said["person"], said["reason"], proof, now)

    return _answer(request, site_id, form, act, "let_go")


@require_POST
@allowed("site.manage")
def site_close(request: HttpRequest, site_id: str) -> HttpResponse:
    """Close it, or open it again."""
    form, now, site = WordForm(request.POST), clock.now(), _find(site_id)
    run = places.close if site.closed_at is None else places.open_again

    def act() -> None:
        said, proof = form.cleaned_data, own_proof(request, form.cleaned_data, now)
        run(site_id, said["reason"], proof, now)

    return _answer(request, site_id, form, act, "close")


@require_POST
@allowed("site.manage")
def site_token(request: HttpRequest, site_id: str) -> HttpResponse:
    """Another token for its gateways."""
    form, now, made = ProofForm(request.POST), clock.now(), []

    def act() -> None:
        made.append(places.new_token(site_id, own_proof(request, form.cleaned_data, now), now))

    if not done(form, act):
        return _page(request, _find(site_id), status=400, token=form)
    return render(request, "staff/site_token.html", {"site": _find(site_id), "token": made[0]})


def _answer(
    request: HttpRequest, site_id: str, form: Form, act: Callable[[], object], name: str
) -> HttpResponse:
    """The page again, with what was wrong in the form of this name; or that it is on record."""
    if not done(form, act):
        return _page(request, _find(site_id), status=400, **{name: form})
    messages.success(request, "It is on record.")
    return redirect("site", site_id)


def _list(request: HttpRequest, form: OpenForm | None = None, status: int = 200) -> HttpResponse:
    own = request.own_sites  # type: ignore[attr-defined]  # by staff.sites.confine
    sites = Site.objects.prefetch_related("people")
    shown = sites if own is None else sites.filter(pk__in=own)
    may = can(request.user, "site.manage").ok
    context = {
        "sites": shown,
        "form": (form or OpenForm(signed_in(request))) if may else None,
    }
    return render(request, "staff/sites.html", context, status=status)


def _page(request: HttpRequest, site: Site, status: int = 200, **shown: Any) -> HttpResponse:
    people = site.people.order_by("-is_active", "display_name")
    forms: dict[str, Any] = {}
    if can(request.user, "site.manage"):
        forms = {
            "place": PlaceForm(initial=vars(places.details_of(site))),
            "let_go": LetGoForm(site) if len(people) > 1 else None,
            "close": WordForm(auto_id="close-%s"),
            "token": None if site.pk == "main" else ProofForm(auto_id="token-%s"),
        } | shown
    context = {"site": site, "people": [(one, ROLES[one.role]) for one in people], **forms}
    return render(request, "staff/site.html", context, status=status)


def _find(site_id: str) -> Site:
    found = Site.objects.filter(pk=site_id).first()
    if found is None:
        raise Http404("There is no such site.")
    return found
