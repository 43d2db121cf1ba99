"""Which of the person's facts raise a rule. Each matcher answers with the facts, none for no."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from openketamine.core.findings import Because
from openketamine.core.history import (
    Condition,
    Measurement,
    Medicine,
    PersonRecord,
    Procedure,
    age,
    latest,
)
from openketamine.core.quantities import format_number
from openketamine.core.screening._daily_dose import DailyDose, diazepam_mg_a_day, mme_a_day
from openketamine.core.screening._diagnoses import diagnosis_like, matching_code, meant
from openketamine.core.screening._ingredients import (
    by_code,
    classes_of,
    ingredients_of,
    reads_like,
)
from openketamine.core.screening._names import (
    Names,
    says_past,
    says_recent,
    says_relative,
)
from openketamine.core.screening._rule import (
    ConditionMatch,
    MeasuredMatch,
    MedicineMatch,
    ProcedureMatch,
    Rule,
)
from openketamine.knowledge import Threshold

MOST_SPELT = 300


@dataclass(frozen=True)
class Person:
    """The record on one day, with the answers that still count."""

    record: PersonRecord
    on: date
    answers: Mapping[str, str]

    @cached_property
    def years(self) -> int | None:
        """Whole years lived; None where the birth date is not known."""
        return age(self.record, self.on)

    @cached_property
    def diagnoses(self) -> Mapping[int, tuple[tuple[Condition, str | None], ...]]:
        """Diagnoses by the number of each description that they fit, with the code that says so."""
        found: dict[int, list[tuple[Condition, str | None]]] = {}
        for condition in self.record.conditions:
            for number, code in meant(condition.codes, condition.names).items():
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
    unless = rule.unless.items()
    if unless and any(person.answers.get(question) in given for question, given in unless):
        return ()
    if not _concerns(rule, person):
        return ()
    return tuple(_facts(rule, person))


def _facts(rule: Rule, person: Person) -> Iterator[Because]:
    if rule.always:
        yield Because("it holds for everybody under this protocol")
    if rule.not_understood:
        yield from _by_report(rule, person)
    if rule.deceased and person.record.person.deceased:
        yield Because("the record says so", f"Patient/{person.record.person.id}")
    if rule.misspelt == "medicine":
        yield from _by_misspelling(person)
    if rule.misspelt == "diagnosis":
        yield from _by_misspelt_diagnosis(person)
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
    years = person.years
    if rule.only_age and years is not None and not all(one.met_by(years) for one in rule.only_age):
        return False
    if rule.without_medicines:
        taken = {name for _, classes, _ in person.holdings for name in classes}
        if not taken.isdisjoint(rule.without_medicines):
            return False
    if rule.only_with and not any(_diagnoses(rule.only_with, person)):
        return False
    return not (rule.unless_with and any(_diagnoses(rule.unless_with, person)))


def _by_family(match: ConditionMatch, person: Person) -> Iterator[Because]:
    for illness in person.record.family:
        code = matching_code(match, illness.codes)
        if illness.close and (code is not None or match.names.found_in(illness.names)):
            yield Because(f"{illness.relation}: {illness.text}", illness.resource, code)
    # People write a relative's illness into the problem list, too.
    for condition in person.record.conditions:
        if condition.holds and any(says_relative(name, match.names) for name in condition.names):
            yield Because(condition.text, condition.resource, condition.code)


def _by_procedure(match: ProcedureMatch, person: Person) -> Iterator[Because]:
    for procedure in person.record.procedures:
        if match.unless_says.found_in(procedure.names):
            continue
        if _done(match, procedure, person.on) and match.names.found_in(procedure.names):
            when = f" on {procedure.performed}" if procedure.performed else ""
            yield Because(f"{procedure.text}{when}", procedure.resource, procedure.code)


_UNDONE = ("not-done", "entered-in-error", "stopped")
_PLANNED = ("preparation", "on-hold")


def _done(match: ProcedureMatch, procedure: Procedure, on: date) -> bool:
    """Whether it was done when the rule means; one without a date may have been yesterday."""
    if procedure.status in _UNDONE:
        return False
    if not match.ever and match.within is None:
        return procedure.performed == on
    if procedure.status in _PLANNED or (procedure.performed and procedure.performed > on):
        return False
    if match.within is None:
        return True
    return procedure.performed is not None and match.within.met_by((on - procedure.performed).days)


def _by_misspelling(person: Person) -> Iterator[Because]:
    # Comparing letters is slow, and nobody takes so many medicines that nobody knows.
    for medicine in person.medicines[:MOST_SPELT]:
        like = reads_like(medicine)
        if like is not None:
            yield Because(f"{medicine.text}: did you mean {like}?", medicine.resource)


def _by_misspelt_diagnosis(person: Person) -> Iterator[Because]:
    known = {condition.resource for pairs in person.diagnoses.values() for condition, _ in pairs}
    # A diagnosis with a code was picked from a list, and is what it says.
    strangers = [
        one
        for one in person.record.conditions
        if one.current and not one.codes and one.resource not in known
    ]
    for condition in strangers[:MOST_SPELT]:
        like = diagnosis_like(condition.names)
        if like is not None:
            words = f"{condition.text}: did you mean {like}?"
            yield Because(words, condition.resource, condition.code)


def _by_report(rule: Rule, person: Person) -> Iterator[Because]:
    """Entries of the record that nobody could read; what has no label may be of any kind."""
    for resource, why in person.record.report.not_understood:
        if resource.startswith(("entry[", *rule.not_understood)):
            yield Because(f"not understood: {why}", resource)


def _by_condition(match: ConditionMatch, person: Person) -> Iterator[Because]:
    for condition, code in _diagnoses(match, person):
        recent = match.within is None or _recent(match.within, condition, person.on)
        if recent is None:
            recent = match.undated_counts or (match.recorded_counts and _new(condition))
        if recent:
            yield Because(_words(condition), condition.resource, code or condition.code)


def _diagnoses(match: ConditionMatch, person: Person) -> Iterator[tuple[Condition, str | None]]:
    """Diagnoses that the rule means, with the code that says so; None where the words do."""
    for condition, code in person.diagnoses.get(match.number, ()):
        past = not condition.current or says_past(condition.names)
        if condition.holds and {"active": not past, "past": past, "ever": True}[match.when]:
            yield condition, code


def _recent(within: Threshold, condition: Condition, on: date) -> bool | None:
    """Whether it began within so many days; None where no date says."""
    if condition.onset is not None:
        return within.met_by((on - condition.onset).days)
    # It began before it was written down: an old entry is old, a new one may still be either.
    if condition.recorded is not None and not within.met_by((on - condition.recorded).days):
        return False
    return None


def _new(condition: Condition) -> bool:
    """Whether it was written down lately, which `_recent` has compared, or is called recent.

    A history ("personal history of TIA", Z86.73) was old when it was written down.
    """
    if says_past(condition.names) or any("|Z8" in code for code in condition.codes):
        return False
    return condition.recorded is not None or says_recent(condition.names)


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
    if not all(limit.met_by(dose.at_least) for limit, dose in limits(match, person.medicines)):
        return
    wanted, named = set(match.classes), set(match.ingredients)
    hits = [
        m
        for m, classes, holds in person.holdings
        if classes & wanted or holds & named
        if not match.says.say or match.says.found_in(m.names)
    ]
    for medicine in dict.fromkeys(hits + partners) if hits else ():
        yield Because(_taken(medicine), medicine.resource, medicine.code)


def limits(
    match: MedicineMatch, medicines: tuple[Medicine, ...]
) -> Iterator[tuple[Threshold, DailyDose]]:
    """The limits of a daily dose that it has, each with the dose of this person."""
    if match.diazepam_mg_a_day is not None:
        yield match.diazepam_mg_a_day, diazepam_mg_a_day(medicines)
    if match.mme_a_day is not None:
        yield match.mme_a_day, mme_a_day(medicines)


def _taken(medicine: Medicine) -> str:
    """How the source calls it, with what must be known of how it is taken."""
    words = medicine.text
    if medicine.status == "on-hold":
        words += " (on hold)"
    if medicine.daily.as_needed:
        most = medicine.daily.most.mg
        words += " (as needed" + (f", at most {format_number(most)} mg a day)" if most else ")")
    return words


def _by_allergy(names: Names, person: Person) -> Iterator[Because]:
    for allergy in person.record.allergies.entries:
        coded = any(by_code().get(code) in names.say for code in allergy.codes)
        if coded or names.found_in(allergy.names):
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
    years = person.years
    if years is not None and all(threshold.met_by(years) for threshold in rule.age):
        yield Because(f"{years} years old", f"Patient/{person.record.person.id}")


def _by_answer(rule: Rule, person: Person) -> Iterator[Because]:
    for question, choices in rule.answers.items():
        given = person.answers.get(question)
        if given is not None and given in choices:
            source = person.read_from.get(question) or f"answer/{question}"
            yield Because(f"{question.replace('-', ' ')}: {given}", source)
