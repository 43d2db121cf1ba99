"""A real SMTP server on a socket, small enough to read: takes letters, or does as it is told."""

import asyncio
import contextlib
import email
import threading
from email import policy


class PostOffice:
    """`letters` in the order in which they came. `refuse`: address → code and words. `cut_after`:
    the link is cut after the letter was taken and before it is said; `held`: it is not said for so
    long. `silent`: it hangs up. `cut_at`: it hangs up at this word, such as RCPT."""

    def __init__(self):
        self.letters = []
        self.refuse = {}
        self.cut_after = False
        self.silent = False
        self.cut_at = ""
        self.held = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._server = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def open(self):
        self._thread.start()
        assert self._ready.wait(30)
        return self

    @property
    def port(self):
        return self._server.sockets[0].getsockname()[1]

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._talk, "127.0.0.1", 0)
        )
        self._ready.set()
        self._loop.run_forever()
        self._server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.run_until_complete(self._server.wait_closed())
        self._loop.close()

    async def _talk(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            if not self.silent:
                await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader, writer):
        async def say(words):
            writer.write(words.encode() + b"\r\n")
            await writer.drain()

        await say("220 post office")
        while line := (await reader.readline()).decode().strip():
            word = line[:4].upper()
            if word == self.cut_at:
                return
            if word == "EHLO":
                await say("250 post office")
            elif word == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
                await say(self.refuse.get(to, "250 ok"))
            elif word == "DATA":
                await say("354 go on")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(email.message_from_bytes(raw[:-5], policy=policy.default))
                while self.held.is_set():  # noqa: ASYNC110  (set by another thread)
                    await asyncio.sleep(0.05)
                if self.cut_after:
                    return
                await say("250 taken")
            elif word == "QUIT":
                await say("221 good bye")
                return
            else:
                await say("250 ok")
