"""An evaluation read back from the JSON in which it was recorded."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from openketamine.core.findings import Action, Because, Finding, sources_of
from openketamine.core.screening._evaluation import Evaluation, Override, Unknown


def recorded(body: Mapping[str, Any]) -> Evaluation:
    """The evaluation that `as_json` wrote, so that it can be compared with one of today.

    What an older record does not have is empty here. Raises KeyError where it is no evaluation.
    """
    return Evaluation(
        protocol=str(body["protocol"]),
        evaluated_on=date.fromisoformat(str(body["evaluated_on"])),
        knowledge=str(body["knowledge"]),
        decision=str(body["decision"]),
        findings=tuple(_finding(node) for node in body["findings"]),
        unknown=tuple(_unknown(node) for node in body.get("questions", ())),
        overrides=tuple(_override(node) for node in body.get("overrides", ())),
    )


def _finding(node: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=str(node["rule"]),
        kind=str(node["kind"]),
        action=Action(node["action"]),
        summary=str(node["summary"]),
        advice=tuple(node.get("advice", ())),
        because=tuple(
            Because(str(fact["text"]), fact.get("resource"), fact.get("code"))
            for fact in node.get("because", ())
        ),
        sources=sources_of(node.get("sources", ())),
        evidence=node.get("evidence", "P"),
        overridable=bool(node.get("overridable", False)),
    )


def _unknown(node: Mapping[str, Any]) -> Unknown:
    return Unknown(
        question=str(node["question"]),
        text=str(node["text"]),
        choices=tuple(node.get("choices", ())),
        ask=str(node.get("ask", "")),
        at_gate=bool(node.get("at_gate", False)),
    )


def _override(node: Mapping[str, Any]) -> Override:
    return Override(str(node["rule"]), str(node["reason_code"]), str(node["reason"]))
