"""Several sites in one database, kept apart: what somebody sees is what is at their own sites.

Two halves. What an address names is looked up by `whose`, which refuses. Everything else that a
page or a command reads goes through a manager `OfSite`, for which rows of other sites do not exist
while somebody who does not work there is served. A house with one site notices neither.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from openketamine.core.findings import BadInput

MAIN = "main"
CHOSEN = "site"
M = TypeVar("M", bound=models.Model)
# None: the whole house, as the command line, the rules and the gateways' door see it.
_seen: ContextVar[frozenset[str] | None] = ContextVar("openketamine_sites", default=None)


def seen() -> frozenset[str] | None:
    """The sites whose rows are seen now; None for all of them."""
    return _seen.get()


def here() -> str:
    """The one site at which something new is made. Raises BadInput where it could be several, or
    where the site was closed."""
    sites = seen()
    if sites is None:
        return MAIN
    if len(sites) != 1:
        raise BadInput("site", "one site, chosen at the top of the page, before something is made")
    (one,) = sites
    must_be_open(one)
    return one


def must_be_open(site: str | None) -> None:
    """Raises BadInput where this site was closed: its records are read, and nothing is added."""
    if _sites().filter(pk=site, closed_at__isnull=False).exists():
        raise BadInput("site", "a site that is open: this one was closed", site)


def told_of() -> list[Any]:
    """What is on record of the sites that are seen now: address, registration, state, clock. Of the
    main one where nothing is told apart."""
    return list(_sites().filter(pk__in=seen() or (MAIN,)))


def here_or_none() -> str | None:
    """The one site that is seen now; None for the whole house and for several."""
    sites = seen()
    return next(iter(sites)) if sites is not None and len(sites) == 1 else None


@contextmanager
def only(sites: Iterable[str] | None) -> Iterator[None]:
    """Within this block, only these sites; None lifts every limit."""
    token = _seen.set(None if sites is None else frozenset(sites))
    try:
        yield
    finally:
        _seen.reset(token)


def sites_of(who: Any) -> frozenset[str] | None:
    """Where this person works; None in a house with one site, where nothing is told apart. Who did
    not sign in works nowhere."""
    works = apps.get_model("staff", "Staff").sites.through.objects
    mine = works.filter(staff_id=who.pk, site_id=OuterRef("pk"))
    known = list(_sites().annotate(mine=Exists(mine)).values_list("pk", "mine"))
    if len(known) < 2:
        return None
    return frozenset(name for name, works_there in known if works_there)


def all_of_the_house() -> frozenset[str]:
    """Every site there is."""
    return frozenset(_sites().values_list("pk", flat=True))


def apart(site: str | None) -> frozenset[str] | None:
    """One site alone, where the house has several; None where there is nothing to tell apart."""
    return frozenset({site or MAIN}) if _sites().count() > 1 else None


def _sites() -> Any:
    return apps.get_model("staff", "Site").objects


def chosen(sites: frozenset[str] | None, session: Any) -> frozenset[str] | None:
    """Of these, the one that was chosen at the top of the page."""
    one = session.get(CHOSEN)
    return frozenset({one}) if sites is not None and one in sites else sites


def at_a_site() -> "models.ForeignKey[Any, Any]":
    """The column that says at which site a row is. No foreign key in the database: the sites are
    a table of the staff's, which tests empty."""
    return models.ForeignKey(
        "staff.Site",
        on_delete=models.PROTECT,
        default=MAIN,
        db_default=MAIN,
        db_constraint=False,
        related_name="+",
    )


class OfSite(models.Manager[M]):
    """Rows of the sites that are seen now. `path`: how a row leads to its site."""

    def __init__(self, path: str = "site") -> None:
        super().__init__()
        self.path = path

    def get_queryset(self) -> models.QuerySet[M]:
        """All rows where nothing is told apart."""
        found, sites = super().get_queryset(), seen()
        return found if sites is None else found.filter(**{f"{self.path}__in": sites})


def clock_on_the_wall() -> AbstractContextManager[None]:
    """Times as the clock of the one site that is seen shows them; as the house's does where there
    are several, or where it has none of its own."""
    site = here_or_none()
    one = _sites().filter(pk=site).first() if site is not None else None
    return timezone.override(ZoneInfo(one.time_zone)) if one and one.time_zone else nullcontext()


def confine(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: whoever is served sees their own sites, and who did not sign in sees none."""

    def answer(request: HttpRequest) -> HttpResponse:
        user = request.user
        sites = sites_of(user)
        request.own_sites = sites  # type: ignore[attr-defined]  # all of them, for `whose`
        with only(chosen(sites, request.session)), clock_on_the_wall():
            return get_response(request)

    return answer
