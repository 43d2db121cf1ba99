"""Recorded decisions as lines of a page. Many people stand there, so nobody is named."""

from collections.abc import Iterable
from typing import Any

from openketamine.clinic.library.cards import ACTION_WORDS, DECISION_WORDS
from openketamine.clinic.rulebook.decisions import Decision
from openketamine.clinic.rulebook.replay import Changed
from openketamine.core.dosing import protocol, protocols

SHOWN = 100


def titles() -> dict[str, str]:
    """Every protocol's title."""
    return {name: protocol(name).title for name in protocols()}


def decision_rows(found: Iterable[Decision], rule: str) -> list[dict[str, Any]]:
    """Each decision with what the rule found in it."""
    named = titles()
    return [
        {
            "decision": one,
            "title": named.get(one.protocol, one.protocol),
            "word": _word(one.evaluation.decision),
            "findings": [
                {
                    "level": finding.action.value,
                    "word": ACTION_WORDS[finding.action.value],
                    "facts": [fact.text for fact in finding.because],
                    "overridden": finding.rule in one.evaluation.overridden,
                }
                for finding in one.evaluation.findings
                if finding.rule == rule
            ],
        }
        for one in found
    ]


def changed_rows(found: Iterable[Changed]) -> list[dict[str, Any]]:
    """Each decision that comes out differently: old and new, the rules, and their facts."""
    named = titles()
    return [
        {
            "decision": one.decision,
            "title": named.get(one.decision.protocol, one.decision.protocol),
            "before": _level(one.difference.before),
            "after": _level(one.difference.after),
            "same": not one.difference.decided_differently,
            "recorded": _word(one.as_recorded) if one.as_recorded else "",
            "changes": [
                {
                    "rule": change.rule,
                    "summary": change.summary,
                    "before": ACTION_WORDS.get(change.before, "silent"),
                    "after": ACTION_WORDS.get(change.after, "silent"),
                    "facts": facts,
                }
                for change, facts in one.facts
            ],
        }
        for one in list(found)[:SHOWN]
    ]


def _level(decision: str) -> dict[str, str]:
    return {"level": decision, "word": _word(decision)}


def _word(decision: str) -> str:
    return DECISION_WORDS[decision][0] if decision in DECISION_WORDS else decision
