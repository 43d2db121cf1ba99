"""Every rule by its id: all its grades, their limits with examples, and what they rest on."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from openketamine.clinic.library.cards import (
    ACTION_WORDS,
    EVIDENCE_WORDS,
    KIND_WORDS,
    SourceLine,
    source_lines,
)
from openketamine.clinic.library.sentences import (
    about,
    raised_by,
    set_aside_by,
    signal_words,
    threshold_words,
)
from openketamine.clinic.library.tree import words
from openketamine.core.monitoring import alarm_limits
from openketamine.core.screening import HouseLimit, house_limits
from openketamine.knowledge import Document, documents

KINDS = ("contraindications", "interactions", "alarms", "checklists", "dose-checks")
_KIND_OF_FOLDER = {"alarms": "alarm", "checklists": "checklist", "dose-checks": "dose-check"}
ALL_KINDS: Mapping[str, str] = {
    **KIND_WORDS,
    "alarm": "Alarm",
    "checklist": "Checklist",
    "dose-check": "Dose check",
}
PRIORITY_WORDS = {"high": "Alarm, high", "medium": "Alarm, medium", "low": "Alarm, low"}
_AGAINST = {
    "baseline": "rise over the baseline",
    "baseline_percent": "rise in per cent of the baseline",
}
_RISES = {"_rise": _AGAINST["baseline"], "_rise_percent": _AGAINST["baseline_percent"]}
_IS_ID = re.compile(r"[A-Z][A-Z0-9-]*\Z")


@dataclass(frozen=True)
class Limit:
    """One threshold with what is on its two sides. `house`: what a clinic may tighten of it."""

    what: str
    says: str
    met: tuple[str, ...]
    not_met: tuple[str, ...]
    sources: tuple[SourceLine, ...]
    tag: str
    house: HouseLimit | None = None

    @property
    def evidence(self) -> str:
        """The tag in words."""
        return EVIDENCE_WORDS.get(self.tag, "")


@dataclass(frozen=True)
class Grade:
    """One entry of a knowledge file that carries the rule's id."""

    kind: str
    document: Document
    folder: str
    level: str
    word: str
    summary: str
    advice: tuple[str, ...]
    about: tuple[str, ...]
    raised_by: tuple[str, ...]
    set_aside_by: tuple[str, ...]
    limits: tuple[Limit, ...]
    sources: tuple[SourceLine, ...]
    tag: str
    overridable: bool
    group: str

    @property
    def evidence(self) -> str:
        """The tag in words."""
        return EVIDENCE_WORDS.get(self.tag, "")

    @property
    def badge(self) -> str:
        """The classes of its badge: a level of advice, or a priority of an alarm."""
        return f"alarm alarm-{self.level}" if self.kind == "alarm" else f"level level-{self.level}"


