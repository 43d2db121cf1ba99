"""A year of check-ins: the real planner, sender and tasks, under a clock that this drives.

At the border of the world stand a mail server and a text gateway on real sockets. They are down by
turns, hang up before and after they took a letter, and keep a book of what they took. The worker is
killed between any two effects: before a statement of the database, or while it talks to the post.
What the people, the staff and the carriers did is written down here apart, so that the proof asks
nothing of the code that it proves. The same seed is the same year.
"""

import heapq
import itertools
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection

from openketamine.clinic.checkins import answering, links, planning, post
from openketamine.clinic.checkins.models import Message
from openketamine.clinic.journal import clock
from openketamine.clinic.journal import commands as journal
from openketamine.clinic.outcomes import commands as outcomes
from openketamine.clinic.outcomes.models import Task as TaskRow
from openketamine.clinic.outcomes.queries import tasks_for
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions.models import Session
from openketamine.core import treatment
from openketamine.core.course import facts
from openketamine.core.course.check_ins import derived_id
from openketamine.core.log import Author

# Zones that put their clocks on, back, by half an hour, in the other half of the year, or never.
ZONES = (
    "America/New_York", "America/Los_Angeles", "America/Phoenix", "Europe/Berlin", "Europe/London",
    "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kathmandu",
)  # fmt: skip
NIGHTS = (("20:00", "08:00"), ("22:00", "07:30"), ("07:00", "15:00"), ("00:00", "00:00"))
TICK = timedelta(seconds=15)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_LENGTH = 3 * _HOUR
_HAND = Author("year", "A simulated year", "system")
_BOUNDARY = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT pg_")


class Killed(BaseException):
    """The worker is no more."""


@dataclass
class Someone:
    """A person as this test knows them. `contacts`: (from when, ContactSet or None)."""

    person: Person
    zone: str
    contacts: list = field(default_factory=list)
    dead_at: datetime | None = None

    def contact(self, at):
        """How they were to be reached at a moment; None for not at all."""
        known = [said for since, said in self.contacts if since <= at]
        return known[-1] if known else None


