"""Check-ins: when a person is asked, what they are asked, and what an answer asks of the clinic.

Doors: `due_check_ins` and `closing_check_ins` say what must happen now; `check_ins` reads what
happened; `screens` is a check-in as the person goes through it; `suicide_task` and `tasks_of` are
what somebody must do about the answers.
"""

from openketamine.core.course.check_ins._due import (
    Closing,
    Invitation,
    Planned,
    awake,
    bounced,
    closing_check_ins,
    contact_of,
    due_check_ins,
    opted_out,
    planned_check_ins,
    telephone_of,
    zone_of,
)
from openketamine.core.course.check_ins._house_forms import house_form, is_house_form
from openketamine.core.course.check_ins._kept import CheckIn, check_ins, derived_id
from openketamine.core.course.check_ins._schedule import schedule_for, schedules
from openketamine.core.course.check_ins._screens import Screen, next_screen, read_answer, screens
from openketamine.core.course.check_ins._suicide import (
    TASK,
    is_said_again,
    levels,
    milder_tasks,
    suicide_level,
    suicide_task,
    task_of_level,
)
from openketamine.core.course.check_ins._tasks import answers_taken_back, tasks_of

__all__ = [
    "TASK",
    "CheckIn",
    "Closing",
    "Invitation",
    "Planned",
    "Screen",
    "answers_taken_back",
    "awake",
    "bounced",
    "check_ins",
    "closing_check_ins",
    "contact_of",
    "derived_id",
    "due_check_ins",
    "house_form",
    "is_house_form",
    "is_said_again",
    "levels",
    "milder_tasks",
    "next_screen",
    "opted_out",
    "planned_check_ins",
    "read_answer",
    "schedule_for",
    "schedules",
    "screens",
    "suicide_level",
    "suicide_task",
    "task_of_level",
    "tasks_of",
    "telephone_of",
    "zone_of",
]
