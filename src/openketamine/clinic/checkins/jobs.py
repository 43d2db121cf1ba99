"""What the worker does. One job a message; a look at the clock every few seconds.

No job holds a lock of the queue: a worker that is killed would keep it for ever. Each person's
course has a lock of its own, which ends with the transaction.
"""

from django.conf import settings
from procrastinate import JobContext
from procrastinate.contrib.django import app

from openketamine.clinic.checkins import mailbox, planning, post, queueing
from openketamine.clinic.checkins.queueing import SEND
from openketamine.clinic.journal import clock
from openketamine.clinic.outcomes.commands import review_everybody


@app.task(name=SEND)
def send(message_id: str) -> str:
    """Hand one message over."""
    return post.send(message_id)


@app.periodic(cron="17 * * * *")
@app.task(name="checkins.review", queueing_lock="checkins.review")
def review(timestamp: int) -> int:  # noqa: ARG001
    """Tasks that the courses ask for by now: once an hour, for everybody."""
    return review_everybody(clock.now())


@app.periodic(cron="* * * * * */15")
@app.task(name="checkins.plan", queueing_lock="checkins.plan", priority=50)
def plan(timestamp: int) -> int:  # noqa: ARG001  (the queue's own moment; the clinic has its clock)
    """Look at what is due."""
    return planning.plan(clock.now())


@app.periodic(cron="*/5 * * * *")
@app.task(name="checkins.mailbox", queueing_lock="checkins.mailbox")
def mailbox_of_bounces(timestamp: int) -> dict[str, int]:  # noqa: ARG001
    """What came back meanwhile, where a mailbox is set."""
    box = settings.OPENKETAMINE_BOUNCES
    return mailbox.read_mailbox(box, clock.now()) if box else {}


@app.periodic(cron="*/5 * * * *")
@app.task(name="checkins.tidy", queueing_lock="checkins.tidy", pass_context=True)
async def tidy(context: JobContext, timestamp: int) -> int:  # noqa: ARG001
    """Jobs of workers that are no more."""
    return await queueing.tidy(context.app.job_manager)
