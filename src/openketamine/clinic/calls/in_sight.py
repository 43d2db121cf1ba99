"""Who has a page in sight: open under their name, before them and not behind another window.

Every page asks for calls every three seconds while it can be seen. The time is kept to ten seconds.
"""

from datetime import datetime, timedelta

from django.core.cache import cache

from openketamine.clinic.calls.models import InSight
from openketamine.clinic.staff.models import Staff

HEADER = "X-OpenKetamine-In-Sight"
_COARSE_S = 10
# Longer than the coarseness and some lost questions; a tablet that was shut is known after this.
FOR = timedelta(seconds=25)


def note(who: Staff, now: datetime) -> None:
    """A page of this person asked, and could be seen."""
    if cache.add(f"in-sight:{who.pk}", 1, _COARSE_S):
        row = InSight(staff_id=who.pk, at=now)
        InSight.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["staff"], update_fields=["at"]
        )


def in_sight(now: datetime) -> frozenset[str]:
    """Ids of those who have a page in sight now."""
    rows = InSight.objects.filter(at__gt=now - FOR, at__lte=now + FOR)
    return frozenset(str(pk) for pk in rows.values_list("staff_id", flat=True))
