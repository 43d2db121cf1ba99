"""The page of tasks: the most urgent first, a page at a time; one check-in in one act."""

import re
import uuid
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from openketamine.clinic.journal.models import Access
from openketamine.clinic.outcomes import _task_rows, commands, queries
from openketamine.clinic.outcomes.models import Task
from openketamine.clinic.outcomes.together import close_together, take_together
from openketamine.clinic.patients.models import Person
from openketamine.core.course import Fact, encode_body, encode_fact, facts
from openketamine.core.findings import BadInput

pytestmark = pytest.mark.django_db
ROOM = 50


def opened(kind, due, number, roles=("nurse",)):
    return facts.TaskOpened(f"{kind}:{number}", kind, f"{kind} number {number}", due, roles)


def rows(now, numbers, kind="check_due"):
    """Open tasks, one a person, each due a minute after the one before."""
    people = [
        Person(mrn=f"{kind}{one}", family=f"Okafor{one}", given="Ada", created=now)
        for one in numbers
    ]
    Person.objects.bulk_create(people)
    made = []
    for number, person in zip(numbers, people, strict=True):
        body = opened(kind, now + timedelta(minutes=number), number)
        fact = Fact(str(uuid.uuid4()), now, commands.CLOCK, body, now, 1)
        made.append(
            Task(
                id=_task_rows.row_id(person.pk, body.task_id), person=person,
                task_id=body.task_id, facts=[encode_fact(fact)], due_at=body.due_at,
            )
        )  # fmt: skip
    Task.objects.bulk_create(made)


def names(shown):
    """The tasks of a page, in their order."""
    found = re.findall(r'<li class="task".*?<p>(.*?)</p>', shown.html, flags=re.DOTALL)
    return [one.strip() for one in found]


class TestAPage:
    def test_a_suicide_answer_that_came_last_and_is_due_last_is_first(self, page, nora, now):
        rows(now, range(60))
        rows(now, [5000], "suicide_answer")
        shown = page(nora, reverse("tasks"))
        first, second, *_ = listed = names(shown)
        assert (first, second) == ("suicide_answer number 5000", "check_due number 0")
        assert len(listed) == ROOM
        assert "1 to 50 of 61 open" in shown.text

    def test_pages_follow_one_order_without_a_gap_or_a_double(self, page, nora, now):
        rows(now, range(-30, 90))
        every = [one for number in (1, 2, 3) for one in names(page(nora, f"/tasks/?page={number}"))]
        assert every == [f"check_due number {one}" for one in range(-30, 90)]
        assert names(page(nora, "/tasks/?page=99")) == every[100:]
        assert names(page(nora, "/tasks/?page=x")) == every[:ROOM]

    @pytest.mark.parametrize("asked", ["", "?kind=check_due", "?for=me"])
    def test_ten_times_the_tasks_ask_the_database_no_more(self, client, nora, now, asked):
        client.force_login(nora)

        def cost():
            client.get(f"/tasks/{asked}")  # what is kept from the first time on
            with CaptureQueriesContext(connection) as asked_for:
                length = len(client.get(f"/tasks/{asked}").content)
            return len(asked_for), length

        rows(now, range(60))
        questions, length = cost()
        rows(now, range(60, 600))
        assert cost()[0] == questions
        assert cost()[1] < length * 1.02

    def test_one_kind_and_those_for_me(self, page, nora, priya, now):
        rows(now, range(3))
        rows(now, range(2), "side_effect")
        shown = page(nora, "/tasks/?kind=side_effect")
        assert names(shown) == ["side_effect number 0", "side_effect number 1"]
        assert "2 open" in shown.text
        assert "5 open" in page(nora, "/tasks/").text
        assert "5 open for you" in page(nora, "/tasks/?for=me").text
        assert "Nothing waits for you" in page(priya, "/tasks/?for=me").text
        none = page(nora, "/tasks/?kind=relapse")
        assert names(none) == []
        assert "Relapse 0" in none.text
        assert "Nothing of this kind waits" in none.text

    def test_whoever_acts_comes_back_to_the_same_list(self, client, nora, now):
        rows(now, range(1))
        client.force_login(nora)
        where = reverse("task-take", args=[Task.objects.get().pk])
        said = {"from": "tasks", "list": "for=me&page=2&next=//elsewhere"}
        assert client.post(where, said).url == "/tasks/?for=me&page=2#said"

    def test_each_list_says_in_its_title_which_it_is(self, page, nora, now):
        rows(now, range(60))

        def title(asked):
            return re.search("<title>(.*?) · OpenK", page(nora, f"/tasks/{asked}").html)[1]

        assert title("?page=2") == "Tasks, page 2"
        assert title("?for=me&kind=check_due") == "Tasks for you, Check due, page 1"
        assert title("?kind=relapse") == "Tasks, Relapse"

    def test_who_stands_on_the_page_was_read_and_nobody_else(self, page, nora, now):
        rows(now, range(60))
        page(nora, "/tasks/?page=2")
        read = Access.objects.filter(what__startswith="task.read").exclude(person_id=None)
        assert read.count() == 10


