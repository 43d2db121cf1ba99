"""Mail about a task, beside the screen: the bar on every page of those who treat.

The screen is the way that always works. Mail goes beside it for what is due within an hour, and
holds no name and no answer. A mail server that is down delays mail and nothing else: who is told,
and when it goes to the next, is written without it (`outcomes.commands.tell`).
"""

from datetime import datetime, timedelta

from openketamine.clinic.checkins import queueing
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.outcomes.queries import facts_of
from openketamine.clinic.patients.models import Person
from openketamine.clinic.staff import sites
from openketamine.clinic.staff.models import Staff
from openketamine.core.course import CourseState, Task, tasks
from openketamine.core.course.check_ins import derived_id

URGENT = timedelta(hours=1)
KIND = "task"
_TRIED_FOR = timedelta(hours=24)


def mail_tasks(person: Person, now: datetime, state: CourseState | None = None) -> None:
    """A letter to everybody whom an urgent open task has come to by now; to each of them once."""
    for task in tasks(state or facts_of(person)):
        if task.is_open and task.body.due_at - task.opened_at <= URGENT:
            for step in range(task.step(now) + 1):
                _mail(person, task, step, now)


def _people(person: Person, role: str) -> list[Staff]:
    """Who works in this role where the person is treated."""
    with sites.only(sites.apart(str(person.site_id))):
        return list(Staff.colleagues.filter(role=role, is_active=True).order_by("username"))


def _mail(person: Person, task: Task, step: int, now: datetime) -> None:
    waiting = [
        Message(
            id=derived_id(task.task_id, "mail", str(step), str(one.pk)),
            person=person,
            kind=KIND,
            about=task.task_id,
            attempt=step + 1,
            detail={"to": str(one.pk), "due_at": task.body.due_at.isoformat()},
            not_before=now,
            give_up_at=now + _TRIED_FOR,
        )
        for one in _people(person, task.body.roles[step])
        if one.email
    ]
    names = [one.pk for one in waiting]
    known = set(Message.objects.filter(pk__in=names).values_list("pk", flat=True))
    Message.objects.bulk_create(waiting, ignore_conflicts=True)
    queueing.enqueue(one for one in names if one not in {str(old) for old in known})
