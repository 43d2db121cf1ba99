"""What the worker does for calls: a look every five seconds. Sending itself is the post's."""

from procrastinate.contrib.django import app

from openketamine.clinic.calls import messages
from openketamine.clinic.journal import clock


@app.periodic(cron="* * * * * */5")
@app.task(name="calls.look", queueing_lock="calls.look", priority=100)
def look(timestamp: int) -> int:  # noqa: ARG001  (the queue's own moment; the clinic has its clock)
    """Whom no screen has found."""
    return messages.look(clock.now())
