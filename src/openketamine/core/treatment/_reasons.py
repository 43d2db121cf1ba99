"""How a gate says what it waits for: findings with rule, source and evidence from the checklist."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from openketamine.core.findings import Action, Because, Evidence, Finding, Source
from openketamine.core.monitoring import FindingRaised
from openketamine.core.screening import Tightened
from openketamine.core.treatment._alarms import alarms
from openketamine.core.treatment._chart import answers, items, last_score
from openketamine.core.treatment._facts import Author
from openketamine.core.treatment._state import State
from openketamine.core.treatment._vitals import baseline, believed
from openketamine.knowledge import read_threshold

_HOUSE: Mapping[str, Any] = {
    "sources": ({"id": "HOUSE", "where": "walk two: plan, sign, withdraw, verify, start"},),
    "evidence": "P",
}


@dataclass(frozen=True)
class Context:
    """What a session cannot know by itself.

    `actor` asks; `second` is the other person, who has proved who they are. `claim` is what is
    asked for: what the second person read off bag and pump, or the plan to sign. `age` in years;
    `site`: the thresholds that this clinic has tightened. `consent`: what is against the consent
    that this person signed here; nothing where it holds, or where it is on paper.
    """

    actor: Author | None = None
    second: Author | None = None
    today: date | None = None
    age: int | None = None
    site: tuple[Tightened, ...] = ()
    claim: Mapping[str, Any] = field(default_factory=dict)
    consent: tuple[Finding, ...] = ()


def reason(
    rule: str,
    summary: str,
    *,
    knowledge: Mapping[str, Any] = _HOUSE,
    action: Action = Action.DEFER,
    because: Iterable[str] = (),
) -> Finding:
    """One reason why a gate is shut."""
    evidence: Evidence = knowledge["evidence"]
    return Finding(
        rule=rule,
        kind="readiness",
        action=action,
        summary=summary,
        because=tuple(Because(text) for text in because),
        sources=tuple(
            Source(source["id"], source.get("where", "")) for source in knowledge["sources"]
        ),
        evidence=evidence,
        overridable=bool(knowledge.get("overridable", False)),
    )


def unanswered(state: State, checklist: str) -> Iterator[Finding]:
    """Items of a checklist that are not known, or not answered as they must be."""
    given = answers(state, checklist)
    number = state.opened.session_number if state.opened else 1
    for item in items(checklist, number):
        answer = given.get(item["item"])
        if answer is None or answer.body.answer == "not_known":
            yield reason(item["rule"], f"Not known: {item['question']}", knowledge=item)
        elif answer.body.answer not in item["accept"]:
            said = [f"answered {answer.body.answer.replace('_', ' ')} by {answer.by.name}"]
            yield reason(item["rule"], f"Not so: {item['question']}", knowledge=item, because=said)


def score_reasons(state: State, node: Mapping[str, Any]) -> Iterator[Finding]:
    """A score that is missing or incomplete is not known; a high risk shuts the gate."""
    scored = last_score(state, tuple(node["instruments"]))
    known = scored is not None and (
        scored.body.band in node["known"] if "known" in node else scored.body.total is not None
    )
    if scored is None or not known:
        yield reason(node["rule"], f"Not known: {node['name']} of today", knowledge=node)
    elif scored.body.band in node.get("high", ()):
        yield reason(
            node["rule"],
            f"{node['name']}: {scored.body.band} risk. Stay with the person; evaluate now.",
            knowledge=node,
            action=Action.BLOCK,
            because=[*scored.body.flags, f"scored at {scored.at.isoformat()}"],
        )


def vitals_reasons(state: State, now: datetime, node: Mapping[str, Any]) -> Iterator[Finding]:
    """Signals whose newest believed number is missing, too old or out of range."""
    base = baseline(state)
    for signal in node["signals"]:
        newest = [(at, value) for at, value in believed(state, signal["signal"]) if at <= now][-1:]
        fresh = [v for at, v in newest if _within(node["within"], now, at)]
        if not fresh:
            yield reason(signal["rule"], f"Not known: {signal['name']} now", knowledge=signal)
            continue
        as_usual = signal.get("or_baseline") and fresh[0] >= base.get(
            signal["signal"], fresh[0] + 1
        )
        if not as_usual and any(
            read_threshold(signal[side]).met_by(fresh[0])
            for side in ("low", "high")
            if side in signal
        ):
            words = f"{signal['name']} {fresh[0].normalize():f} is out of range"
            yield reason(signal["rule"], words, knowledge=signal)


def fresh_pressures(
    state: State, now: datetime, within: Mapping[str, Any]
) -> list[tuple[datetime, Any, Any]]:
    """Believed blood pressures before `now`, oldest first: (at, systolic, diastolic)."""
    low = dict(believed(state, "diastolic"))
    return [
        (at, systolic, low[at])
        for at, systolic in believed(state, "systolic")
        if at in low and at <= now and _within(within, now, at)
    ]


def _within(node: Mapping[str, Any], now: datetime, at: datetime) -> bool:
    return read_threshold(node).met_by((now - at).total_seconds())


def standing_alarms(state: State, priorities: Sequence[str]) -> Iterator[Finding]:
    """Physiological findings that stand, of these priorities."""
    for alarm in alarms(state):
        finding = alarm.finding
        if alarm.active and finding.nature == "physiological" and finding.priority in priorities:
            yield alarm_reason(finding)


def alarm_reason(finding: FindingRaised) -> Finding:
    """A standing finding as a reason to wait."""
    knowledge = {"sources": finding.sources, "evidence": finding.evidence}
    return reason(finding.rule, f"Still standing: {finding.summary}", knowledge=knowledge)
