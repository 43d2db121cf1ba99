"""Sessions that the person has had, as far as the next dose depends on them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from openketamine.core.findings import BadInput


@dataclass(frozen=True)
class PastSession:
    """One session. What nobody wrote down is None, and None is never read as "went well".

    A session has `dose_ug_per_kg` or `dose_ug`, or both. `improvement_percent`: fall of the score
    since before the first session of the course. `relief_days`: how long pain stayed relieved after
    the session; `function_gain`: an equal gain of function, and a person content with it.
    `seen`: what made dissociation or vomiting severe, in words. `hold`: what asks for no step up.
    `last_of_course`: somebody ended that course after it, or opened another since.
    """

    on: date
    dose_ug_per_kg: int | None = None
    dose_ug: int | None = None
    over_s: int | None = None
    improvement_percent: Decimal | None = None
    lowest_moaas: int | None = None
    lowest_spo2: Decimal | None = None
    peak_systolic: Decimal | None = None
    peak_diastolic: Decimal | None = None
    baseline_systolic: Decimal | None = None
    baseline_diastolic: Decimal | None = None
    severe_dissociation: bool | None = None
    vomiting_despite_antiemetic: bool | None = None
    relief_days: int | None = None
    function_gain: bool | None = None
    seen: tuple[str, ...] = ()
    hold: tuple[str, ...] = ()
    last_of_course: bool = False


_WHOLE = ("dose_ug_per_kg", "dose_ug", "over_s", "lowest_moaas", "relief_days")
_YES_NO = ("severe_dissociation", "vomiting_despite_antiemetic", "function_gain", "last_of_course")
_WORDS = ("seen", "hold")
# What a number can be at all: beyond it somebody mistyped.
_POSSIBLE = {"improvement_percent": (-1000, 100), "lowest_moaas": (0, 5), "lowest_spo2": (0, 100)}


def read_history(raw: object) -> tuple[PastSession, ...]:
    """Past sessions from JSON: a list of objects, or `{"sessions": [...]}`, oldest first.

    Raises BadInput naming the session and the field.
    """
    listed = raw.get("sessions") if isinstance(raw, Mapping) else raw
    if not isinstance(listed, list):
        raise BadInput("history", "a list of sessions", type(listed).__name__)
    sessions = [_session(f"history[{place}]", item) for place, item in enumerate(listed)]
    return tuple(sorted(sessions, key=lambda session: session.on))


def _session(place: str, item: object) -> PastSession:
    if not isinstance(item, Mapping):
        raise BadInput(place, "an object", item)
    known = {field.name for field in fields(PastSession)}
    unknown = sorted(str(key) for key in item if key not in known)
    if unknown:
        raise BadInput(f"{place}.{unknown[0]}", f"one of {', '.join(sorted(known))}")
    if item.get("on") is None:
        raise BadInput(f"{place}.on", "a value, which every session has")
    if item.get("dose_ug_per_kg") is None and item.get("dose_ug") is None:
        raise BadInput(f"{place}.dose_ug_per_kg", "a dose, per kilogram or as dose_ug")
    values = {name: _value(f"{place}.{name}", name, v) for name, v in item.items()}
    values["last_of_course"] = bool(values.get("last_of_course"))
    return PastSession(**values)


def _value(place: str, name: str, value: object) -> Any:
    if name in _WORDS:
        return _words(place, value)
    if value is None:
        return None
    if name == "on":
        return _day(place, value)
    if name in _YES_NO:
        if not isinstance(value, bool):
            raise BadInput(place, "true or false", value)
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise BadInput(place, "a number", value)
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise BadInput(place, "a number", value) from None
    if (
        not amount.is_finite()
        or abs(amount) >= 10**9
        or (amount < 0 and name != "improvement_percent")
    ):
        raise BadInput(place, "a finite number that is not negative", value)
    low, high = _POSSIBLE.get(name, (None, None))
    if low is not None and high is not None and not low <= amount <= high:
        raise BadInput(place, f"from {low} to {high}", value)
    if name in _WHOLE and amount != int(amount):
        raise BadInput(place, "a whole number", value)
    return int(amount) if name in _WHOLE else amount


def _words(place: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadInput(place, "a list of words", value)
    return tuple(value)


def _day(place: str, value: object) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise BadInput(place, "a date such as 2026-11-22", value) from None
