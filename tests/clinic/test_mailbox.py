"""Letters that came back, read out of a mailbox over a real socket."""

import socketserver
import threading

import pytest
from tests.clinic.test_check_ins import course, office, person, state, time, work  # noqa: F401

from openketamine.clinic.checkins.mailbox import mailbox_from_url, read_mailbox
from openketamine.clinic.checkins.models import Message
from openketamine.core.course.check_ins import bounced
from openketamine.core.findings import BadInput

pytestmark = pytest.mark.django_db
REPORT = """From: MAILER-DAEMON@example.org
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=="

--==
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; maren@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user

--==
Content-Type: text/rfc822-headers

Message-ID: <{identity}@clinic.example>

--==--
"""


class Box(socketserver.StreamRequestHandler):
    """As much of IMAP4rev1 as the reader speaks."""

    def handle(self):
        self._say("* OK ready")
        for line in self.rfile:
            tag, verb, *rest = line.decode().strip().split(" ", 2)
            answer = getattr(self, verb.lower())(rest[0] if rest else "")
            self._say(f"{tag} {answer}")
            if verb == "LOGOUT":
                return

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def capability(self, _):
        self._say("* CAPABILITY IMAP4rev1")
        return "OK done"

    def login(self, said):
        return "OK in" if said == 'clinic "se cret"' else "NO wrong"

    def select(self, _):
        self._say(f"* {len(self.server.letters)} EXISTS")
        return "OK open"

    def search(self, _):
        unread = [str(n) for n in self.server.letters if n not in self.server.seen]
        self._say(f"* SEARCH {' '.join(unread)}".strip())
        return "OK done"

    def fetch(self, said):
        number = int(said.split()[0])
        raw = self.server.letters[number].replace("\n", "\r\n").encode()
        self.wfile.write(
            f"* {number} FETCH (BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
        )
        return "OK done"

    def store(self, said):
        self.server.seen.add(int(said.split()[0]))
        return "OK done"

    def logout(self, _):
        self._say("* BYE")
        return "OK out"


@pytest.fixture
def box():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Box)
    server.daemon_threads = True
    server.letters, server.seen = {}, set()
    server.url = f"imap+plain://clinic:se%20cret@127.0.0.1:{server.server_address[1]}/INBOX"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_letter_that_came_back_is_written_down_once_and_others_are_left_alone(
    course, person, office, time, box  # noqa: F811
):  # fmt: skip
    work(time)
    sent = Message.objects.filter(state="sent").first()
    box.letters = {
        1: REPORT.format(identity=sent.pk),
        2: "Subject: Hello\n\nWhen is my appointment?\n",
        3: REPORT.format(identity="00000000-0000-0000-0000-000000000000"),
    }
    assert not bounced(state(person))
    assert read_mailbox(box.url, time.now) == {"bounced": 1, "other": 2}
    assert bounced(state(person))
    assert box.seen == {1, 2, 3}
    assert read_mailbox(box.url, time.now) == {}
    box.seen.clear()
    assert read_mailbox(box.url, time.now) == {"known": 1, "other": 2}


def test_a_mailbox_that_does_not_answer_or_lets_nobody_in_stops_nothing(box, time):  # noqa: F811
    assert read_mailbox(box.url.replace("se%20cret", "wrong"), time.now) == {}
    assert read_mailbox("imap+plain://clinic:x@127.0.0.1:1/INBOX", time.now) == {}


@pytest.mark.parametrize("url", ["imap://host", "http://a:b@host", "", "imaps://a:b@/INBOX"])
def test_an_address_that_is_none_is_said(url):
    with pytest.raises(BadInput, match="imaps://"):
        mailbox_from_url(url)


def test_the_safe_way_is_the_default():
    found = mailbox_from_url("imaps://cli%40nic:p%2Fw@mail.example.org/Bounces")
    assert (found.port, found.user, found.password, found.folder) == (
        993, "cli@nic", "p/w", "Bounces",
    )  # fmt: skip