class TestWhomATaskAsks:
    def test_the_database_leaves_out_nobody_whom_a_task_asks(self, cast, adaeze, now):
        """However far the clock went, whoever took what, whatever was corrected."""
        for number, roles in enumerate(
            [("nurse",), ("prescriber", "nurse"), ("nurse", "therapist")]
        ):
            body = opened("not_ready", now + timedelta(hours=number), number, roles)
            commands.record(adaeze, body, commands.CLOCK, now)
        first, second, _ = Task.objects.order_by("due_at")
        commands.take_task(first, cast.nora, now)
        commands.take_task(second, cast.priya, now)
        fact = queries.opened(second)[1].fact
        other = encode_body(opened("not_ready", now, 1, ("medical_director", "prescriber")))
        corrected = facts.Corrected(fact, "for the director", other)
        commands.record(adaeze, corrected, cast.priya, now)
        for hours in (0, 1, 3, 30, 300):
            at = now + timedelta(hours=hours)
            for who in (cast.nora, cast.wes, cast.priya, cast.miriam, cast.theo, cast.fran):
                asked = [
                    (row.pk, one)
                    for row, one in queries.open_tasks()
                    if one.asks(who.role, at) or (one.owner and one.owner.id == str(who.pk))
                ]
                assert queries.asked_of(who, at) == asked
                bar = {
                    str(pk)
                    for pk, one in asked
                    if (one.owner is None or one.is_held_too_long(at))
                    and (one.is_late(at) or one.body.level in ("override", "defer", "block"))
                }
                assert {one["id"] for one in queries.tasks_on_the_bar(who, at)} == bar
        assert cast.miriam.role in queries.opened(Task.objects.get(pk=second.pk))[1].body.roles


class TestWhereOneGoesOn:
    """The page leads to what was said (`#said`), which stands where one goes on."""

    @pytest.fixture
    def three(self, adaeze, now):
        return [answered(adaeze, now, day, number).pk for number, day in enumerate("abc")]

    def said(self, shown):
        """What was said, and the row below it; None where there is none."""
        assert shown.html.count('id="said"') == 1
        above, _, after = shown.html.partition('id="said"')
        words = re.search("<p>(.*?)</p>", after)[1]
        below = re.search('id="task-([^"]+)"', after)
        return words, uuid.UUID(below[1]) if below and 'id="open-tasks"' in above else None

    def press(self, page, nora, what, row, **said):
        sent = {"from": "tasks", "outcome": "Called.", **said}
        done = page(nora, reverse(what, args=[row]), sent)
        assert done.answer.url == "/tasks/#said"
        return self.said(page(nora, "/tasks/"))

    def test_who_takes_a_task_stands_at_its_row(self, page, nora, three):
        assert self.press(page, nora, "task-take", three[1]) == ("The task is yours.", three[1])

    def test_who_closes_one_stands_at_the_next(self, page, nora, three):
        after = re.search(
            f'/tasks/{three[0]}/close/.*?name="after" value="(.*?)"',
            page(nora, "/tasks/").html,
            re.DOTALL,
        )[1]
        assert after == str(three[1])
        closed = self.press(page, nora, "task-close", three[0], after=after)
        assert closed == ("The task is closed.", three[1])

    def test_or_above_the_list_where_there_is_none(self, page, nora, three):
        for row in three:
            assert self.press(page, nora, "task-close", row) == ("The task is closed.", None)

    def test_a_refusal_stands_at_the_row_too(self, page, nora, three):
        words, row = self.press(page, nora, "task-close", three[2], outcome=" ")
        assert row == three[2]
        assert "in words" in words or "required" in words

    def test_on_the_page_of_the_course_as_well(self, page, nora, adaeze, three):
        course = reverse("course", args=[adaeze.pk])
        done = page(nora, reverse("task-take", args=[three[0]]), {"from": "course"})
        assert done.answer.url == f"{course}#said"
        shown = page(nora, course).html
        assert len(re.findall('id="said"', shown)) == 1
        assert re.findall('name="after" value="(.*?)"', shown) == [str(one) for one in three[1:]]
        assert re.search('id="said".*?The task is yours.*?id="task-', shown, re.DOTALL)


@pytest.fixture
def seven(adaeze, now):
    """Seven "not ready" of one check-in."""
    return [answered(adaeze, now, "monday", number) for number in range(7)]


def answered(person, now, check_in, number, kind="not_ready"):
    """The row of a task that an answer opened."""
    reply = facts.ReplyGiven(check_in, "readiness", f"{kind}{number}", "no")
    rests = commands.record(person, reply, commands.the_person(person), now)
    body = facts.TaskOpened(
        f"{check_in}:{kind}:{number}", kind, f"{kind} number {number}", now + timedelta(hours=1),
        ("nurse", "prescriber"), rests_on=(rests.id,),
    )  # fmt: skip
    commands.record(person, body, commands.CLOCK, now)
    return Task.objects.get(task_id=body.task_id)


