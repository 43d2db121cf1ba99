"""Who is on duty, in their own words: prescriber on duty, charge nurse. It ends by itself.

Nobody is on duty by role alone, and nobody is left out because nobody said anything: where no
prescriber has said that they are on duty, all of them are told (knowledge/escalation).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from openketamine.clinic.journal import queries as journal_queries
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.on_record import put_on_record
from openketamine.core.findings import BadInput

STREAM = "duty"
LONGEST = timedelta(hours=12)
DUTIES: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "prescriber": ("Prescriber on duty", frozenset({"prescriber", "medical_director"})),
        "charge_nurse": ("Charge nurse", frozenset({"nurse"})),
    }
)
"""Each duty in words, and the roles that may take it."""


def take(who: Staff, duty: str, now: datetime) -> None:
    """From now on, for twelve hours at most. Raises BadInput where the role does not fit."""
    if duty not in DUTIES or who.role not in DUTIES[duty][1]:
        raise BadInput("duty", "a duty that your role may take", duty)
    body = {"duty": duty, "until": (now + LONGEST).isoformat()}
    put_on_record(STREAM, "duty_taken", body, who, now, origin="duty")


def end(who: Staff, now: datetime) -> None:
    """The person is on no duty any more."""
    put_on_record(STREAM, "duty_ended", {}, who, now, origin="duty")


def on_duty(now: datetime) -> dict[str, list[tuple[Staff, datetime]]]:
    """Duty → who has it and until when, those first who took it last."""
    last: dict[str, journal_queries.StoredFact] = {}
    for fact in journal_queries.facts(STREAM, since=now - LONGEST):
        if fact.at <= now:
            last[fact.by.id] = fact
    here = Staff.colleagues.filter(pk__in=list(last), is_active=True)
    known = {str(one.pk): one for one in here}
    found: dict[str, list[tuple[Staff, datetime]]] = {duty: [] for duty in DUTIES}
    for fact in sorted(last.values(), key=lambda one: one.number, reverse=True):
        person, duty = known.get(fact.by.id), str(fact.body.get("duty", ""))
        if fact.kind == "duty_taken" and person is not None and duty in found:
            found[duty].append((person, datetime.fromisoformat(fact.body["until"])))
    return found
