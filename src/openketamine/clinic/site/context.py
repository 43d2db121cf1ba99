"""The frame of every page: who is signed in, where they may go, who plays in the demonstration."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from openketamine.clinic.journal import clock
from openketamine.clinic.staff import glass
from openketamine.clinic.staff.models import Site, Staff
from openketamine.clinic.staff.roles import ROLES, HasRole, can
from openketamine.clinic.staff.second_factor import any_passkey
from openketamine.clinic.staff.sites import here_or_none

DEMO_PASSWORD = "ketamine-demo"  # noqa: S105 - printed on the sign-in page of the demonstration

_PLACES = (
    ("Board", "/", "board.read"),
    ("People", "/people/", "person.read"),
    ("Tasks", "/tasks/", "task.read"),
    ("Vials", "/vials/", "vials.read"),
    ("Knowledge", "/knowledge/", "knowledge.read"),
    ("Devices", "/devices/", "device.read"),
    ("Responses", "/responses/", "responses.read"),
    ("Results", "/results/", "results.read"),
)

_STAFF_PAGES = (
    ("Certificates", "/staff/", "staff.read"),
    ("My certificates", "/staff/own/", "credentials.own"),
    ("State", "/staff/state/", "staff.read"),
    ("Sites", "/staff/sites/", "staff.read"),
    ("Rota", "/staff/rota/", "rota.read"),
    ("Accounts", "/staff/accounts/", "account.read"),
    ("Access", "/staff/access/", "audit.read"),
    ("Emergencies", "/openings/", "glass.read"),
    ("Me", "/staff/me/", "contact.own"),
)


# Pages that stand under another place than their address says.
_ALSO = {"/vials/": ("/stock/",)}


@dataclass(frozen=True)
class Place:
    """One entry of the top bar."""

    name: str
    path: str
    here: bool


def house(request: HttpRequest) -> dict[str, Any]:
    """The `house` of every template."""
    known: dict[str, Any] = {"demo": settings.OPENKETAMINE_DEMO, "home": "/knowledge/"}
    user = getattr(request, "user", None)
    if isinstance(user, Staff):
        places = places_of(user, request.path)
        known |= {"name": user.display_name, "role": ROLES[user.role], "places": places}
        known["is_called"] = can(user, "calls.read").ok
        known["home"] = places[0].path
        known |= _of_staff(user, request.path)
        known["sites"] = _sites(request)
        known["passkeys"] = any_passkey()
    elif settings.OPENKETAMINE_DEMO:
        known |= {"cast": _cast(), "demo_password": DEMO_PASSWORD}
    return {"house": known}


def _sites(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """For somebody who works at several: each with whether they are there now."""
    own = request.own_sites  # type: ignore[attr-defined]  # by staff.sites.confine
    if own is None or len(own) < 2:
        return []
    at = here_or_none() or ""
    named = Site.objects.filter(pk__in=own)
    return [("", "All my sites", not at), *(_choice(one, at) for one in named)]


def _choice(site: Site, at: str) -> tuple[str, str, bool]:
    name = f"{site.name} (closed)" if site.closed_at else site.name
    return site.pk, name, site.pk == at


def _of_staff(user: Staff, path: str) -> dict[str, Any]:
    """Pages about those who work here; what this person holds open, and what waits for them."""
    pages = [Place(*one[:2], one[1] == path) for one in _STAFF_PAGES if can(user, one[2])]
    known: dict[str, Any] = {"staff_pages": pages}
    if can(user, "glass.review"):
        known |= {"glass": glass.mine_open(user, clock.now()), "to_review": glass.to_review(user)}
    return known


def places_of(user: HasRole, path: str = "") -> list[Place]:
    """Where this person may go, the first of them being home."""
    found = [
        Place(name, root, _is_under(path, root)) for name, root, task in _PLACES if can(user, task)
    ]
    staff = next((root for _, root, task in _STAFF_PAGES if can(user, task)), None)
    if staff:
        found.append(Place("Staff", staff, path.startswith(("/staff/", "/openings/"))))
    return found


def _is_under(path: str, root: str) -> bool:
    return path == root if root == "/" else path.startswith((root, *_ALSO.get(root, ())))


def _cast() -> list[dict[str, str]]:
    people = Staff.objects.filter(is_active=True)
    order = list(ROLES)
    return [
        {"name": person.display_name, "role": ROLES[person.role], "username": person.username}
        for person in sorted(people, key=lambda person: (order.index(person.role), person.username))
    ]
