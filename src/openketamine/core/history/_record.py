"""What a record holds: one frozen dataclass a kind, each pointing at the resource it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Literal

from openketamine.core.history._dosage import NOT_KNOWN, Daily

AllergyState = Literal["known", "none", "not_recorded", "unavailable"]


@dataclass(frozen=True)
class Person:
    """Who it is about. What the record does not say is None or "unknown"."""

    id: str
    family: str
    given: str
    birth_date: date | None
    sex: str
    mrn: str
    deceased: bool = False


@dataclass(frozen=True)
class Entry:
    """What conditions, medicines, allergies and procedures share.

    `codes` are `system|code` as they arrived; `names` every display and text that came with them.
    """

    resource: str
    codes: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def code(self) -> str | None:
        """The first code, `system|code`; None where it came as words only."""
        return self.codes[0] if self.codes else None

    @property
    def text(self) -> str:
        """How the source calls it."""
        return self.names[0] if self.names else (self.code or "")


@dataclass(frozen=True)
class Condition(Entry):
    """A diagnosis or problem.

    `status`: active, inactive, resolved or not_known. `verification`: confirmed, provisional,
    refuted, entered-in-error or not_known. `onset` and `recorded` are the latest day that a partial
    date allows.
    """

    status: str = "not_known"
    verification: str = "not_known"
    onset: date | None = None
    recorded: date | None = None

    @property
    def holds(self) -> bool:
        """Whether it was ever true of the person, as far as anybody knows."""
        return self.verification not in ("refuted", "entered-in-error")

    @property
    def current(self) -> bool:
        """Whether it may still be true: only a recorded end makes it past."""
        return self.holds and self.status not in ("inactive", "resolved")


@dataclass(frozen=True)
class FamilyCondition(Entry):
    """An illness of a relative; `relation` in the words of the source, `close`: first degree."""

    relation: str = ""
    close: bool = False


@dataclass(frozen=True)
class Medicine(Entry):
    """A medicine ordered or taken.

    `status`: current, on-hold, planned, past or entered-in-error. `kind`: the type of resource that
    says it, since one medicine often stands in several. `daily`: how much a day, regularly and at
    most with the doses as needed.
    """

    status: str = "current"
    daily: Daily = NOT_KNOWN
    since: date | None = None
    kind: str = ""

    @property
    def daily_mg(self) -> Decimal | None:
        """Milligrams a day taken regularly; None is "not known"."""
        return self.daily.regular.mg

    @property
    def current(self) -> bool:
        """Whether it may be in the body: on hold counts, since nobody says for how long."""
        return self.status in ("current", "on-hold")


@dataclass(frozen=True)
class Allergy(Entry):
    """One allergy or intolerance that still stands."""

    criticality: str = ""
    kind: str = ""
    reactions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Allergies:
    """One of the four states that a banner may show, the entries, and when it was last updated."""

    state: AllergyState = "not_recorded"
    entries: tuple[Allergy, ...] = ()
    updated: date | None = None


@dataclass(frozen=True)
class Measurement:
    """A number measured of the person, in the signal's own unit (weight kg, height cm, mmHg …)."""

    resource: str
    signal: str
    value: Decimal
    unit: str
    taken: date
    taken_at: datetime | None = None


@dataclass(frozen=True)
class Procedure(Entry):
    """Something done to the person."""

    status: str = "completed"
    performed: date | None = None


@dataclass(frozen=True)
class Answer:
    """What was asked and answered on the spot; `value` is one of the question's choices.

    `resource`: the entry of the record that says it, where it was read and not asked.
    """

    question: str
    value: str
    at: datetime
    by: str = ""
    resource: str = ""


@dataclass(frozen=True)
class ReadingReport:
    """What became of every resource: used, not needed, or not understood and why."""

    understood: int = 0
    irrelevant: int = 0
    not_understood: tuple[tuple[str, str], ...] = ()
    irrelevant_by_type: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class PersonRecord:
    """One person's record as far as we could read it."""

    person: Person
    conditions: tuple[Condition, ...] = ()
    medicines: tuple[Medicine, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    family: tuple[FamilyCondition, ...] = ()
    allergies: Allergies = Allergies()
    answers: tuple[Answer, ...] = ()
    report: ReadingReport = field(default_factory=ReadingReport)

    def with_answers(self, *answers: Answer) -> "PersonRecord":
        """The record with these answers added; BadInput where a measured answer cannot be read."""
        from openketamine.core.history._answers import measured

        extra = tuple(found for answer in answers for found in measured(answer))
        return replace(self, answers=self.answers + answers, measurements=self.measurements + extra)

    @cached_property
    def series(self) -> Mapping[str, tuple[Measurement, ...]]:
        """The measurements by signal, oldest first."""
        found: dict[str, list[tuple[int, Measurement]]] = {}
        for place, measurement in enumerate(self.measurements):
            found.setdefault(measurement.signal, []).append((place, measurement))
        return {
            name: tuple(one for _, one in sorted(listed, key=_newest))
            for name, listed in found.items()
        }

    def answer(self, question: str, on: date) -> Answer | None:
        """The newest answer to a question that was given on or before `on`."""
        given = [a for a in self.answers if a.question == question and a.at.date() <= on]
        return max(given, key=lambda a: a.at) if given else None


def latest(record: PersonRecord, signal: str, on: date) -> Measurement | None:
    """The newest measurement of a signal up to `on`; of two from one moment the later entry.

    BMI is reckoned from weight and height where both are known, since it may be older than they.
    """
    if signal == "bmi" and (reckoned := _bmi(record, on)) is not None:
        return reckoned
    return next((m for m in reversed(record.series.get(signal, ())) if m.taken <= on), None)


def _bmi(record: PersonRecord, on: date) -> Measurement | None:
    weight, height = latest(record, "weight", on), latest(record, "height", on)
    if weight is None or height is None:
        return None
    metres = height.value / 100
    bmi = weight.value / (metres * metres)
    return Measurement(weight.resource, "bmi", bmi, "kg/m2", weight.taken, weight.taken_at)


def _newest(numbered: tuple[int, Measurement]) -> tuple[date, float, int]:
    place, measurement = numbered
    at = measurement.taken_at
    # A day without a time sorts before any time of that day: the timed one is the better known.
    return measurement.taken, at.timestamp() if at else 0.0, place


def age(record: PersonRecord, on: date) -> int | None:
    """Whole years lived on that day; None where the birth date is not known."""
    born = record.person.birth_date
    if born is None:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
