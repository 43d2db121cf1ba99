"""What a year of check-ins must have been, worked out from the books of the carriers and from what
the test itself did; of the clinic only the record is asked."""

from collections import Counter, defaultdict
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from openketamine.clinic.checkins import links, planning
from openketamine.clinic.checkins.models import Link, Message
from openketamine.clinic.outcomes import queries
from openketamine.core import course
from openketamine.core.course import check_ins as core_check_ins
from openketamine.core.course import facts


def state_of(one):
    """The whole course of a person, with their sessions."""
    return queries.state_of(one.person)


def prove(year):
    """Hold the books of the carriers against what this test knows. What was counted."""
    ids = Counter(one.id for one in year.office.book)
    rows = {str(row.pk): row for row in Message.objects.all()}
    asked = [one for one in year.office.book if rows[one.id].kind == planning.KIND]
    for one in asked:
        assert ids[one.id] == 1, f"{one} left {ids[one.id]} times"
        _right_person(year, one, rows[one.id])
    counted = {"letters": len(asked), "kills": year.kills, "people": len(year.people)}
    counted |= _none_lost(year, asked, rows)
    return counted


def _right_person(year, letter, row):
    """To the address that counted then, awake, with a link that opens for them alone."""
    someone = year.people[str(row.person_id)]
    contact = someone.contact(letter.at)
    assert contact is not None, f"{letter} left although they want nothing"
    assert contact.address == letter.to
    assert someone.dead_at is None or letter.at < someone.dead_at
    link = Link.objects.get(token_sha256=links._hash(letter.token))
    assert link.person_id == row.person_id
    assert link.purpose == f"check-in:{row.about}"
    local = letter.at.astimezone(ZoneInfo(contact.zone)).time()
    start, end = time.fromisoformat(contact.quiet_from), time.fromisoformat(contact.quiet_until)
    quiet = start <= local < end if start <= end else (local >= start or local < end)
    assert not quiet, f"{letter} at {local} in {contact.zone}, quiet {start} to {end}"


def _none_lost(year, asked, rows):
    """Each message that a carrier confirmed is in the record as sent, each in the record was
    confirmed or is said not to be known; each check-in ended once, with a cause that is true. Who
    is wronged is named, all of them."""
    book = {one.id: one for one in asked}
    causes, unknown, wronged = Counter(), 0, []
    by_person = defaultdict(list)
    for row in rows.values():
        by_person[str(row.person_id)].append(row)
    for key, someone in year.people.items():
        try:
            ended, not_known = _of_one(year, someone, by_person[key], book)
        except AssertionError as error:
            wronged.append(str(error).partition("\n")[0])
        else:
            causes.update(ended)
            unknown += not_known
    assert not wronged, "\n".join(wronged)
    return {"ended": dict(causes), "not_known": unknown}


def _of_one(year, someone, rows, book):
    """Why each check-in of a person ended, and of how many messages nobody knows."""
    state = state_of(someone)
    known = core_check_ins.check_ins(state)
    invitations = [row for row in rows if row.kind == planning.KIND]
    unknown = sum(_as_the_book_says(one, book.get(str(one.pk)), known.get(one.about))
                  for one in invitations)  # fmt: skip
    ended = []
    for planned in core_check_ins.planned_check_ins(state, settings.TIME_ZONE):
        one = known.get(planned.id)
        if planned.closes_at >= year.time:
            continue
        assert one is not None, f"{someone} {planned} was forgotten"
        assert one.over, f"{someone} {planned} was never closed"
        ended.append(_cause(year, someone, planned, one, book))
    return ended, unknown


def _as_the_book_says(row, taken, one):
    """1 where nobody knows."""
    if row.state == "sent":
        assert taken is not None, f"{row} of {row.person_id} is said to have left"
        assert any(said.body.attempt == row.attempt for said in one.invited), row
    elif row.state in ("failed", "dropped", "waiting"):
        assert taken is None, f"{row} of {row.person_id} left"
    if taken is not None and taken.confirmed and row.state != "taken":
        assert row.state in ("sent", "unknown"), row
    if row.state != "unknown":
        return 0
    causes = [back.body.cause for back in one.undelivered if back.body.attempt == row.attempt]
    assert causes == ["not_known"], f"{row} of {row.person_id}: {causes}"
    return 1


