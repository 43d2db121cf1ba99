"""A message on the queue: written in the transaction of its cause, so that neither is without the
other. One job a message; a message that is queued already is not queued again."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

SEND = "checkins.send"


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