class Year:
    """One clinic, its people and its year. `grave`: the share of answers that speak of suicide;
    `longest`: days until a course is ended at the latest."""

    def __init__(self, people, seed, start, days, staff, office, *, grave=0.06, longest=45):
        self.chance = random.Random(seed)  # noqa: S311
        self.time, self.end, self.staff, self.office = start, start + days * _DAY, staff, office
        office.now = lambda: self.time
        self.grave, self.longest = grave, longest
        self.script, self.order = [], itertools.count()
        self.kills = self.left = self.ticks = 0
        self.people = {}
        self.read = 0
        self.suicide = []
        self.down = []
        for number in range(people):
            self.at(start + _DAY * self.chance.uniform(0, days * 0.8), self._begins, number)

    # --- the clock ------------------------------------------------------------------------------

    def now(self):
        """The clock of the clinic."""
        return self.time

    def at(self, moment, act, *words):
        """Something that somebody does later, on the ticks of the planner."""
        moment = max(moment, self.time)
        over = (moment.timestamp() % TICK.total_seconds()) or TICK.total_seconds()
        moment += TICK - timedelta(seconds=over)
        heapq.heappush(self.script, (moment, next(self.order), act, words))

    def live(self):
        """From the first to the last moment. The planner is asked at every tick at which anything
        could happen; between them it would find nothing, which `quiet_look` proves apart."""
        while (moment := self._next()) < self.end:
            self.time, self.ticks = moment, self.ticks + 1
            while self.script and self.script[0][0] <= moment:
                _, _, act, words = heapq.heappop(self.script)
                act(*words)
            self.worker()
            self.letters_are_read()

    def _next(self):
        moments = [self.script[0][0]] if self.script else []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT least((SELECT min(next_at) FROM checkins_watched),"
                " (SELECT min(not_before) FROM checkins_message WHERE state = 'waiting'),"
                " (SELECT min(taken_at) + interval '200 s' FROM checkins_message"
                "   WHERE state = 'taken'), (SELECT min(look_at) FROM outcomes_task))"
            )
            if (due := cursor.fetchone()[0]) is not None:
                moments.append(self._tick(due))
        # A worker that was killed is started again; what it left is there at the next tick.
        return max(min(moments, default=self.end), self.time + TICK)

    def _tick(self, moment):
        over = moment.timestamp() % TICK.total_seconds()
        return moment + (TICK - timedelta(seconds=over) if over else timedelta(0))

    # --- the worker -----------------------------------------------------------------------------

    def worker(self):
        """One look and what is on the queue; now and then it does not live to the end of it."""
        self.left = self.chance.randrange(1, 120) if self.chance.random() < 0.04 else 0
        try:
            with connection.execute_wrapper(self._dies):
                planning.plan(self.time)
                for name in self._jobs():
                    post.send(name)
        except Killed:
            self.kills += 1
        self.left = 0

    def carried(self, carry):
        """The hand-over, with a worker that may die before it and after it."""

        def handed_over(ready):
            self._may_die()
            outcome = carry(ready)
            self._may_die()
            return outcome

        return handed_over

    def _may_die(self):
        if self.left and self.chance.random() < 0.2:
            self.left = 0
            raise Killed

    def _dies(self, execute, sql, *words):
        if self.left and not sql.startswith(_BOUNDARY):
            self.left -= 1
            if not self.left:
                raise Killed
        return execute(sql, *words)

    def _jobs(self):
        """What the queue would hand out now; whoever takes a job and dies has lost it."""
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    "DELETE FROM procrastinate_jobs WHERE id = (SELECT id FROM procrastinate_jobs"
                    " WHERE status = 'todo' AND task_name = 'checkins.send'"
                    " AND (scheduled_at IS NULL OR scheduled_at <= %s)"
                    " ORDER BY priority DESC, id LIMIT 1) RETURNING args->>'message_id'",
                    [self.time],
                )
                row = cursor.fetchone()
            if row is None:
                return
            yield row[0]

    # --- people ---------------------------------------------------------------------------------

    def _begins(self, number):
        chance = self.chance
        person = Person.objects.create(
            id=self._id(),
            mrn=f"Y-{number}", family=f"Family {number}", given="Nobody", created=self.time,
            birth_date=datetime(1980, 1, 1, tzinfo=UTC).date(), sex="female",
        )  # fmt: skip
        one = self.people[str(person.pk)] = Someone(person, chance.choice(ZONES))
        pain = chance.random() < 0.2
        body = facts.CourseOpened(
            f"course-{number}", "pain-outpatient" if pain else "iv-depression",
            "pain" if pain else "depression", "peg" if pain else "phq-9", 2,
        )  # fmt: skip
        self._say(one, body)
        if chance.random() < 0.96:
            self._contact(one, number)
        first = self.time + _DAY * chance.uniform(2, 6)
        for place in range(chance.choice([1, 1, 2])):
            over = first + 4 * place * _DAY
            self._appointment(one, over - _LENGTH)
            self.at(over, self._session, one, place)
        if chance.random() < 0.9:
            self.at(
                first + _DAY * chance.uniform(2, self.longest), self._ends, one, f"course-{number}"
            )
        if chance.random() < 0.06:
            self.at(first + _DAY * chance.uniform(1, 20), self._contact, one, number)
        if chance.random() < 0.03:
            self.at(first + _DAY * chance.uniform(1, 20), self._dies_at_home, one)

    def _id(self):
        """An id that the same seed gives again: people are looked at in the order of theirs."""
        return UUID(int=self.chance.getrandbits(128), version=4)

    def _contact(self, one, number):
        """An address, or a new one; some of them are of nobody."""
        kind = self.chance.choices(["email", "text"], [75, 25])[0]
        turn = len(one.contacts)
        own = f"p{number}-{turn}@example.org"
        address = own if kind == "email" else f"+1520{number:05d}{turn:02d}"
        start, end = self.chance.choices(NIGHTS, [60, 20, 10, 10])[0]
        body = facts.ContactSet(kind, address, zone=one.zone, quiet_from=start, quiet_until=end)
        if self.chance.random() < 0.03:
            self.office.bad.add(address)
        self._say(one, body)
        one.contacts.append((self.time, body))

    def _appointment(self, one, start):
        """Two days before it; one of ten was given another day first, and one is called off."""
        drawn = self.chance.random()
        if drawn < 0.1:
            self.at(start - 50 * _HOUR, self._arranges, one, start + _DAY)
            self.at(start - 20 * _HOUR, self._arranges, one, start)
        elif drawn < 0.13:
            self.at(start - 50 * _HOUR, self._arranges, one, start)
            self.at(start - 10 * _HOUR, self._arranges, one, None)
        else:
            self.at(start - 50 * _HOUR, self._arranges, one, start)

    def _arranges(self, one, start):
        if not one.dead_at:
            self._say(one, facts.VisitArranged(start, "iv-depression"))

    def _session(self, one, place):
        """A session that is over by now, as its log has it."""
        if one.dead_at:
            return
        start, own = self.time - _LENGTH, str(self._id())
        said = [
            (0, treatment.facts.SessionOpened(str(one.person.pk), "iv-depression", place + 1)),
            (20, treatment.facts.InfusionStarted(60_000, 1000, 35_000, 70_000)),
            (60, treatment.facts.InfusionStopped()),
            (170, treatment.facts.SessionClosed()),
        ]
        Session.objects.create(
            id=own, person=one.person, protocol_id="iv-depression", created=start,
            closed_at=start + 170 * _MINUTE,
        )  # fmt: skip
        entries = [
            journal.Entry(str(self._id()), treatment.kind_of(body), treatment.encode_body(body),
                          start + gone * _MINUTE, _HAND, "test")
            for gone, body in said
        ]  # fmt: skip
        journal.append(f"session:{own}", entries, self.time)

    def _ends(self, one, name):
        self._say(one, facts.CourseEnded(name, "complete"))

    def _dies_at_home(self, one):
        one.dead_at = self.time
        self._say(one, facts.EventRecorded("died"))

    def _say(self, one, body):
        outcomes.record(one.person, body, _HAND, self.time)

    # --- what they do with a letter ---------------------------------------------------------------

    def letters_are_read(self):
        """Every new letter, in the hands of whoever has that address."""
        new, self.read = self.office.book[self.read :], len(self.office.book)
        for letter in new:
            if not letter.token:
                continue
            drawn = self.chance.random()
            if drawn < 0.02:
                self.at(self.time + self._later(), self._no_more, letter)
            elif drawn < 0.65:
                self.at(self.time + self._later(), self._answers, letter)

    def _later(self):
        return _MINUTE * self.chance.choice([2, 7, 30, 95, 300, 900, 1700])

    def _no_more(self, letter):
        link = links.issued(letter.token, self.time)
        if link is None:
            return
        one = self.people[str(link.person_id)]
        contact, channel = one.contact(self.time), "email" if "@" in letter.to else "text"
        self._say(one, facts.OptedOut(channel, "link"))
        if contact is not None and contact.channel == channel:
            one.contacts.append((self.time, None))

    def _answers(self, letter):
        opened = links.redeem(letter.token, "", self.time)
        if opened is None:
            return
        link, name = opened.link, answering.check_in_of(opened.link)
        one = self.people[str(link.person_id)]
        answering.open_check_in(link.person, name, self.time)
        if "phq-9" in self._forms(name) and self.chance.random() < self.grave:
            self._item_nine(link, one)
        if self.chance.random() < 0.85:
            body, by = facts.CheckInFinished(name), outcomes.the_person(link.person)
            outcomes.record(link.person, body, by, self.time, id=derived_id(name, "finished"))
            links.finish(link.purpose, self.time)

    def _forms(self, name):
        row = Message.objects.filter(kind=planning.KIND, about=name).first()
        return row.detail["forms"] if row else ()

    def _item_nine(self, link, one):
        answering.answer(link, "phq-9", "9", str(self.chance.choice([1, 2, 3])), self.time)
        self.suicide.append((self.time, one, answering.check_in_of(link)))
        self._somebody_acts(one)

    # --- staff ------------------------------------------------------------------------------------

    def _somebody_acts(self, one):
        """In time, late, not before the director, or taken and forgotten."""
        way = self.chance.choices(["soon", "late", "never", "forgets"], [60, 20, 10, 10])[0]
        wait = {"soon": 9, "late": 47, "never": 140, "forgets": 9}[way] * _MINUTE
        self.at(self.time + wait, self._takes, one, way)

    def _takes(self, one, way):
        for row in TaskRow.objects.filter(person=one.person, closed_at=None):
            if any(fact["kind"] == "task_taken" for fact in row.facts):
                continue
            asked = [who for who in self.staff if row.pk in self._asked(who)]
            if not asked:
                continue
            outcomes.take_task(row, self.chance.choice(asked), self.time)
            wait = 200 * _MINUTE if way == "forgets" else 25 * _MINUTE
            self.at(self.time + wait, self._closes, row.pk)

    def _asked(self, who):
        return {row.pk for row, _ in tasks_for(who, self.time)}

    def _closes(self, pk):
        row = TaskRow.objects.get(pk=pk)
        if row.closed_at is None:
            outcomes.close_task(row, "Called; no danger now.", self.staff[0], self.time)


def install(year, monkeypatch):
    """The clinic asks this clock."""
    monkeypatch.setattr(clock, "now", year.now)
    monkeypatch.setattr(post, "carry", year.carried(post.carry))
