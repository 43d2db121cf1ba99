"""The clinical diff: which decisions that were recorded would come out differently now, and why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

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
    was = {(f.rule, f.summary): f.action.value for f in before.standing}
    now = {(f.rule, f.summary): f.action.value for f in after.standing}
    for key in sorted(was.keys() | now.keys()):
        if was.get(key) != now.get(key):
            yield Change(key[0], was.get(key, "-"), now.get(key, "-"), key[1])
