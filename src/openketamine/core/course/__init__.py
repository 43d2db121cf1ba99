"""Sessions and scores over weeks.

Doors: `fold_course` makes a `CourseState` of the facts of a course and of its sessions; `summary`
reckons all that follows from it on a day, `propose_next` the next session, `tasks` who must act;
`history` says what the sessions before mean to the next dose. Beside them stands the
vocabulary of facts, one dataclass a kind, to be had as the module `facts`.
"""

from openketamine.core.course import _facts as facts
from openketamine.core.course._checks import Check, domains, months_after
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
from openketamine.core.course._courses import Course, current_course, protocol_of
from openketamine.core.course._exposure import Exposed, Total, asked_flags
from openketamine.core.course._facts import Body, Fact
from openketamine.core.course._history import history, improvements
from openketamine.core.course._language import (
    Translation,
    in_words_of,
    language_of,
    languages,
    said_in,
    translation,
)
from openketamine.core.course._measures import Measures, Window, measures
from openketamine.core.course._next import (
    Interval,
    Next,
    StopRule,
    maintenance_known,
    propose_next,
)
from openketamine.core.course._past import Visit, past_sessions
from openketamine.core.course._relapse import Relapse, first_response, relapses
from openketamine.core.course._response import (
    NOT_EVALUABLE,
    AxisRule,
    Outcome,
    Quadrant,
    axes,
    outcome,
    outcomes,
    primary,
    quadrant,
    scored_after,
    title,
)
from openketamine.core.course._series import Point, baseline, between, series
from openketamine.core.course._state import CourseState, fold_course
from openketamine.core.course._summary import Summary, summary, wanted_tasks
from openketamine.core.course._tasks import Task, task_as_json, tasks
from openketamine.core.course._tolerated import Sign, Tolerated, tolerated
from openketamine.core.course._warning import Warned

__all__ = [
    "NOT_EVALUABLE",
    "OUTCOMES",
    "AxisRule",
    "Body",
    "Check",
    "Cohort",
    "Course",
    "CourseState",
    "Exposed",
    "Fact",
    "Interval",
    "Measures",
    "Next",
    "Outcome",
    "Point",
    "Quadrant",
    "Relapse",
    "Reported",
    "Sign",
    "StopRule",
    "Summary",
    "Task",
    "Tolerated",
    "Total",
    "Translation",
    "Visit",
    "Warned",
    "Window",
    "asked_flags",
    "axes",
    "baseline",
    "between",
    "cohort",
    "cohorts",
    "cohorts_like",
    "current_course",
    "decode_body",
    "decode_fact",
    "domains",
    "encode_body",
    "encode_fact",
    "facts",
    "first_response",
    "fold_course",
    "history",
    "improvements",
    "in_words_of",
    "kind_of",
    "kinds",
    "language_of",
    "languages",
    "maintenance_known",
    "measures",
    "months_after",
    "outcome",
    "outcomes",
    "past_sessions",
    "primary",
    "propose_next",
    "protocol_of",
    "quadrant",
    "relapses",
    "said_in",
    "scored_after",
    "series",
    "summary",
    "task_as_json",
    "tasks",
    "title",
    "tolerated",
    "translation",
    "wanted_tasks",
]
