"""How far somebody has read a consent. Kept here, and not in addresses that a browser and a proxy
write down; for a day, or until it is signed."""

from datetime import datetime, timedelta

from openketamine.clinic.papers.models import Bookmark
from openketamine.clinic.papers.reading import Reading
from openketamine.clinic.patients.models import Person
from openketamine.core.course.papers import Shown

_FOR = timedelta(days=1)


def kept(name: str, shown: Shown, now: datetime) -> Reading | None:
    """The reading of this name; None where there is none, or it is old, or of another text."""
    rows = Bookmark.objects.filter(name=name, sha256=shown.sha256, at__gt=now - _FOR)
    given = rows.values_list("given", flat=True).first()
    return None if given is None else Reading(shown, tuple((one, two) for one, two in given))


def keep(name: str, person: Person, reading: Reading, now: datetime) -> None:
    """This far; what is older than a day is forgotten, whoever's it is."""
    Bookmark.objects.filter(at__lte=now - _FOR).delete()
    said = {"sha256": reading.shown.sha256, "given": [list(one) for one in reading.given]}
    Bookmark.objects.update_or_create(name=name, defaults={"person": person, "at": now, **said})


def forget(name: str) -> None:
    """It was signed, or is read from the beginning."""
    Bookmark.objects.filter(name=name).delete()
