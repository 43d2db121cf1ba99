"""The person's own facts as readable lines: what, when, where it came from, and where it stands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone

from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.patients.models import BundleImport
from openketamine.clinic.patients.queries import Known
from openketamine.core.findings import Because
from openketamine.core.history import Answer, Measurement
from openketamine.core.quantities import format_number
from openketamine.core.screening import questions

_SIGNALS = {
    "systolic": "Systolic blood pressure",
    "diastolic": "Diastolic blood pressure",
    "spo2": "SpO₂",
    "bmi": "BMI",
    "alt": "ALT",
    "ast": "AST",
    "gamma_gt": "Gamma-GT",
    "qtc": "QTc",
    "phq9": "PHQ-9",
    "ejection_fraction": "Ejection fraction",
}
_UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "kg/m2": "kg/m²", "{score}": ""}
_DAY_IN_WORDS = re.compile(r" on \d{4}-\d{2}-\d{2}$")
_HERE = "answer/"


@dataclass(frozen=True)
class FactLine:
    """One fact: in words, its own date, who says so, and its place in the chart."""

    text: str
    on: str = ""
    origin: str = ""
    resource: str = ""
    anchor: str = ""

    def as_json(self) -> dict[str, str]:
        """As it is kept in the journal."""
        return asdict(self)


def anchor_of(resource: str) -> str:
    """An id that is valid in HTML, whatever a record calls its entries."""
    plain = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in resource)
    return f"fact-{plain[:120]}"


def signal_name(signal: str) -> str:
    """`gamma_gt` → `Gamma-GT`."""
    return _SIGNALS.get(signal) or signal.replace("_", " ").capitalize()


def amount(measured: Measurement) -> str:
    """`70 kg`."""
    unit = _UNITS.get(measured.unit, measured.unit)
    return f"{format_number(measured.value, 1)} {unit}".rstrip()


def question_name(question: str) -> str:
    """What a question is about, as a heading: `capacity` → `Capacity to consent`."""
    found = next((one.text for one in questions() if one.id == question), "")
    words = found or question.replace("-", " ")
    return f"{words[:1].upper()}{words[1:]}"


def imported_words(version: BundleImport) -> str:
    """Where an entry of the imported record comes from."""
    at = timezone.localtime(version.at)
    return f"imported {clinic_date(at.date())} {at:%H:%M} by {version.by.display_name}"


@dataclass(frozen=True)
class FactLines:
    """Reads the facts that findings point at, for one person."""

    known: Known

    def line(self, fact: Because) -> FactLine:
        """One fact of a finding; one that points nowhere keeps its words alone."""
        if not fact.resource:
            return FactLine(fact.text)
        resource, anchor = fact.resource, anchor_of(fact.resource)
        if resource.startswith(_HERE):
            return self._asked(fact.text, resource.removeprefix(_HERE), anchor)
        measured = self._measured(fact)
        text = _with_name(fact.text, measured) if measured else fact.text
        on = measured.taken if measured else self._days.get(resource)
        when = _moment(measured) if measured else clinic_date(on) if on else "date not known"
        if resource.startswith("Patient/"):
            when = f"born {clinic_date(self.known.record.person.birth_date)}"
        return FactLine(text, when, self._origin, resource, anchor)

    def _asked(self, text: str, question: str, anchor: str) -> FactLine:
        given = [one for one in self.known.answers if one.question == question]
        if not given:
            return FactLine(text, anchor=anchor)
        newest = given[-1]
        words = f"{question_name(question)}: {newest.value}"
        return FactLine(words, _at(newest), f"answered here, {newest.by}", "", anchor)

    @cached_property
    def _origin(self) -> str:
        return imported_words(self.known.versions[0])

    @cached_property
    def _days(self) -> Mapping[str, date | None]:
        return dict(_dated(self.known))

    @cached_property
    def _series(self) -> Mapping[str, list[Measurement]]:
        found: dict[str, list[Measurement]] = {}
        for one in self.known.record.measurements:
            found.setdefault(one.resource, []).append(one)
        return found

    def _measured(self, fact: Because) -> Measurement | None:
        """The measurement meant: two of one resource (a pressure) are told apart by their name."""
        for one in self._series.get(fact.resource or "", ()):
            if fact.text.startswith(f"{one.signal} "):
                return one
        return next(iter(self._series.get(fact.resource or "", ())), None)


def _with_name(text: str, measured: Measurement) -> str:
    bare = _DAY_IN_WORDS.sub("", text)
    if not bare.startswith(f"{measured.signal} "):
        return bare
    return f"{signal_name(measured.signal)} {amount(measured)}"


def _moment(measured: Measurement) -> str:
    if measured.taken_at is None:
        return clinic_date(measured.taken)
    return f"{clinic_date(measured.taken)} {timezone.localtime(measured.taken_at):%H:%M}"


def _at(answer: Answer) -> str:
    at = timezone.localtime(answer.at)
    return f"{clinic_date(at.date())} {at:%H:%M}"


def _dated(known: Known) -> Iterator[tuple[str, date | None]]:
    record = known.record
    for condition in record.conditions:
        yield condition.resource, condition.onset or condition.recorded
    for medicine in record.medicines:
        yield medicine.resource, medicine.since
    for procedure in record.procedures:
        yield procedure.resource, procedure.performed
    for answer in record.answers:
        if answer.resource:
            yield answer.resource, answer.at.date()
