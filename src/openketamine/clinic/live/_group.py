"""Group commit: what gateways post while one transaction runs is written together in the next."""

import asyncio
import logging
from collections.abc import Sequence

from openketamine.clinic.journal import clock
from openketamine.clinic.live._threads import Threads
from openketamine.clinic.sessions import commands

_log = logging.getLogger(__name__)
# So many messages share one transaction at most: a backlog must not make one that takes seconds.
_MOST = 2000


class _Post:
    """One delivery that waits for its answer."""

    def __init__(self, delivery: commands.Delivery) -> None:
        self.delivery = delivery
        loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[tuple[commands.Outcome, ...]] = loop.create_future()


class GroupCommit:
    """`await group.record(…)` returns when what was posted is on the disk."""

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._waiting: list[_Post] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, delivery: commands.Delivery) -> tuple[commands.Outcome, ...]:
        """What became of each message. Raises what the database raised; then nothing is written."""
        post = _Post(delivery)
        self._waiting.append(post)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        return await post.answer

    async def _write_all(self) -> None:
        while self._waiting:
            posts = self._next()
            try:
                await self._write(posts)
            except Exception as error:
                # One delivery that cannot be written must not take the others with it.
                _log.exception("live: %d deliveries could not be written together", len(posts))
                if len(posts) == 1:
                    _settle(posts[0], error)
                    continue
                for post in posts:
                    await self._write_alone(post)

    def _next(self) -> list[_Post]:
        posts: list[_Post] = []
        size = 0
        while self._waiting and (not posts or size < _MOST):
            posts.append(self._waiting.pop(0))
            size += len(posts[-1].delivery.messages)
        return posts

    async def _write_alone(self, post: _Post) -> None:
        try:
            await self._write([post])
        except Exception as error:
            _settle(post, error)

    async def _write(self, posts: Sequence[_Post]) -> None:
        deliveries = [post.delivery for post in posts]
        outcomes = await self._threads.call(commands.record_deliveries, deliveries, clock.now())
        for post, outcome in zip(posts, outcomes, strict=True):
            if not post.answer.done():
                post.answer.set_result(outcome)


def _settle(post: _Post, error: Exception) -> None:
    if not post.answer.done():
        post.answer.set_exception(error)
