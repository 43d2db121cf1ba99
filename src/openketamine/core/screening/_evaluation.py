"""The answer of an evaluation: a decision, the findings behind it, and what nobody has said yet."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from openketamine.core.findings import Action, Finding, strictest
from openketamine.core.screening._site import Tightened


@dataclass(frozen=True)
class Override:
    """A prescriber goes on in spite of one rule, with a coded reason and words."""

    rule: str
    reason_code: str
    reason: str


@dataclass(frozen=True)
class Unknown:
    """Something that the record does not say. `text` names it, `ask` is the question in full.

    `choices` are the answers to pick from; empty where a measurement is asked for. `at_gate`: asked
    on the day, before the dose; an order need not wait for it.
    """

    question: str
    text: str
    choices: tuple[str, ...]
    ask: str = ""
    at_gate: bool = False

    def as_json(self) -> dict[str, Any]:
        """The question as a screen needs it."""
        return {
            "question": self.question,
            "text": self.text,
            "ask": self.ask,
            "choices": list(self.choices),
            "at_gate": self.at_gate,
        }


@dataclass(frozen=True)
class Evaluation:
    """One person against one protocol on one day, with the knowledge it was decided with.

    `site`: the thresholds that the clinic had tightened; `knowledge` covers them too. `locale`:
    whose label counted; None or "strictest": the stricter. `programmes`: what was switched on.
    """

    protocol: str
    evaluated_on: date
    knowledge: str
    decision: str
    findings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    overrides: tuple[Override, ...] = field(default=())
    site: tuple[Tightened, ...] = ()
    locale: str | None = None
    programmes: frozenset[str] = frozenset()

    @property
    def overridden(self) -> frozenset[str]:
        """The rules that a prescriber's override really sets aside."""
        asked = {override.rule for override in self.overrides}
        return frozenset(f.rule for f in self.findings if f.overridable and f.rule in asked)

    @property
    def standing(self) -> tuple[Finding, ...]:
        """Findings that were not overridden."""
        return tuple(f for f in self.findings if f.rule not in self.overridden)

    @property
    def refuses(self) -> tuple[Finding, ...]:
        """Findings that stop the treatment today: override, defer or block, and not overridden."""
        limit = Action.OVERRIDE.strictness
        return tuple(f for f in self.standing if f.action.strictness >= limit)

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract, with questions and overrides added."""
        return {
            "protocol": self.protocol,
            "evaluated_on": self.evaluated_on.isoformat(),
            "knowledge": self.knowledge,
            "decision": self.decision,
            "findings": [
                {**finding.as_json(), "overridden": finding.rule in self.overridden}
                for finding in self.findings
            ],
            "unknown": [unknown.text for unknown in self.unknown],
            "questions": [unknown.as_json() for unknown in self.unknown],
            "overrides": [vars(override) for override in self.overrides],
            **({"own_limits": [own.as_json() for own in self.site]} if self.site else {}),
            **({"locale": self.locale} if self.locale else {}),
            **({"programmes": sorted(self.programmes)} if self.programmes else {}),
        }


def decision_of(findings: tuple[Finding, ...]) -> str:
    """The strictest action; "proceed" where nothing is above info."""
    action = strictest(findings)
    return "proceed" if action is Action.INFO else action.value
