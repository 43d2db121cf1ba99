"""Which of the person's facts raise a rule. Each matcher answers with the facts, none for no."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache

from openketamine.core.findings import Because
from openketamine.core.history import Condition, Measurement, Medicine, PersonRecord, age, latest
from openketamine.core.quantities import format_number
from openketamine.core.screening._ingredients import (
    classes_of,
    ingredients_of,
    known_diazepam_mg_a_day,
    reads_like,
)
from openketamine.core.screening._names import Names, plain, says_past
from openketamine.core.screening._rule import (
    ConditionMatch,
    MeasuredMatch,
    MedicineMatch,
    ProcedureMatch,
    Rule,
)
from openketamine.core.screening._rules import rules
from openketamine.knowledge import Threshold

MOST_SPELT = 300
_BETWEEN_WORDS = re.compile(r"[ ,;.]+")
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm|"


@dataclass(frozen=True)
class Person:
    """The record on one day, with the answers that still count."""

    record: PersonRecord
    on: date
    answers: Mapping[str, str]

    @cached_property
    def diagnoses(self) -> Mapping[int, tuple[tuple[Condition, str | None], ...]]:
        """Diagnoses by the number of each description that they fit, with the code that says so."""
        found: dict[int, list[tuple[Condition, str | None]]] = {}
        for condition in self.record.conditions:
            for number, code in _meant(condition.codes, condition.names).items():
                found.setdefault(number, []).append((condition, code))
        return {number: tuple(pairs) for number, pairs in found.items()}

    @cached_property
    def medicines(self) -> tuple[Medicine, ...]:
        """Those that may be in the body."""
        return tuple(one for one in self.record.medicines if one.current)

    @cached_property
    def holdings(self) -> tuple[tuple[Medicine, frozenset[str], frozenset[str]], ...]:
        """Each of them with the classes and the ingredients that we know in it."""
        return tuple((one, classes_of(one), ingredients_of(one)) for one in self.medicines)

    @cached_property
    def read_from(self) -> Mapping[str, str]:
        """Where the answers stand that were read in the record and not asked."""
        return {answer.question: answer.resource for answer in self.record.answers}


def because(rule: Rule, person: Person) -> tuple[Because, ...]:
    """Every fact that raises the rule; empty where none does."""
    if any(person.answers.get(question) in given for question, given in rule.unless.items()):
        return ()
    if not _concerns(rule, person):
        return ()
    return tuple(_facts(rule, person))


def _facts(rule: Rule, person: Person) -> Iterator[Because]:
    if rule.always:
        yield Because("it holds for everybody under this protocol")
    if rule.not_understood:
        yield from _by_report(rule, person)
    if rule.misspelt:
        yield from _by_misspelling(person)
    if rule.conditions:
        yield from _by_condition(rule.conditions, person)
    if rule.medicines:
        yield from _by_medicine(rule.medicines, person)
    yield from _by_others(rule, person)
    if rule.age:
        yield from _by_age(rule, person)
    yield from _by_answer(rule, person)


def _by_others(rule: Rule, person: Person) -> Iterator[Because]:
    if rule.allergies:
        yield from _by_allergy(rule.allergies, person)
    if rule.family:
        yield from _by_family(rule.family, person)
    if rule.procedures:
        yield from _by_procedure(rule.procedures, person)
    if rule.measured:
        yield from _by_measurement(rule.measured, person)


def _concerns(rule: Rule, person: Person) -> bool:
    """Whether it is about people like this one; of an unknown age every age is possible."""
    years = age(person.record, person.on)
    if years is not None and not all(threshold.met_by(years) for threshold in rule.only_age):
        return False
    if rule.only_with and not any(_diagnoses(rule.only_with, person)):
        return False
    return not (rule.unless_with and any(_diagnoses(rule.unless_with, person)))


def _by_family(match: ConditionMatch, person: Person) -> Iterator[Because]:
    for illness in person.record.family:
        code = _matching_code(match, illness.codes)
        if illness.close and (code is not None or match.names.found_in(illness.names)):
            yield Because(f"{illness.relation}: {illness.text}", illness.resource, code)


def _by_procedure(match: ProcedureMatch, person: Person) -> Iterator[Because]:
    for procedure in person.record.procedures:
        undone = procedure.status in ("not-done", "entered-in-error", "stopped")
        if (
            procedure.performed == person.on
            and not undone
            and match.names.found_in(procedure.names)
        ):
            yield Because(f"{procedure.text} on {person.on}", procedure.resource, procedure.code)


def _by_misspelling(person: Person) -> Iterator[Because]:
    # Comparing letters is slow, and nobody takes so many medicines that nobody knows.
    for medicine in person.medicines[:MOST_SPELT]:
        meant = reads_like(medicine)
        if meant is not None:
            yield Because(f"{medicine.text}: did you mean {meant}?", medicine.resource)


def _by_report(rule: Rule, person: Person) -> Iterator[Because]:
    """Entries of the record that nobody could read; what has no label may be of any kind."""
    for resource, why in person.record.report.not_understood:
        if resource.startswith(("entry[", *rule.not_understood)):
            yield Because(f"not understood: {why}", resource)


def _by_condition(match: ConditionMatch, person: Person) -> Iterator[Because]:
    for condition, code in _diagnoses(match, person):
        recent = match.within is None or _recent(match.within, condition, person.on)
        if recent or (recent is None and match.undated_counts):
            yield Because(_words(condition), condition.resource, code or condition.code)


def _diagnoses(match: ConditionMatch, person: Person) -> Iterator[tuple[Condition, str | None]]:
    """Diagnoses that the rule means, with the code that says so; None where the words do."""
    for condition, code in person.diagnoses.get(match.number, ()):
        past = not condition.current or says_past(condition.names)
        if condition.holds and {"active": not past, "past": past, "ever": True}[match.when]:
            yield condition, code


@cache
def _by_beginning() -> Mapping[str, tuple[ConditionMatch, ...]]:
    """Descriptions of diagnoses by the first word of each name and the first two signs of a code.

    A text of a hostile or a long record is held only against those that could fit at all.
    """
    found: dict[str, list[ConditionMatch]] = {}
    for rule in rules():
        for match in (rule.conditions, rule.only_with, rule.unless_with):
            if match is None:
                continue
            words = {plain(name).split()[0] for name in match.names.say}
            for beginning in words | {code[:2] for code in match.icd10cm}:
                found.setdefault(beginning, []).append(match)
    return {beginning: tuple(matches) for beginning, matches in found.items()}


def _beginnings(codes: tuple[str, ...], names: tuple[str, ...]) -> set[str]:
    """What a fitting description can begin with; a name of one word may stand in the plural."""
    words = {word for name in names for word in _BETWEEN_WORDS.split(plain(name))}
    singular = {word[:-cut] for word in words for cut in (1, 2)}
    icd = {code.removeprefix(ICD10CM)[:2] for code in codes if code.startswith(ICD10CM)}
    return words | singular | icd


@lru_cache(maxsize=16384)
def _meant(codes: tuple[str, ...], names: tuple[str, ...]) -> Mapping[int, str | None]:
    """Which descriptions a diagnosis fits, by number. A record says the same thing many times."""
    known = _by_beginning()
    possible = {
        match.number: match
        for beginning in _beginnings(codes, names)
        for match in known.get(beginning, ())
    }
    found = {number: _fit(match, codes, names) for number, match in possible.items()}
    return {number: code for number, code in found.items() if code != ""}


def _fit(match: ConditionMatch, codes: tuple[str, ...], names: tuple[str, ...]) -> str | None:
    """The code that fits, None where words do, "" where nothing does."""
    code = _matching_code(match, codes)
    return code if code is not None or match.names.found_in(names) else ""


def _matching_code(match: ConditionMatch, codes: tuple[str, ...]) -> str | None:
    for code in codes:
        bare = code.removeprefix(ICD10CM).upper()
        if code.startswith(ICD10CM) and bare.startswith(match.icd10cm):
            return None if match.icd10cm_except and bare.startswith(match.icd10cm_except) else code
    return None


def _recent(within: Threshold, condition: Condition, on: date) -> bool | None:
    """Whether it began within so many days; None where no date says."""
    if condition.onset is not None:
        return within.met_by((on - condition.onset).days)
    # It began before it was written down: an old entry is old, a new one may still be either.
    if condition.recorded is not None and not within.met_by((on - condition.recorded).days):
        return False
    return None


def undated(match: ConditionMatch, person: Person) -> bool:
    """Whether a diagnosis is there whose date, which would decide the rule, nobody gave."""
    within = match.within
    return within is not None and any(
        _recent(within, condition, person.on) is None for condition, _ in _diagnoses(match, person)
    )


def _words(condition: Condition) -> str:
    words = condition.text
    if condition.verification == "provisional":
        words += " (not confirmed)"
    if not condition.current:
        words += f" ({condition.status})"
    return words


def _by_medicine(match: MedicineMatch, person: Person) -> Iterator[Because]:
    together = set(match.together_with)
    partners = [m for m, classes, _ in person.holdings if classes & together]
    if together and not partners:
        return
    # What is known of the dose may be over the threshold even where a part is not known.
    over = match.diazepam_mg_a_day
    if over is not None and not over.met_by(known_diazepam_mg_a_day(person.medicines)):
        return
    wanted, named = set(match.classes), set(match.ingredients)
    hits = [m for m, classes, holds in person.holdings if classes & wanted or holds & named]
    for medicine in dict.fromkeys(hits + partners) if hits else ():
        held = " (on hold)" if medicine.status == "on-hold" else ""
        yield Because(medicine.text + held, medicine.resource, medicine.code)


def _by_allergy(names: Names, person: Person) -> Iterator[Because]:
    for allergy in person.record.allergies.entries:
        if names.found_in(allergy.names):
            yield Because(f"Allergy: {allergy.text}", allergy.resource, allergy.code)


def _by_measurement(match: MeasuredMatch, person: Person) -> Iterator[Because]:
    """Any one signal over its threshold is enough, on each of the last `days_running` days."""
    days = _days(match, person)
    if len(days) < match.days_running:
        return
    raised = [[fact for m in day if (fact := _over(match, m))] for day in days]
    if all(raised):
        for facts in raised:
            yield from facts


def _days(match: MeasuredMatch, person: Person) -> list[list[Measurement]]:
    """The newest value of each signal of every day measured, newest day first."""
    names = [name for name, _ in match.thresholds]
    newest = [m for name in names if (m := latest(person.record, name, person.on))]
    days = {m.taken for m in newest}
    if match.days_running > 1:
        days |= {m.taken for name in names for m in person.record.series.get(name, ())}
    counting = [day for day in sorted(days, reverse=True) if _counts(match, (person.on - day).days)]
    return [
        [m for name in names if (m := latest(person.record, name, day)) and m.taken == day]
        for day in counting[: match.days_running]
    ]


def _counts(match: MeasuredMatch, days_ago: int) -> bool:
    if days_ago < 0 or (match.pre_dose and days_ago > 0):
        return False
    return match.within is None or match.within.met_by(days_ago)


def _over(match: MeasuredMatch, measurement: Measurement) -> Because | None:
    if not any(
        n == measurement.signal and t.met_by(measurement.value) for n, t in match.thresholds
    ):
        return None
    return _shown(measurement)


def _shown(measurement: Measurement) -> Because:
    unit = measurement.unit.replace("mm[Hg]", "mmHg")
    value = format_number(measurement.value, 1)
    words = f"{measurement.signal} {value} {unit} on {measurement.taken}"
    return Because(words, measurement.resource)


def _by_age(rule: Rule, person: Person) -> Iterator[Because]:
    years = age(person.record, person.on)
    if years is not None and all(threshold.met_by(years) for threshold in rule.age):
        yield Because(f"{years} years old", f"Patient/{person.record.person.id}")


def _by_answer(rule: Rule, person: Person) -> Iterator[Because]:
    for question, choices in rule.answers.items():
        given = person.answers.get(question)
        if given is not None and given in choices:
            source = person.read_from.get(question) or f"answer/{question}"
            yield Because(f"{question.replace('-', ' ')}: {given}", source)
