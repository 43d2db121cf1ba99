"""The log with its corrections applied. The original stays visible; the correction counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

from openketamine.core.findings import BadInput
from openketamine.core.log._fact import B, Corrected, Fact


@dataclass(frozen=True)
class Entry(Generic[B]):
    """A fact, and the body that counts for it: None where it was struck out."""

    fact: Fact[B]
    body: B | None
    corrected_by: Fact[B] | None = None
    doubled: bool = False


@dataclass(frozen=True)
class Effective(Generic[B]):
    """All entries in the order in which they happened, and what does not fit together."""

    entries: tuple[Entry[B], ...]
    contradictions: tuple[str, ...]


# Another body of the same kind of fact, from JSON: raises BadInput naming the field.
Reads = Callable[[B, Any], B]


def effective(facts: Sequence[Fact[B]], reads: Reads[B]) -> Effective[B]:
    """Apply corrections to facts that are in the order in which they happened."""
    said: list[str] = []
    firsts = _first_of_each_id(facts, said)
    verdicts = _verdicts(facts, firsts, said, reads)
    entries = (_entry(fact, verdicts, doubled=firsts[fact.id] is not fact) for fact in facts)
    return Effective(tuple(entries), tuple(said))


def named(fact: Fact[Any]) -> str:
    """How a fact is called in a sentence: its number, or its id before it has one."""
    return f"no. {fact.number}" if fact.number is not None else f"fact {fact.id}"


def _first_of_each_id(facts: Sequence[Fact[B]], said: list[str]) -> dict[str, Fact[B]]:
    """An id that comes twice with other content is kept, and does not count the second time."""
    firsts: dict[str, Fact[B]] = {}
    for fact in sorted(facts, key=lambda fact: fact.number or len(facts) + 1):
        if fact.id in firsts:
            said.append(
                f"{named(fact)} has the id of {named(firsts[fact.id])} and says something else"
            )
        firsts.setdefault(fact.id, fact)
    return firsts


def _verdicts(
    facts: Sequence[Fact[B]], firsts: dict[str, Fact[B]], said: list[str], reads: Reads[B]
) -> dict[str, Entry[B]]:
    """By target: the entry as the last word has it; a correction may undo an earlier one."""
    verdicts: dict[str, Entry[B]] = {}
    corrections = [
        fact for fact in facts if isinstance(fact.body, Corrected) and firsts[fact.id] is fact
    ]
    for fact in sorted(corrections, key=_recorded_order, reverse=True):
        body = verdicts[fact.id].body if fact.id in verdicts else fact.body
        if not isinstance(body, Corrected) or body.target in verdicts:
            continue
        target = firsts.get(body.target)
        if target is None or target.id == fact.id:
            said.append(f"{named(fact)} corrects {body.target}, which is not in this log")
            continue
        try:
            verdicts[target.id] = _corrected(target, body, fact, reads)
        except BadInput as error:
            said.append(f"{named(fact)} corrects {named(target)} and cannot be read: {error}")
    return verdicts


def _recorded_order(fact: Fact[Any]) -> tuple[bool, int, str, str]:
    return (fact.number is None, fact.number or 0, fact.at.isoformat(), fact.id)


def _corrected(target: Fact[B], body: Corrected, by: Fact[B], reads: Reads[B]) -> Entry[B]:
    if body.replacement is None:
        return Entry(target, None, by)
    return Entry(target, reads(target.body, body.replacement), by)


def _entry(fact: Fact[B], verdicts: dict[str, Entry[B]], *, doubled: bool) -> Entry[B]:
    if doubled:
        return Entry(fact, None, doubled=True)
    verdict = verdicts.get(fact.id)
    return Entry(fact, fact.body) if verdict is None else replace(verdict, fact=fact)