@dataclass(frozen=True)
class RuleEntry:
    """A rule with its grades, the strictest first. `content`: a hash of all that it says."""

    id: str
    grades: tuple[Grade, ...]
    content: str

    @property
    def first(self) -> Grade:
        """The grade that stands for the rule in a list."""
        return self.grades[0]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of its grades, each once."""
        return tuple(dict.fromkeys(grade.kind for grade in self.grades))

    @property
    def kind_word(self) -> str:
        """The kind of the first grade in words."""
        return ALL_KINDS.get(self.first.kind, self.first.kind.capitalize())

    @property
    def tags(self) -> frozenset[str]:
        """Every evidence tag in it, those of its limits included."""
        limits = {limit.tag for grade in self.grades for limit in grade.limits}
        return frozenset({grade.tag for grade in self.grades} | limits)

    @property
    def reviewed_in_file(self) -> str:
        """Who reviewed the files it stands in; empty where one of them was never reviewed."""
        named = [grade.document.reviewed_by or "" for grade in self.grades]
        return ", ".join(dict.fromkeys(named)) if all(named) else ""

    @property
    def text(self) -> str:
        """All its words, for a search."""
        said = [self.id, self.kind_word]
        for grade in self.grades:
            said += [grade.summary, grade.document.title, *grade.advice, *grade.raised_by]
        return " ".join(said).lower()


@cache
def rule_entries() -> Mapping[str, RuleEntry]:
    """Every rule by id, in the order of the files."""
    found: dict[str, list[tuple[Grade, Any]]] = {}
    for folder in KINDS:
        for file in documents(folder):
            for node, title in _rule_nodes(file.body, file.title):
                grade = _grade(folder, file, node, title)
                found.setdefault(str(node["rule"]), []).append((grade, node))
    return {name: _entry(name, entries) for name, entries in found.items()}


def _entry(name: str, entries: list[tuple[Grade, Any]]) -> RuleEntry:
    order = ["low", "medium", "high", *ACTION_WORDS]
    grades = sorted((grade for grade, _ in entries), key=lambda grade: -order.index(grade.level))
    said = json.dumps([node for _, node in entries], sort_keys=True, default=str)
    every = (*house_limits(), *alarm_limits())
    own = [limit for limit in every if limit.rule == name]
    graded = tuple(_with_house(grade, own) for grade in grades)
    return RuleEntry(name, graded, hashlib.sha256(said.encode()).hexdigest()[:16])


def _with_house(grade: Grade, own: list[HouseLimit]) -> Grade:
    mine = {(_what(limit), limit.side): limit for limit in own if limit.action == grade.level}
    sided = [
        replace(limit, house=mine.get((limit.what, _side(limit.says)))) for limit in grade.limits
    ]
    return replace(grade, limits=tuple(sided))


def _what(limit: HouseLimit) -> str:
    """As the table of a rule calls it; an alarm stands under its signal and needs no name."""
    if limit.action not in PRIORITY_WORDS:
        return signal_words(limit.signal)
    kinds = (kind for ending, kind in _RISES.items() if limit.signal.endswith(ending))
    return next(kinds, "value")


def _side(says: str) -> str:
    return "above" if "above" in says else "below"


def _rule_nodes(node: Any, title: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Nodes with a rule, each with the best name that stands over it."""
    if isinstance(node, list):
        for one in node:
            yield from _rule_nodes(one, title)
    if not isinstance(node, Mapping):
        return
    here = str(node.get("name") or title)
    if isinstance(node.get("rule"), str) and _IS_ID.match(node["rule"]):
        yield node, here
    for key, value in node.items():
        named = isinstance(value, Mapping) and "rule" in value
        yield from _rule_nodes(value, words(str(key)) if named else here)


def _grade(folder: str, file: Document, node: Mapping[str, Any], title: str) -> Grade:
    level, word = _level(folder, node)
    return Grade(
        kind=str(node.get("kind") or _KIND_OF_FOLDER.get(folder, folder)),
        document=file,
        folder=folder,
        level=level,
        word=word,
        summary=_summary(node, title),
        advice=tuple(str(line) for line in node.get("advice", ())),
        about=about(node),
        raised_by=raised_by(node),
        set_aside_by=set_aside_by(node),
        limits=tuple(_limits(node, "")),
        sources=source_lines(node.get("sources") or ()),
        tag=str(node.get("evidence", "")),
        overridable=bool(node.get("overridable", level in ("override", "defer"))),
        group=str(node.get("group", node["rule"])),
    )


def _level(folder: str, node: Mapping[str, Any]) -> tuple[str, str]:
    if priority := node.get("priority"):
        return str(priority), PRIORITY_WORDS[str(priority)]
    if folder == "alarms":
        return "medium", "Alarm"
    action = str(node.get("action") or "defer")
    return action, "Holds the gate" if folder == "checklists" else ACTION_WORDS[action]


def _summary(node: Mapping[str, Any], title: str) -> str:
    said = node.get("summary") or node.get("question")
    if said:
        return str(said)
    bounds = [threshold_words(one) for one in node.get("any_of", ()) if "compare" in one]
    return f"{title}: {' or '.join(bounds)}" if bounds else title


def _limits(node: Any, name: str) -> Iterator[Limit]:
    if isinstance(node, list):
        for one in node:
            yield from _limits(one, name)
    if not isinstance(node, Mapping):
        return
    if "compare" in node:
        yield _limit(node, name)
    inner = str(node.get("signal") or name)
    for key, value in node.items():
        if key not in ("examples", "sources") and not _another_rule(value):
            yield from _limits(value, inner if key in ("any_of", "low", "high") else str(key))


def _another_rule(value: Any) -> bool:
    return isinstance(value, Mapping) and "rule" in value


def _limit(node: Mapping[str, Any], name: str) -> Limit:
    examples = node.get("examples", {})
    rise = _AGAINST.get(str(node.get("against")), "")
    return Limit(
        what=rise or signal_words(name) or "value",
        says=threshold_words(node),
        met=tuple(str(one) for one in examples.get("met", ())),
        not_met=tuple(str(one) for one in examples.get("not_met", ())),
        sources=source_lines(node.get("sources") or ()),
        tag=str(node.get("evidence", "")),
    )
