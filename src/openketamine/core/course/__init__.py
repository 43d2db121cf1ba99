"""Sessions and scores over weeks.

Doors: `fold_course` makes a `CourseState` of the facts of a course and of its sessions;
`history` says what the sessions before mean to the next dose. Beside them stands the
vocabulary of facts, one dataclass a kind, to be had as the module `facts`.
"""

from openketamine.core.course import _facts as facts
from openketamine.core.course._codec import (
    decode_body,
    decode_fact,
    encode_body,
    encode_fact,
    kind_of,
    kinds,
)
from openketamine.core.course._cohorts import (
    OUTCOMES,
    Cohort,
    Reported,
    cohort,
    cohorts,
    cohorts_like,
)
from openketamine.core.course._facts import Body, Fact
from openketamine.core.course._history import history
from openketamine.core.course._past import Visit
from openketamine.core.course._state import CourseState, fold_course

__all__ = [
    "OUTCOMES",
    "Body",
    "Cohort",
    "CourseState",
    "Fact",
    "Reported",
    "Visit",
    "cohort",
    "cohorts",
    "cohorts_like",
    "decode_body",
    "decode_fact",
    "encode_body",
    "encode_fact",
    "facts",
    "fold_course",
    "history",
    "kind_of",
    "kinds",
]
