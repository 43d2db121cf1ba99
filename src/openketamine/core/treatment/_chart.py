"""What was asked, scored and handled: checklists, scores, recovery, the drug of the session."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from openketamine.core.log import Happened
from openketamine.core.treatment._facts import (
    ChecklistAnswered,
    DoseFinished,
    DrugWasted,
    DrugWithdrawn,
    ScoreRecorded,
)
from openketamine.core.treatment._state import State
from openketamine.knowledge import document


@dataclass(frozen=True)
class Tray:
    """The drug of one session, in µg: what came in, where it went, what is left."""

    withdrawn_ug: int
    given_ug: int
    wasted_ug: int

    @property
    def left_ug(self) -> int:
        """What must still be given, wasted or answered for."""
        return self.withdrawn_ug - self.given_ug - self.wasted_ug


def tray(state: State) -> Tray:
    """The drug of this session by its signed and witnessed transfers."""
    return Tray(
        sum(one.body.mass_ug for one in state.all(DrugWithdrawn)),
        sum(one.body.given_ug for one in state.all(DoseFinished)),
        sum(one.body.mass_ug for one in state.all(DrugWasted)),
    )


def answers(state: State, checklist: str) -> Mapping[str, Happened[ChecklistAnswered]]:
    """The last answer to each item of a checklist."""
    return {
        one.body.item: one
        for one in state.all(ChecklistAnswered)
        if one.body.checklist == checklist
    }


def items(checklist: str, session_number: int = 1) -> tuple[Mapping[str, Any], ...]:
    """The items of a checklist of knowledge/checklists that are asked in this session."""
    return tuple(
        item for item in _items(checklist) if session_number >= item.get("from_session", 1)
    )


@cache
def _items(checklist: str) -> tuple[Mapping[str, Any], ...]:
    return tuple(document("checklists", checklist).body["items"])


def last_score(state: State, instruments: tuple[str, ...]) -> Happened[ScoreRecorded] | None:
    """The newest score of any of these instruments."""
    scores = [one for one in state.all(ScoreRecorded) if one.body.instrument in instruments]
    return scores[-1] if scores else None
