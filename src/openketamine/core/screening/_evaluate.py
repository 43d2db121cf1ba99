"""The one evaluator of screening: rules against a person, under a protocol, on a day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from openketamine.core.findings import BadInput, Because, Finding
from openketamine.core.history import PersonRecord, age
from openketamine.core.screening._evaluation import Evaluation, Override, decision_of
from openketamine.core.screening._matching import Person, because
from openketamine.core.screening._questions import current_answers, unknowns
from openketamine.core.screening._rule import Plan, Rule
from openketamine.core.screening._rules import rules
from openketamine.core.screening._site import Tightened, tightened
from openketamine.knowledge import digest, document, documents

LOCALES = (None, "us", "eu")


def evaluate(
    record: PersonRecord,
    protocol_id: str,
    on: date,
    overrides: tuple[Override, ...] = (),
    locale: str | None = None,
    site: tuple[Tightened, ...] = (),
) -> Evaluation:
    """What speaks against (or for) treating this person under this protocol on this day.

    An override removes exactly its own rule from the decision, and only where the rule may be
    overridden; the finding stays to be seen. `locale` is "us" or "eu": whose label counts where
    they differ; without one the stricter does. `site`: thresholds that this clinic has tightened.
    Raises BadInput for an unknown protocol or locale.
    """
    known = [file.id for file in documents("protocols")]
    if protocol_id not in known:
        raise BadInput("protocol", f"one of {', '.join(known)}", protocol_id)
    if locale not in LOCALES:
        raise BadInput("locale", "us, eu, or none for the stricter of both", locale)
    plan = _plan(protocol_id, locale)
    person = Person(record, on, current_answers(record, on))
    every = tightened(rules(), site) if site else rules()
    raised = _raise((rule for rule in every if rule.fits(plan)), person)
    unknown = unknowns(person, plan, {finding.rule for finding in raised})
    evaluation = Evaluation(protocol_id, on, digest(), "", raised, unknown, overrides)
    return replace(evaluation, decision=decision_of(evaluation.standing))


def _plan(protocol_id: str, locale: str | None) -> Plan:
    body = document("protocols", protocol_id).body
    # Esketamine for injection is the drug of the spray: what is said of one is said of both.
    drug = str(document("drugs", str(body["drug"])).body["name"])
    return Plan(protocol_id, drug, str(body["route"]), str(body["area"]), locale)


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
