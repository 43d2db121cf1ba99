"""The published cut-offs of change, as an instrument's file lists them: the stricter one first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openketamine.knowledge import Threshold, read_threshold


@dataclass(frozen=True)
class Cut:
    """One cut-off, and on whose word. `{score}` counts points, `%` is of the baseline."""

    threshold: Threshold
    source: str
    where: str

    @property
    def words(self) -> str:
        """`>= 50 %`."""
        unit = "%" if self.threshold.unit == "%" else "points"
        return f"{self.threshold.compare} {self.threshold.value} {unit}"


@dataclass(frozen=True)
class Cuts:
    """What a change of one score means. Of several cut-offs the first is the default.

    `of`: "total" or the id of a part. `evaluable` is about the baseline, `remission` about the
    score now, the others about the change; in `worsening` any one of them is enough.
    """

    of: str
    evaluable: tuple[Cut, ...]
    response: tuple[Cut, ...]
    partial: tuple[Cut, ...]
    worsening: tuple[Cut, ...]
    remission: tuple[Cut, ...]
    important: tuple[Cut, ...]
    note: str


def read_cuts(node: Mapping[str, Any]) -> Cuts:
    """Cuts from one entry of `change`."""
    return Cuts(
        of=str(node["of"]),
        evaluable=_cuts(node, "evaluable"),
        response=_cuts(node, "response"),
        partial=_cuts(node, "partial"),
        worsening=_cuts(node, "worsening"),
        remission=_cuts(node, "remission"),
        important=_cuts(node, "important"),
        note=str(node.get("note", "")),
    )


def _cuts(node: Mapping[str, Any], kind: str) -> tuple[Cut, ...]:
    return tuple(
        Cut(read_threshold(one), str(one["sources"][0]["id"]), str(one["sources"][0]["where"]))
        for one in node.get(kind, ())
    )
