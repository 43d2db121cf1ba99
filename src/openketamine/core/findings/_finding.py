"""Findings and refusals as values. A decision is never an exception and never a log line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

Evidence = Literal["R", "B", "P"]
"""R: read in the source named. B: background, still to be checked. P: a proposed default."""


class Action(StrEnum):
    """What a finding asks for, from mildest to strictest."""

    INFO = "info"
    CAUTION = "caution"
    OVERRIDE = "override"
    DEFER = "defer"
    BLOCK = "block"

    @property
    def strictness(self) -> int:
        """0 for info up to 4 for block; compare these, not the words."""
        return list(Action).index(self)


@dataclass(frozen=True)
class Source:
    """Where a rule comes from: a key of knowledge/sources.yaml and a place in it."""

    id: str
    where: str = ""

    def as_json(self) -> dict[str, str]:
        """The form of the command-line contract."""
        return {"id": self.id, "where": self.where}


def sources_of(nodes: Iterable[Mapping[str, Any]]) -> tuple[Source, ...]:
    """The sources that a knowledge file, or a recorded finding, names."""
    return tuple(Source(str(node["id"]), str(node.get("where") or "")) for node in nodes)


@dataclass(frozen=True)
class Because:
    """One of the person's own facts that a finding rests on."""

    text: str
    resource: str | None = None
    code: str | None = None

    def as_json(self) -> dict[str, str | None]:
        """The form of the command-line contract."""
        return {"resource": self.resource, "code": self.code, "text": self.text}


@dataclass(frozen=True)
class Finding:
    """One piece of advice, complete in itself: rule, reason, facts, source, strictness."""

    rule: str
    kind: str
    action: Action
    summary: str
    advice: tuple[str, ...] = ()
    because: tuple[Because, ...] = ()
    sources: tuple[Source, ...] = ()
    evidence: Evidence = "P"
    overridable: bool = False

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {
            "rule": self.rule,
            "kind": self.kind,
            "action": self.action.value,
            "summary": self.summary,
            "advice": list(self.advice),
            "because": [fact.as_json() for fact in self.because],
            "sources": [source.as_json() for source in self.sources],
            "evidence": self.evidence,
            "overridable": self.overridable,
        }


@dataclass(frozen=True)
class Refusal:
    """A no that is a complete answer: every reason, the most limiting first."""

    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        if not self.findings:
            raise ValueError("a refusal carries at least one finding")
        ordered = sorted(self.findings, key=lambda finding: -finding.action.strictness)
        object.__setattr__(self, "findings", tuple(ordered))

    @property
    def summary(self) -> str:
        """The most limiting reason, for a place with room for one line."""
        return self.findings[0].summary

    def as_json(self) -> dict[str, Any]:
        """The form of the command-line contract."""
        return {"findings": [finding.as_json() for finding in self.findings]}


def strictest(findings: Iterable[Finding]) -> Action:
    """The strictest action among findings; INFO where there are none."""
    actions = [finding.action for finding in findings]
    return max(actions, key=lambda action: action.strictness, default=Action.INFO)
