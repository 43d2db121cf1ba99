"""A message on the queue: written in the transaction of its cause, so that neither is without the
other. One job a message; a message that is queued already is not queued again."""

import logging
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

SEND = "checkins.send"
# A worker says every ten seconds that it lives.
DEAD_AFTER_S = 60
KEPT_HOURS = 24 * 30
_log = logging.getLogger("openketamine.checkins")


def enqueue(ids: Iterable[object], at: datetime | None = None, *, urgency: int = 0) -> None:
    """Let a worker send these messages, now or at a moment to come; the most urgent first."""
    for one in ids:
        name = str(one)
        try:
            with transaction.atomic():
                app.configure_task(
                    SEND, queueing_lock=name, schedule_at=at, priority=urgency
                ).defer(message_id=name)
        except AlreadyEnqueued:
            continue


def not_queued(messages: Iterable[tuple[object, str]]) -> list[tuple[object, str]]:
    """Those of (id, kind) for which no job waits."""
    found = list(messages)
    names = [str(name) for name, _ in found]
    queued = ProcrastinateJob.objects.filter(status="todo", queueing_lock__in=names)
    known = set(queued.values_list("queueing_lock", flat=True))
    return [one for one in found if str(one[0]) not in known]


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether nobody else in the house is at this now. Whoever is killed leaves nothing behind: the
    lock ends with the connection to the database."""
    key = zlib.crc32(name.encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        first = bool(cursor.fetchone()[0])
    try:
        yield first
    finally:
        if first:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


async def tidy(jobs: JobManager) -> int:
    """Jobs that a dead worker had in hand are said to have failed; how many those were.

    Nothing is begun again here: what became of a message stands in its own row, and the planner
    puts whatever still waits on the queue once more.
    """
    found = list(await jobs.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S))
    for job in found:
        _log.warning("job %s (%s) ended with its worker", job.id, job.task_name)
        if job.id is not None:
            await jobs.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
    await jobs.delete_old_jobs(nb_hours=KEPT_HOURS, include_failed=True)
    return len(found)
