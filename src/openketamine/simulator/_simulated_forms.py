"""A form as somebody who does not exist filled it in."""

from dataclasses import dataclass
from typing import Any

from openketamine.core.course import facts as course
from openketamine.core.scoring import Score
from openketamine.core.treatment import facts as treatment
from openketamine.simulator._life import Life


def answers(life: Life, points: int, items: int, most: int) -> list[int]:
    """So many points spread over the items; the last item comes last."""
    found = [0] * items
    open_items = list(range(items - 1)) if points <= most * (items - 1) else list(range(items))
    for _ in range(points):
        place = int(life.chance.choice(open_items))
        found[place] += 1
        if found[place] == most:
            open_items.remove(place)
    return found


@dataclass(frozen=True)
class Filled:
    """A form as it was filled in, with what it comes to."""

    answers: tuple[int | None, ...]
    score: Score

    def fields(self) -> dict[str, Any]:
        """What a fact of a session and one of a course both say of it."""
        found = self.score
        return {
            "instrument": found.instrument,
            "version": found.version,
            "answers": self.answers,
            "total": found.total,
            "band": found.band or "",
            "flags": tuple(one.says for one in found.flags),
        }


def recorded(filled: Filled) -> treatment.ScoreRecorded:
    """As the nurse charts it in a session."""
    return treatment.ScoreRecorded(**filled.fields())


def taken(filled: Filled, check_in: str) -> course.ScoreTaken:
    """As it comes back from a check-in."""
    return course.ScoreTaken(**filled.fields(), check_in=check_in)
