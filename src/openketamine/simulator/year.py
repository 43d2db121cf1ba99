"""A clinic that does not exist over a year: people, sessions and courses as facts, by a seed.

Response, relapse, drop-out and adverse events are drawn from published cohorts (knowledge/cohorts);
what was not published stands in `year.yaml`. Pure: the same seed and the same end of the year give
the same facts, letter for letter. Nothing here is a prediction of anything.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from openketamine.simulator._life import PRESCRIBER, Life, Said, SimulatedSession, settings
from openketamine.simulator._simulated_course import SimulatedCourse
from openketamine.simulator._simulated_dose import Somebody

__all__ = ["PRESCRIBER", "Said", "SimulatedPerson", "SimulatedSession", "year"]

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class SimulatedPerson(Somebody):
    """Somebody who does not exist, with every session and the facts between them."""

    id: str
    sessions: tuple[SimulatedSession, ...]
    course: tuple[Said, ...]


def year(people: int, seed: int, until: datetime) -> Iterator[SimulatedPerson]:
    """`people` who began in the 365 days before `until`, an aware time; lazily, one after another.

    Each has a stream of chance of their own, so the first ten of a thousand are the first ten.
    """
    for number in range(people):
        yield _person(Life(number, seed, until))


def _person(life: Life) -> SimulatedPerson:
    mix = life.one_of(settings()["mix"], [one["share"] for one in settings()["mix"]])
    age = life.normal(settings()["age_years"])
    sex = "female" if life.happens(settings()["female_percent"]) else "male"
    weight = round(life.normal(settings()["weight_kg"]), 1)
    hour = int(life.chance.integers(8, 16))
    first = life.until - _DAY * float(life.chance.uniform(1, 365))
    first = first.replace(
        hour=hour, minute=int(life.chance.integers(0, 60)), second=0, microsecond=0
    )
    who = Somebody(
        mrn=f"SIM-{life.seed}-{life.number + 1:06d}",
        family=f"Simulated {life.number + 1:04d}",
        given="Nobody",
        sex=sex,
        birth_date=(first - _DAY * round(age * 365.25)).date(),
        weight_kg=weight,
    )
    SimulatedCourse(life, mix, min(first, life.until - 6 * 60 * _MINUTE), who).live()
    return SimulatedPerson(
        **asdict(who),
        id=life.name("person"),
        sessions=tuple(life.sessions),
        course=tuple(one for one in life.said if one.at < life.until),
    )
