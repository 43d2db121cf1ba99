"""A recorded evaluation on paper, as it was read: nothing is decided or looked up again here."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import typst

from openketamine.clinic.library.cards import decision_card, finding_card
from openketamine.clinic.patients.banner import GENDERS, clinic_date
from openketamine.clinic.patients.queries import KeptEvaluation
from openketamine.clinic.reports.times import Clock, moment

_TEMPLATE = Path(__file__).parent / "evaluation.typ"


def evaluation_pdf(
    kept: KeptEvaluation, now: datetime, zone: tzinfo, *, paper: str, demo: bool
) -> bytes:
    """The evaluation as PDF. Nothing of the person is in the metadata of the file.

    Times stand with their zone, since paper travels.
    """
    made = typst.compile(
        str(_TEMPLATE), sys_inputs={"data": json.dumps(_data(kept, now, zone, paper, demo=demo))}
    )
    assert isinstance(made, bytes)  # noqa: S101  (one file was asked for)
    return made


def _data(
    kept: KeptEvaluation, now: datetime, zone: tzinfo, paper: str, *, demo: bool
) -> dict[str, Any]:
    said, clock = kept.evaluation, Clock(zone)
    return {
        "paper": paper,
        "demo": demo,
        "person": _person(said.get("person", {})),
        "protocol": str(said.get("title") or said["protocol"]),
        "protocol_id": str(said["protocol"]),
        "record": str(said.get("record", "")),
        "evaluated_on": clinic_date(moment(f"{said['evaluated_on']}T00:00:00").date()),
        "recorded": f"{clock.with_zone(kept.at)} by {kept.by}",
        "printed": clock.with_zone(now),
        "knowledge": str(said["knowledge"]),
        "fact": kept.id,
        "decision": decision_card(
            str(said["decision"]),
            still_to_ask=bool(said.get("still_to_ask")),
            set_aside=[str(one["rule"]) for one in said["findings"] if one.get("overridden")],
        ),
        "findings": _findings(said, clock),
        "answered": list(said.get("answered", ())),
        "zone": str(said.get("zone", "")),
        "unknown": [_question(one) for one in said.get("questions", ())],
    }


def _person(said: Mapping[str, str]) -> dict[str, str]:
    return {
        "family": said.get("family", "Not known").upper(),
        "given": said.get("given", ""),
        "born": said.get("born", "Not known"),
        "gender": GENDERS.get(said.get("gender", ""), "Not known"),
        "id": said.get("id", "Not known"),
        "allergies": said.get("allergies", ""),
        "allergy_names": said.get("allergy_names", ""),
        "weight": said.get("weight", "Not known"),
    }


def _findings(said: Mapping[str, Any], clock: Clock) -> list[dict[str, Any]]:
    """Each finding with its facts as they were read; an older record has only their words."""
    signed = {one["rule"]: one for one in said.get("signed", ())}
    every: Sequence[Mapping[str, Any]] = said["findings"]
    lines = said.get("rests_on") or [finding["because"] for finding in every]
    return [
        _finding(finding, facts, signed if finding.get("overridden") else {}, clock)
        for finding, facts in zip(every, lines, strict=True)
    ]


def _finding(
    finding: Mapping[str, Any],
    facts: Sequence[Mapping[str, Any]],
    signed: Mapping[str, Mapping[str, str]],
    clock: Clock,
) -> dict[str, Any]:
    card, over = finding_card(finding), signed.get(str(finding["rule"]))
    return {
        "rule": card.rule,
        "level": card.level,
        "word": card.word,
        "kind": card.kind,
        "summary": card.summary,
        "advice": list(card.advice),
        "facts": [
            {
                "text": str(fact["text"]),
                "from": " · ".join(
                    filter(None, (fact.get("on"), fact.get("origin"), fact.get("resource")))
                ),
            }
            for fact in facts
        ],
        "sources": [
            ", ".join(filter(None, (source.title, source.where, source.locator)))
            for source in card.sources
        ],
        "evidence": f"{finding.get('evidence', '')}, {card.evidence}",
        "overridable": card.overridable,
        "override": over
        and {
            "code": over["code"],
            "reason": over["reason"],
            "by": over["by"],
            "at": clock.with_zone(over["at"]),
            "meaning": over.get("meaning", ""),
        },
    }


def _question(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ask": str(asked.get("ask") or asked["text"]),
        "choices": [choice for choice in asked.get("choices", ()) if choice != "not known"],
    }
