"""Django's blocking commands and queries, called from the live front.

A pool of its own, with a bounded number of threads: each keeps one database connection, and a
hundred open screens do not open a hundred of them.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """`await threads.call(command, …)`."""

    def __init__(self, workers: int = 8) -> None:
        self._pool = ThreadPoolExecutor(workers, "live", self._remember)
        self._open: list[BaseDatabaseWrapper] = []

    async def call(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run it in a thread whose connection is healthy, and is given back if it is not."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(_clean, do, *args, **kwargs))

    def close(self) -> None:
        """Let what runs finish, then close every thread's connection."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for one in self._open:
            one.close()

    def _remember(self) -> None:
        """A thread begins: its connection is kept in mind, to be closed when the thread is gone."""
        own = connections[connection.alias]
        own.inc_thread_sharing()
        self._open.append(own)


def _clean(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    try:
        return do(*args, **kwargs)
    except Exception:
        # A connection in an unknown state is worth less than a new one.
        connections.close_all()
        raise
