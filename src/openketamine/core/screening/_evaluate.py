"""The one evaluator of screening: rules against a person, under a protocol, on a day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from openketamine.core.findings import BadInput, Because, Finding
from openketamine.core.history import PersonRecord, age
from openketamine.core.screening._evaluation import Evaluation, Override, decision_of
from openketamine.core.screening._matching import Person, because
from openketamine.core.screening._questions import current_answers, unknowns
from openketamine.core.screening._rules import Rule, rules
from openketamine.knowledge import digest, document, documents


def evaluate(
    record: PersonRecord, protocol_id: str, on: date, overrides: tuple[Override, ...] = ()
) -> Evaluation:
    """What speaks against (or for) treating this person under this protocol on this day.

    An override removes exactly its own rule from the decision, and only where the rule may be
    overridden; the finding stays to be seen. Raises BadInput for an unknown protocol.
    """
    known = [file.id for file in documents("protocols")]
    if protocol_id not in known:
        raise BadInput("protocol", f"one of {', '.join(known)}", protocol_id)
    protocol = document("protocols", protocol_id).body
    drug, route, area = (str(protocol[key]) for key in ("drug", "route", "area"))
    person = Person(record, on, current_answers(record, on))
    fitting = [rule for rule in rules() if rule.fits(drug, route, area)]
    raised = _raise(fitting, person)
    unknown = unknowns(person, drug, area, {finding.rule for finding in raised})
    evaluation = Evaluation(protocol_id, on, digest(), "", raised, unknown, overrides)
    return replace(evaluation, decision=decision_of(evaluation.standing))


def _raise(fitting: Iterable[Rule], person: Person) -> tuple[Finding, ...]:
    """Findings, strictest first; of the grades of one group only the strictest that fits."""
    years = age(person.record, person.on)
    strictest: dict[str, tuple[Rule, tuple[Because, ...]]] = {}
    for rule in fitting:
        facts = because(rule, person)
        before = strictest.get(rule.group)
        if facts and (before is None or rule.action.strictness > before[0].action.strictness):
            strictest[rule.group] = rule, facts
    findings = [rule.finding(facts, years) for rule, facts in strictest.values()]
    return tuple(sorted(findings, key=lambda finding: -finding.action.strictness))
