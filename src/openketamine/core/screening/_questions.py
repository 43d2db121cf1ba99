"""What is not known: questions that matter for this person and that nothing has answered yet."""

from collections.abc import Mapping, Set
from datetime import date

from openketamine.core.history import PersonRecord, latest
from openketamine.core.screening._evaluation import Unknown
from openketamine.core.screening._ingredients import is_recognised
from openketamine.core.screening._matching import Person, limits, undated
from openketamine.core.screening._rule import Plan, Question
from openketamine.core.screening._rules import questions, rules

NOT_KNOWN = "not known"


def current_answers(record: PersonRecord, on: date) -> Mapping[str, str]:
    """The newest answer to each question, where it is not too old to count."""
    found: dict[str, str] = {}
    for question in questions():
        answer = record.answer(question.id, on)
        if answer is None:
            continue
        good_for = question.lasts.get(answer.value, question.good_for)
        if good_for is None or good_for.met_by((on - answer.at.date()).days):
            found[question.id] = answer.value
    return found


MOST_NAMED = 50


def unrecognised(person: Person) -> tuple[Unknown, ...]:
    """Medicines that nobody here knows: that no rule speaks of them is not "no interaction"."""
    names = dict.fromkeys(m.text for m in person.medicines if not is_recognised(m))
    return tuple(
        Unknown(f"medicine-{place}", f"medicine not recognised: {name}", (), _ASK_NAME)
        for place, name in enumerate(list(names)[:MOST_NAMED], 1)
    )


_ASK_NAME = "What is in it? Give the name of its ingredient at the source, or look it up by hand."


def unknowns(person: Person, plan: Plan, raised: Set[str]) -> tuple[Unknown, ...]:
    """Questions still open, in the order of the files."""
    return tuple(
        Unknown(question.id, question.text, question.choices, question.ask, question.at_gate)
        for question in questions()
        if question.fits(plan) and _matters(question, person, raised)
        if not _answered(question, person, raised)
    )


def _settled(rule_id: str, person: Person) -> bool:
    """Whether no dose as needed, and none that nobody knows, can put it on the other side."""
    matches = [rule.medicines for rule in rules() if rule.id == rule_id and rule.medicines]
    for limit, dose in (pair for match in matches for pair in limits(match, person.medicines)):
        sure = limit.met_by(dose.at_least)
        if not sure and (dose.at_most is None or limit.met_by(dose.at_most)):
            return False
    return True


def _matters(question: Question, person: Person, raised: Set[str]) -> bool:
    if question.asked_for and not raised & set(question.asked_for):
        return False
    if question.undated_for and not _undated(question.undated_for, person):
        return False
    if question.sexes and person.record.person.sex not in question.sexes:
        return False
    years = person.years
    # Of a person whose age nobody knows, no age-bound question can be left out.
    return years is None or all(threshold.met_by(years) for threshold in question.age)


def _undated(rule_id: str, person: Person) -> bool:
    matches = [rule.conditions for rule in rules() if rule.id == rule_id and rule.conditions]
    return any(undated(match, person) for match in matches)


def _answered(question: Question, person: Person, raised: Set[str]) -> bool:
    given = person.answers.get(question.id)
    if given is not None and given != NOT_KNOWN:
        return True
    known = question.known_from
    if raised & set(known.get("rules", ())):
        return True
    if known.get("allergies") and person.record.allergies.state in ("known", "none"):
        return True
    if known.get("medicines") and person.record.medicines:
        return True
    if known.get("conditions") and person.record.conditions:
        return True
    if known.get("birth_date") and person.record.person.birth_date is not None:
        return True
    if known.get("daily_dose_of"):
        return _settled(str(known["daily_dose_of"]), person)
    if signal := known.get("measured"):
        return latest(person.record, str(signal), person.on) is not None
    if today := known.get("measured_today"):
        # Half of a blood pressure is not a blood pressure.
        newest = [latest(person.record, str(signal), person.on) for signal in today]
        return all(one is not None and one.taken == person.on for one in newest)
    return False
