"""The one evaluator of screening: rules against a person, under a protocol, on a day."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from openketamine.core.findings import BadInput, Because, Finding
from openketamine.core.history import PersonRecord, latest
from openketamine.core.screening._evaluation import Evaluation, Override, decision_of
from openketamine.core.screening._matching import Person, because
from openketamine.core.screening._questions import current_answers, unknowns, unrecognised
from openketamine.core.screening._rule import Plan, Rule
from openketamine.core.screening._rules import known_programmes, rules
from openketamine.core.screening._site import (
    AGE,
    Tightened,
    digest_with,
    rules_of,
    with_own_words,
)
from openketamine.knowledge import document, names

LOCALES = (None, "us", "eu", "strictest")


def evaluate(
    record: PersonRecord,
    protocol_id: str,
    on: date,
    overrides: tuple[Override, ...] = (),
    locale: str | None = None,
    site: tuple[Tightened, ...] = (),
    programmes: frozenset[str] = frozenset(),
) -> Evaluation:
    """What speaks against (or for) treating this person under this protocol on this day.

    An override removes exactly its own rule from the decision, and only where the rule may be
    overridden; the finding stays to be seen. `locale` is "us" or "eu": whose label counts where
    they differ; "strictest" or none: the stricter does. `site`: thresholds that this clinic has
    tightened. `programmes`: what it has switched on for itself. Raises BadInput for a protocol,
    locale or programme that does not exist.
    """
    known = names("protocols")
    if protocol_id not in known:
        raise BadInput("protocol", f"one of {', '.join(known)}", protocol_id)
    if locale not in LOCALES:
        raise BadInput("locale", "us, eu, or strictest for the stricter of both", locale)
    for stranger in sorted(programmes - known_programmes()):
        raise BadInput("programme", f"one of {', '.join(sorted(known_programmes()))}", stranger)
    plan = _plan(protocol_id, None if locale == "strictest" else locale, programmes)
    person = Person(record, on, current_answers(record, on))
    raised = _raise(_fitting(plan, tuple(site)), person)
    if site:
        raised = tuple(_own(finding, plan, person, site) for finding in raised)
    unknown = unknowns(person, plan, {finding.rule for finding in raised}) + unrecognised(person)
    with_what = digest_with(site)
    evaluation = Evaluation(
        protocol_id, on, with_what, "", raised, unknown, overrides, site, locale, programmes
    )
    return replace(evaluation, decision=decision_of(evaluation.standing))


@lru_cache(maxsize=256)
def _fitting(plan: Plan, site: tuple[Tightened, ...]) -> tuple[Rule, ...]:
    """The rules that speak about this plan; the same for everybody whom a clinic sees."""
    return tuple(rule for rule in rules_of(site) if rule.fits(plan))


def _plan(protocol_id: str, locale: str | None, programmes: frozenset[str]) -> Plan:
    body = document("protocols", protocol_id).body
    # Esketamine for injection is the drug of the spray: what is said of one is said of both.
    drug = str(document("drugs", str(body["drug"])).body["name"])
    return Plan(
        protocol_id, drug, str(body["route"]), str(body["area"]), locale, frozenset(programmes)
    )


def _own(finding: Finding, plan: Plan, person: Person, site: tuple[Tightened, ...]) -> Finding:
    """A finding that a tightened limit raised, or raised too, says so."""
    mine = tuple(wish for wish in site if wish.rule == finding.rule)
    if not mine:
        return finding
    measured = {wish.signal: latest(person.record, wish.signal, person.on) for wish in mine}
    crossed = {signal: one.value for signal, one in measured.items() if one is not None}
    if person.years is not None:
        crossed[AGE] = Decimal(person.years)
    house = any(
        because(rule, person)
        for rule in rules()
        if (rule.id, rule.action) == (finding.rule, finding.action) and rule.fits(plan)
    )
    return with_own_words(finding, mine, crossed, house_agrees=house)


def _raise(fitting: Iterable[Rule], person: Person) -> tuple[Finding, ...]:
    """Findings, strictest first; of the grades of one group only the strictest that fits."""
    strictest: dict[str, tuple[Rule, tuple[Because, ...]]] = {}
    for rule in fitting:
        facts = because(rule, person)
        before = strictest.get(rule.group)
        if facts and (before is None or rule.action.strictness > before[0].action.strictness):
            strictest[rule.group] = rule, facts
    findings = [rule.finding(facts, person.years) for rule, facts in strictest.values()]
    return tuple(sorted(findings, key=lambda finding: -finding.action.strictness))
