"""Where a link leads: the page of each purpose. An app that sends links adds its own place."""

from django.urls import reverse

from openketamine.clinic.checkins.models import Link

_PLACES: dict[str, str] = {}


def add_place(place: str, url_name: str) -> None:
    """Links whose purpose begins with `<place>:` open this page, which takes the id of the link."""
    _PLACES[place] = url_name


def address_of(link: Link) -> str:
    """The page that this link opens."""
    return reverse(_PLACES[link.purpose.partition(":")[0]], args=[link.pk])
