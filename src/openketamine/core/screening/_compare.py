"""The clinical diff: which decisions that were recorded would come out differently now, and why."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from openketamine.core.findings import Finding
from openketamine.core.screening._evaluation import Evaluation


@dataclass(frozen=True)
class Change:
    """One rule that speaks differently; "-" where it did not speak, or does not any more."""

    rule: str
    before: str
    after: str
    summary: str

    def as_json(self) -> dict[str, str]:
        """As a page or another program reads it."""
        return vars(self).copy()


@dataclass(frozen=True)
class Difference:
    """One decision before and after, and the rules that changed it."""

    protocol: str
    before: str
    after: str
    changes: tuple[Change, ...]

    @property
    def decided_differently(self) -> bool:
        """Whether the decision itself is another one, and not only a finding beside it."""
        return self.before != self.after

    def as_json(self) -> dict[str, Any]:
        """As a page or another program reads it."""
        return {
            "protocol": self.protocol,
            "before": self.before,
            "after": self.after,
            "decided_differently": self.decided_differently,
            "changes": [change.as_json() for change in self.changes],
        }


def compare(before: Evaluation, after: Evaluation) -> Difference:
    """What differs between two evaluations of one person under one protocol."""
    return Difference(
        before.protocol, before.decision, after.decision, tuple(_changes(before, after))
    )


def differences(pairs: Iterable[tuple[Evaluation, Evaluation]]) -> tuple[Difference, ...]:
    """Of many recorded decisions and their repetitions those that differ, decisions first."""
    found = [one for one in (compare(*pair) for pair in pairs) if one.changes]
    return tuple(sorted(found, key=lambda one: not one.decided_differently))


def _changes(before: Evaluation, after: Evaluation) -> Iterator[Change]:
    """Rule by rule; one that asks for the same in other words has not changed."""
    was, now = _by_rule(before), _by_rule(after)
    for rule in sorted(was.keys() | now.keys()):
        gone, come = _unlike(was[rule], now[rule])
        for old, new in zip_longest(gone, come):
            said = [one.summary for one in (new, old) if one is not None]
            yield Change(rule, _asks(old), _asks(new), said[0])


def _asks(finding: Finding | None) -> str:
    return finding.action.value if finding else "-"


def _by_rule(evaluation: Evaluation) -> defaultdict[str, list[Finding]]:
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in evaluation.standing:
        found[finding.rule].append(finding)
    return found


def _unlike(was: list[Finding], now: list[Finding]) -> tuple[list[Finding], list[Finding]]:
    """What is left of both when every pair that asks for the same is taken out."""
    left, come = list(was), []
    for finding in now:
        twin = next((one for one in left if one.action is finding.action), None)
        if twin is None:
            come.append(finding)
        else:
            left.remove(twin)
    return left, come
