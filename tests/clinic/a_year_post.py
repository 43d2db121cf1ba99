"""The border of the world for a year: a mail server and a text gateway that are down by turns, hang
up before and after they took a message, and keep one book of what they took."""

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer

from tests.clinic.post_office import PostOffice

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_OUTAGES = (*[20 * _MINUTE] * 4, *[3 * _HOUR] * 2, 9 * _HOUR, 30 * _HOUR, 100 * _HOUR)


@dataclass(frozen=True)
class Taken:
    """A line in the book of a carrier."""

    at: datetime
    to: str
    id: str
    token: str
    confirmed: bool


class Office:
    """What both carriers do at a moment, and the book that they keep."""

    def __init__(self, chance, start, days):
        self.chance, self.book, self.now = chance, [], None
        self.bad = set()
        begins = [start + _DAY * chance.uniform(0, days) for _ in _OUTAGES]
        self.outages = [(one, one + span) for one, span in zip(begins, _OUTAGES, strict=True)]
        self.asked = Counter()

    def is_down(self, at=None):
        """Whether nobody answers."""
        return any(start <= (at or self.now()) < end for start, end in self.outages)

    def mood(self, to):
        """down, later, bad, cut before, cut after, or takes it."""
        self.asked[to] += 1
        if self.is_down():
            return "down"
        if to in self.bad:
            return "bad"
        return self.chance.choices(
            ["takes it", "later", "cut before", "cut after"], [94, 3, 2, 1]
        )[0]  # fmt: skip

    def write(self, to, name, words, *, confirmed):
        """It was taken."""
        found = re.search(r"/c/([^/\s]+)/", words)
        self.book.append(Taken(self.now(), to, name, found.group(1) if found else "", confirmed))


class MailServer(PostOffice):
    """SMTP on a socket, in the mood of the office."""

    def __init__(self, office):
        super().__init__()
        self.office = office

    async def _converse(self, reader, writer):
        async def say(words):
            writer.write(words.encode() + b"\r\n")
            await writer.drain()

        if self.office.is_down():
            return
        await say("220 post office")
        mood, to = "", ""
        while line := (await reader.readline()).decode().strip():
            word = line[:4].upper()
            if word == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
                mood = self.office.mood(to)
                await say({"bad": "550 5.1.1 nobody", "later": "451 later"}.get(mood, "250 ok"))
            elif word == "DATA":
                if mood == "cut before":
                    return
                await say("354 go on")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self._take(to, raw[:-5], mood)
                if mood == "cut after":
                    return
                await say("250 taken")
            elif word == "QUIT":
                await say("221 good bye")
                return
            else:
                await say("250 post office")

    def _take(self, to, raw, mood):
        letter = message_from_bytes(raw, policy=policy.default)
        name = letter["Message-ID"].strip("<>").partition("@")[0]
        words = letter.get_content()
        self.office.write(to, name, words, confirmed=mood != "cut after")


class TextGateway(BaseHTTPRequestHandler):
    """One request a text; the same id again is taken once."""

    def do_POST(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        office = self.server.office
        mood = office.mood(said["to"])
        if mood in ("down", "cut before"):
            self.close_connection = True
            return
        if mood in ("bad", "later"):
            self.send_response(422 if mood == "bad" else 503)
            self.end_headers()
            return
        if said["id"] not in {one.id for one in office.book}:
            office.write(said["to"], said["id"], said["text"], confirmed=mood != "cut after")
        if mood == "cut after":
            self.close_connection = True
            return
        self.send_response(202)
        self.end_headers()

    def log_message(self, *args):
        pass


def text_gateway(office):
    """A running gateway; `.address` is where it listens."""
    server = HTTPServer(("127.0.0.1", 0), TextGateway)
    server.office, server.address = office, f"http://127.0.0.1:{server.server_port}"
    listening = {"poll_interval": 0.05}
    threading.Thread(target=server.serve_forever, kwargs=listening, daemon=True).start()
    return server