def _cause(year, someone, planned, one, book):
    """How it ended, with what must be true for it."""
    if one.finished_at is not None:
        assert one.missed is None or one.missed.at >= one.finished_at
        return "finished"
    cause = one.missed.body.cause
    left = [m for m in Message.objects.filter(about=planned.id) if str(m.pk) in book]
    if cause in ("not_opened", "not_finished"):
        assert left, f"{someone} {planned} {cause}, and nothing left"
    if cause == "no_address":
        assert someone.contact(planned.closes_at) is None, f"{someone} {planned} {cause}"
    if cause == "not_asked":
        assert not left, f"{someone} {planned} {cause}, and {left} left"
    return cause


def tasks_in_time(year):
    """Seconds from an answer about suicide until each step was told, less the time that the step
    has: how late it was. Every one, and each had its task in the transaction of its answer."""
    late = defaultdict(list)
    for answered, someone, check_in in year.suicide:
        _told_in_time(_task_of(year, answered, someone, check_in), year.time, late)
    return dict(late)


def _task_of(year, answered, someone, check_in):
    """The task that was open for an answer when its transaction ended: its own, or one that nobody
    had closed by then. The newest."""
    state = state_of(someone)
    found = [
        task
        for task in course.tasks(state)
        if task.body.kind == "suicide_answer" and task.opened_at <= answered
        and (task.closed is None or task.closed.at > answered or task.opened_at == answered)
        and any(one.check_in == check_in for one in _rests_on(state, task))
    ]  # fmt: skip
    assert found, f"no task of {someone.person.mrn} at {answered}"
    return max(found, key=lambda one: one.opened_at)


def _rests_on(state, task):
    return [one.body for one in state.all(facts.ReplyGiven) if one.fact.id in task.body.rests_on]


def _told_in_time(task, end, late):
    """Every step that came while it was open was told. When each was due is worked out here."""
    until = task.closed.at if task.closed else end
    told = {one.body.step: one.at for one in task.told}
    for step, due in enumerate(_due(task)):
        if due >= until:
            break
        assert step in told, f"step {step} of {task.task_id} was told nobody"
        late[step].append((told[step] - due).total_seconds())


def _due(task):
    """The moments of the steps, by the card and the times of the house, written down anew."""
    lap, hold = timedelta(minutes=30), timedelta(minutes=60)
    steps, moment, turn = [task.opened_at], task.opened_at + lap, 0
    takes = [one.at for one in task.takes]
    while len(steps) < len(task.body.roles):
        if takes and takes[0] < moment and turn == 0:
            moment, turn = takes[0] + hold, 1
            continue
        steps.append(moment)
        moment += hold if turn else lap
    return steps


def mails_about_tasks(year):
    """Seconds from an answer until the first letter about its task was taken by the server. Where
    none was, it had been handed over, and whenever it was the post was down."""
    left = {one.id: one.at for one in year.office.book}
    waited = []
    for answered, someone, check_in in year.suicide:
        task = _task_of(year, answered, someone, check_in)
        rows = list(Message.objects.filter(kind="task", about=task.task_id))
        assert rows, f"no letter was written about {task.task_id}"
        taken = [left[str(row.pk)] for row in rows if str(row.pk) in left]
        if taken:
            waited.append((min(taken) - answered).total_seconds())
            continue
        for row in rows:
            assert row.tries, f"{row} was never handed over"
            assert year.office.is_down(row.taken_at), f"{row} did not leave"
    return waited


def quiet_look(year):
    """Once all is done that is due, another look at the same moment finds nothing to do."""
    planning.plan(year.time)
    assert planning.plan(year.time) == 0
