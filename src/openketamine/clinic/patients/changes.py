"""What changed since: since a page was shown, and since the last evaluation was recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from openketamine.clinic.library.cards import ACTION_WORDS, DECISION_WORDS
from openketamine.clinic.patients import queries
from openketamine.clinic.patients.banner import clinic_date
from openketamine.clinic.patients.fact_lines import (
    amount,
    imported_words,
    question_name,
    signal_name,
)
from openketamine.clinic.patients.queries import KeptEvaluation, Known, SignedOverride
from openketamine.core.history import PersonRecord, latest
from openketamine.core.screening import Change, Evaluation, compare, recorded

_MOST_LINES = 12


@dataclass(frozen=True)
class Added:
    """One fact that came since, when, and from whom."""

    text: str
    when: str
    by: str = ""


@dataclass(frozen=True)
class ChangedFinding:
    """One rule that speaks differently: a word for how, its level then and now."""

    rule: str
    word: str
    level: str
    summary: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Since:
    """An evaluation beside the last one that was recorded of the same person and protocol."""

    kept: KeptEvaluation
    before: Mapping[str, str]
    after: Mapping[str, str]
    findings: tuple[ChangedFinding, ...]
    facts: tuple[Added, ...]
    more_facts: int
    knowledge_before: str
    knowledge_changed: bool

    @property
    def decided_differently(self) -> bool:
        """Whether the decision itself is another one."""
        return self.before["level"] != self.after["level"]

    @property
    def count_facts(self) -> int:
        """How many facts came since, those that are not listed included."""
        return len(self.facts) + self.more_facts

    @property
    def any(self) -> bool:
        """Whether anything is different at all."""
        return bool(
            self.decided_differently or self.findings or self.facts or self.knowledge_changed
        )


def since_recorded(
    known: Known, evaluation: Evaluation, kept: KeptEvaluation | None
) -> Since | None:
    """What is different now; None where nothing was recorded under this protocol yet."""
    if kept is None:
        return None
    then = recorded(kept.evaluation)
    facts = tuple(_added(known, kept.at))
    return Since(
        kept=kept,
        before=_decision(then.decision),
        after=_decision(evaluation.decision),
        findings=tuple(_findings(then, evaluation)),
        facts=facts[:_MOST_LINES],
        more_facts=max(0, len(facts) - _MOST_LINES),
        knowledge_before=then.knowledge,
        knowledge_changed=then.knowledge != evaluation.knowledge,
    )


def changed_since(known: Known, stamp: str, day: date) -> list[str]:
    """What was added since a page with this stamp was shown, each in words; empty for nothing."""
    now = known.stamp(day)
    if stamp == now:
        return []
    then, today = stamp.split("."), now.split(".")
    if len(then) != len(today) or not then[3].isdecimal():
        return ["the page does not say what it showed"]
    said = []
    if then[0] != today[0]:
        said.append("another day has begun")
    if then[1] != today[1]:
        said.append("the knowledge was updated")
    if then[2] != today[2]:
        said.append(f"a new version of the record was {imported_words(known.versions[0])}")
    answers = [fact for fact in known.facts if fact.kind == "question_answered"]
    for fact in answers:
        if fact.number > int(then[3]):
            at = timezone.localtime(fact.at)
            name = question_name(fact.body["question"])
            said.append(
                f"“{name}” was answered “{fact.body['value']}” by {fact.by.name} {at:%H:%M}"
            )
    if then[4] != today[4]:
        said.append("a consent was signed or taken back, or something happened that asks for one")
    return said or ["the record is another one"]


def unseen(added: Sequence[str]) -> str:
    """Why nothing was signed, in one sentence."""
    return f"the page as it is now. Since you opened it {'; '.join(added)}"


def set_aside(signed: SignedOverride) -> str:
    """Who set a rule aside and when."""
    return f"set aside by {signed.by} at {signed.at:%H:%M}"


def _decision(decision: str) -> dict[str, str]:
    return {"level": decision, "word": DECISION_WORDS[decision][0]}


def _findings(then: Evaluation, now: Evaluation) -> Iterator[ChangedFinding]:
    """One line a rule, although a rule that grew stricter is two changes to the core."""
    by_rule: dict[str, list[Change]] = {}
    for change in compare(then, now).changes:
        by_rule.setdefault(change.rule, []).append(change)
    for rule, changes in by_rule.items():
        before = next((one.before for one in changes if one.before != "-"), "")
        after = next((one.after for one in changes if one.after != "-"), "")
        summary = next((one.summary for one in changes if one.after != "-"), changes[0].summary)
        word = _word(rule, before, after, then, now)
        words = (ACTION_WORDS.get(before, ""), ACTION_WORDS.get(after, ""))
        yield ChangedFinding(rule, word, after or before, summary, *words)


def _word(rule: str, before: str, after: str, then: Evaluation, now: Evaluation) -> str:
    if not after:
        return "Overridden" if rule in now.overridden else "Gone"
    if not before:
        return "Stands again" if rule in then.overridden else "New"
    order = list(ACTION_WORDS)
    if before == after:
        return "Reworded"
    return "Stricter" if order.index(after) > order.index(before) else "Milder"


def _added(known: Known, at: datetime) -> Iterator[Added]:
    """Answers, overrides and versions of the record that came after that moment, newest last."""
    yield from _from_versions(known, at)
    for fact in known.facts:
        if fact.at <= at:
            continue
        when = _when(fact.at)
        if fact.kind == "question_answered":
            name = question_name(fact.body["question"])
            yield Added(f"{name}: {fact.body['value']}", when, f"answered here, {fact.by.name}")
        else:
            yield Added(
                f"{fact.body['rule']} set aside: “{fact.body['reason']}”", when, fact.by.name
            )


def _from_versions(known: Known, at: datetime) -> Iterator[Added]:
    newest = known.versions[0]
    before = next((one for one in known.versions if one.at <= at), None)
    if before is None or newest.at <= at:
        return
    when, by = _when(newest.at), imported_words(newest).partition(" by ")[2]
    then, now = queries.imported(before), queries.imported(newest)
    lines = list(_record_lines(then, now)) or [
        "A new version of the record, with nothing else in it"
    ]
    for line in lines:
        yield Added(line, when, f"imported by {by}")


def _record_lines(then: PersonRecord, now: PersonRecord) -> Iterator[str]:
    """What one version of a record says and the other does not."""
    for name, old, new in (
        ("Condition", _conditions(then), _conditions(now)),
        ("Medicine", _medicines(then), _medicines(now)),
        ("Allergy", _allergies(then), _allergies(now)),
    ):
        yield from (f"{name} new: {text}" for text in sorted(new - old))
        yield from (f"{name} no longer there: {text}" for text in sorted(old - new))
    for signal in sorted(now.series):
        before, after = latest(then, signal, date.max), latest(now, signal, date.max)
        if after is not None and (before is None or before.value != after.value):
            was = f", before {amount(before)}" if before else ""
            yield f"{signal_name(signal)} {amount(after)} of {clinic_date(after.taken)}{was}"


def _conditions(record: PersonRecord) -> set[str]:
    return {one.text for one in record.conditions if one.current}


def _medicines(record: PersonRecord) -> set[str]:
    return {one.text for one in record.medicines if one.current}


def _allergies(record: PersonRecord) -> set[str]:
    return {one.text for one in record.allergies.entries}


def _when(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{clinic_date(local.date())} {local:%H:%M}"
