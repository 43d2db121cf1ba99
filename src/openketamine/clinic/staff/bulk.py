"""Who read the records of many people within one hour. Told, and never refused: at a bedside a
record that waits is the greater harm."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import TruncHour

from openketamine.clinic.journal.models import Access
from openketamine.clinic.staff.whose import looks_here

LOOKED_BACK = timedelta(days=14)


@dataclass(frozen=True)
class ManyRead:
    """One person in one hour of the clock: of how many people a record was opened."""

    name: str
    role: str
    hour: datetime
    people: int


def many_read(now: datetime) -> list[ManyRead]:
    """Every hour of the last fortnight in which somebody opened more records than the clinic has
    set (`OPENKETAMINE_MANY_RECORDS`), the newest first."""
    rows = Access.objects.filter(at__gt=now - LOOKED_BACK, refused=False, person_id__isnull=False)
    hours = (
        looks_here(rows)
        .annotate(hour=TruncHour("at"))
        .values("by_id", "by_name", "by_role", "hour")
        .annotate(people=Count("person_id", distinct=True))
        .filter(people__gt=settings.OPENKETAMINE_MANY_RECORDS)
        .order_by("-hour", "by_name")
    )
    return [ManyRead(one["by_name"], one["by_role"], one["hour"], one["people"]) for one in hours]
