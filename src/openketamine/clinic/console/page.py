"""What the console must know before it is live: limits, ages, words, what this person may do."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from openketamine.clinic.library.queries import alarm_site
from openketamine.clinic.library.site_words import worded
from openketamine.clinic.papers import queries as papers
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.sessions.models import Session
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import TASKS, can
from openketamine.core.monitoring import PRIORITIES, limits_for, presentation
from openketamine.core.treatment import emergency_cards
from openketamine.knowledge import document

_ASKED = ("phq-9", "c-ssrs-screen", "modified-aldrete", "moaa-s")


def console_data(
    session: Session, state: Mapping[str, Any], who: Staff, today: date
) -> dict[str, Any]:
    """Data for the modules, as JSON in the page. Everything that changes comes by the stream."""
    withdraws = can(who, "drug.withdraw").ok
    return {
        "session": str(session.id),
        "person": str(session.person_id),
        "user": {"id": str(who.pk), "name": who.display_name, "username": who.username},
        "idle_s": settings.OPENKETAMINE_IDLE_SECONDS,
        "may": {task: can(who, task).ok for task in TASKS},
        "limits": shown_limits(state["protocol"]),
        "bounds": limits_for(state["protocol"], alarm_site()).on_screen(),
        "ages": ages(),
        "presentation": presentations(),
        "instruments": {name: _instrument(name) for name in _ASKED},
        "rescue": _rescue(),
        "emergencies": _cards(),
        "charting": _charting(),
        "vials": _vials(today) if withdraws else [],
        "wishes": _wishes(session),
        "waste_reasons": document("checklists", "controlled-substance").body["waste_reasons"][
            "allowed"
        ],
    }


def shown_limits(protocol_id: str) -> dict[str, dict[str, float]]:
    """The mildest absolute limit on each side of a signal, to print beside its number."""
    shown: dict[str, dict[str, float]] = {}
    for family in limits_for(protocol_id, alarm_site()).families:
        for level in family.levels:
            for bound in level.bounds:
                if bound.against_baseline or level.with_symptoms:
                    continue
                side = "high" if bound.threshold.compare.startswith(">") else "low"
                # Levels come strictest first, so the last one that is written is the mildest.
                shown.setdefault(family.signal, {})[side] = float(bound.threshold.value)
    return shown


def presentations() -> dict[str, dict[str, Any]]:
    """Priority → marks, sound and longest pause, for the screen."""
    return {one: presentation(one).as_json() for one in PRIORITIES}


@cache
def ages() -> dict[str, dict[str, Any]]:
    """Signal → when its number is old, and when it is stale."""
    kinds = document("alarms", "freshness").body["kinds"].values()
    return {
        signal: {
            word: {"value": float(kind[word]["value"]), "compare": kind[word]["compare"]}
            for word in ("old", "stale")
        }
        for kind in kinds
        for signal in kind["signals"]
    }


@cache
def _cards() -> dict[str, Any]:
    """The emergency cards by id, as the screen shows them."""
    shown = ("title", "about", "steps", "rescue", "never", "reviewed_by")
    return {
        card: {name: body[name] for name in shown if name in body}
        for card, body in emergency_cards().items()
    }


@cache
def _instrument(name: str) -> dict[str, Any]:
    known = worded(name)
    return {
        "title": known.title,
        "items": [
            {
                "number": item.number,
                "label": item.label,
                "text": item.text or item.label,
                "choices": [list(choice) for choice in item.choices],
            }
            for item in known.items
        ],
        "asked_if": [[item, list(then)] for item, then in known.asked_if],
    }


def _charting() -> dict[str, Any]:
    """The buttons of the bedside screen, and their order in each part of a session."""
    body = document("checklists", "charting").body
    return {"items": [dict(one) for one in body["items"]], "order": dict(body["order"])}


def _rescue() -> list[dict[str, str]]:
    names = ("medicine", "dose", "route", "typical", "for")
    listed = document("checklists", "rescue-medicines").body["medicines"]
    return [{name: str(one[name]) for name in names} for one in listed]


def _wishes(session: Session) -> list[dict[str, str]]:
    """What the person wants in the room, as it was written when the page was opened."""
    return [
        {
            "title": one.title,
            "text": one.text,
            "by": one.by,
            "on": clinic_date(timezone.localdate(one.at)),
        }
        for one in papers.wishes(session.person)
    ]


def _vials(today: date) -> list[dict[str, Any]]:
    return [
        {
            "id": str(one.vial.pk),
            "drug": one.vial.drug,
            "lot": one.vial.lot,
            "expiry": one.vial.expiry.isoformat(),
            "concentration_ug_per_ml": one.vial.concentration_ug_per_ml,
            "left_ul": one.on_hand_ul,
            "form": one.vial.form,
            "unit_ug": one.vial.unit_ug,
            "left_units": one.on_hand_units,
        }
        for one in pharmacy.usable_vials(today)
    ]