def press(page, who, what, some, **said):
    where = reverse(what, args=[some[0].pk])
    said |= {"from": "course", "all": " ".join(str(one.pk) for one in some)}
    return page(who, where, said)


def whose(person):
    """Who has each open task."""
    found = [one for _, one in queries.tasks_of(person) if one.is_open]
    return [one.owner.name if one.owner else "" for one in found]


class TestOneCheckIn:
    def test_all_are_taken_and_closed_and_each_keeps_its_own_facts(self, page, nora, adaeze, seven):
        press(page, nora, "task-take", seven)
        assert whose(adaeze) == ["Nora Lindqvist"] * 7
        press(page, nora, "task-close", seven, outcome="Called; comes on Tuesday.")
        state = queries.facts_of(adaeze)
        assert {one.body.task_id for one in state.all(facts.TaskTaken)} == {
            one.task_id for one in seven
        }
        closed = [one.body for one in state.all(facts.TaskClosed)]
        assert len(closed) == 7
        assert {one.outcome for one in closed} == {"Called; comes on Tuesday."}
        assert not Task.objects.filter(closed_at=None).exists()

    def test_what_somebody_else_took_meanwhile_is_left_and_said(
        self, page, nora, wes, adaeze, seven, now
    ):
        commands.take_task(seven[3], wes, now)
        press(page, nora, "task-take", seven)
        assert sorted(whose(adaeze)) == ["Nora Lindqvist"] * 6 + ["Wes Okafor"]
        shown = page(nora, "/tasks/").text
        assert "6 tasks are yours." in shown
        assert "Left as it is: “not_ready number 3”, taken by Wes Okafor." in shown
        press(page, nora, "task-close", seven, outcome="Called.")
        assert whose(adaeze) == ["Wes Okafor"]

    def test_a_double_click_writes_nothing_twice(self, page, nora, adaeze, seven):
        for _ in range(2):
            press(page, nora, "task-take", seven)
        assert "They are yours already." in page(nora, "/tasks/").text
        for _ in range(2):
            press(page, nora, "task-close", seven, outcome="Called.")
        assert "They are closed already." in page(nora, "/tasks/").text
        state = queries.facts_of(adaeze)
        assert len(state.all(facts.TaskTaken)) == len(state.all(facts.TaskClosed)) == 7

    def test_what_was_opened_after_the_page_was_shown_stays(self, page, nora, adaeze, seven, now):
        late = answered(adaeze, now, "monday", 8)
        press(page, nora, "task-close", seven, outcome="Called.")
        assert list(Task.objects.filter(closed_at=None)) == [late]

    def test_the_page_offers_those_of_one_check_in_once(self, page, nora, theo, adaeze, seven, now):
        answered(adaeze, now, "tuesday", 1)
        for number in range(2):
            answered(adaeze, now, "monday", number, "suicide_answer")
        shown = page(nora, "/tasks/")
        assert shown.text.count("I take these 7 of one check-in") == 1
        assert shown.text.count("of one check-in") == 2
        assert "of one check-in" in page(nora, reverse("course", args=[adaeze.pk])).text
        assert "of one check-in" not in page(theo, "/tasks/").text
        press(page, nora, "task-take", seven[:3])
        again = page(nora, "/tasks/").text
        assert "I take these 4" in again
        assert "Close these 7" in again

    def test_a_role_that_they_do_not_ask_can_do_neither(self, page, theo, aude, adaeze, seven):
        for who in (theo, aude):
            press(page, who, "task-take", seven)
            press(page, who, "task-close", seven, outcome="Called.")
        assert whose(adaeze) == [""] * 7

    def test_answers_about_suicide_stand_alone(self, nora, adaeze, seven, now):
        grave = [answered(adaeze, now, "monday", one, "suicide_answer") for one in range(2)]
        for some in (grave, [seven[0], grave[0]], [seven[0], answered(adaeze, now, "tuesday", 1)]):
            with pytest.raises(BadInput):
                take_together(some, nora, now)
            with pytest.raises(BadInput):
                close_together(some, "Called.", nora, now)
        assert set(whose(adaeze)) == {""}

    def test_without_words_nothing_is_closed(self, page, nora, adaeze, seven):
        press(page, nora, "task-close", seven, outcome=" ")
        assert len(whose(adaeze)) == 7

    def test_a_task_of_another_person_is_not_found_among_them(self, page, nora, seven, now):
        rows(now, [1])
        other = Task.objects.get(task_id="check_due:1")
        assert press(page, nora, "task-take", [*seven, other]).status == HTTPStatus.NOT_FOUND
        wrong = {"from": "tasks", "all": "x"}
        where = reverse("task-take", args=[seven[0].pk])
        assert page(nora, where, wrong).status == HTTPStatus.NOT_FOUND
        assert not Task.objects.filter(facts__contains=[{"kind": "task_taken"}]).exists()
