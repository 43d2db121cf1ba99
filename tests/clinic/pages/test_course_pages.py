"""The course page of a person, what staff write into it, and the page of tasks."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from openketamine.clinic.journal.models import Access
from openketamine.clinic.outcomes import commands, queries
from openketamine.clinic.outcomes.levels import peak_level
from openketamine.clinic.outcomes.models import Task
from openketamine.clinic.sessions.commands import open_session
from openketamine.core.course import Visit, facts
from openketamine.core.log import Author, Fact
from openketamine.core.treatment import (
    AdverseEventCharted,
    DoseGiven,
    InfusionStarted,
    InfusionStopped,
    ObservationCharted,
    RateChanged,
    ScoreRecorded,
    SessionOpened,
    fold,
)

pytestmark = pytest.mark.django_db
IM = "im-depression"


def course(one):
    return reverse("course", args=[one.pk])


def treated(person, by, at, tell, *, score=None, mg=35):
    """One session, given at once into a muscle, with a score before it where one is said."""
    session = open_session(person.pk, IM, by, at)
    bodies = [ObservationCharted({"systolic": Decimal(122), "diastolic": Decimal(78)})]
    if score is not None:
        bodies.append(ScoreRecorded("phq-9", (None,) * 9, Decimal(score), version="2 weeks"))
    tell(session, at, by, *bodies)
    tell(session, at + timedelta(minutes=5), by, DoseGiven("im", mg * 1000))
    peak = ObservationCharted(
        {"systolic": Decimal(151), "diastolic": Decimal(92), "spo2": Decimal(96)}
    )
    tell(session, at + timedelta(minutes=40), by, peak, AdverseEventCharted("nausea", 1))
    return session


def phq(total):
    return facts.ScoreTaken("phq-9", "2 weeks", (None,) * 9, Decimal(total), source="staff")


def peg(total):
    return facts.ScoreTaken("peg", "1 week", (None,) * 3, Decimal(total), source="staff")


@pytest.fixture
def tell():
    from tests.clinic.pages.conftest import tell

    return tell


@pytest.fixture
def going(adaeze, nora, now, tell):
    """Three sessions in a week; mood 18 before and 8 now, pain 7 before and 6 now."""
    start = now - timedelta(days=12)
    commands.record(adaeze, peg(7), nora, now, at=start - timedelta(days=1))
    for place in range(3):
        treated(adaeze, nora, start + timedelta(days=3 * place), tell, score=18 - 2 * place)
    commands.record(adaeze, phq(8), nora, now, at=now - timedelta(days=2))
    commands.record(adaeze, peg(6), nora, now, at=now - timedelta(days=2))
    return adaeze


class TestThePage:
    def test_a_person_without_anything_has_a_page_that_says_so(self, page, nora, adaeze):
        shown = page(nora, course(adaeze))
        assert shown.status == 200
        assert "No session yet, and nobody opened a course." in shown.text
        assert "Nothing to draw yet" in shown.text
        assert "No score was ever taken" in shown.text

    def test_doses_peaks_and_scores_stand_on_one_axis_with_a_table_twin(self, page, nora, going):
        shown = page(nora, course(going))
        assert shown.html.count('class="dose"') == 3
        assert shown.html.count('class="caret"') == 6
        assert "151/92 from 122/78" in shown.text
        assert shown.text.count("nausea, grade 1") == 3
        assert "The same as a table: scores (6)" in shown.text

    def test_the_verdict_has_its_numbers_and_its_denominator(self, page, nora, going):
        shown = page(nora, course(going))
        assert "10 points better (56 %)" in shown.text
        assert "3 of 3 sessions" in shown.text

    def test_mood_and_pain_are_two_axes(self, page, nora, going):
        shown = page(nora, course(going))
        assert "Mood is better, pain is not" in shown.text
        assert "Mood by PHQ-9: better. Pain by PEG: not better." in shown.text

    @pytest.mark.hazard("HZ-23")
    def test_what_is_missing_is_said_and_never_counted_as_no(self, page, nora, adaeze, now, tell):
        treated(adaeze, nora, now - timedelta(days=2), tell)
        shown = page(nora, course(adaeze))
        assert "No PHQ-9 or QIDS-SR16 or MADRS was ever taken" in shown.text
        assert "Not evaluable" in shown.text
        assert "nobody knows whether it helps: no score" in shown.text

    def test_the_next_interval_comes_with_its_reason(self, page, nora, going):
        shown = page(nora, course(going))
        assert "after the last session" in shown.text
        assert "In the first phase the protocol's interval holds" in shown.text
        assert "A proposal, no order" in shown.text

    def test_relapse_stands_by_each_definition(self, page, nora, going, now):
        commands.record(going, phq(14), nora, now, at=now - timedelta(hours=3))
        shown = page(nora, course(going))
        assert "from 18 to 8 and back to 14" in shown.text
        assert "PHQ-9 of 10 or more, twice running" in shown.text

    def test_exposure_and_checks_are_counted_with_due_dates(self, page, nora, going):
        shown = page(nora, course(going))
        assert "E2: 3 sessions within the first 28 days" in shown.text
        assert "105 mg" in shown.text
        assert "due 10-Feb-2027 (3 months after session 1, never done)" in shown.text

    @pytest.mark.hazard("HZ-16")
    def test_a_look_at_it_is_on_record(self, page, wes, going):
        page(wes, course(going))
        assert Access.objects.filter(
            person_id=going.pk, by_id=str(wes.pk), what__startswith="course.read"
        ).exists()

    @pytest.mark.hazard("HZ-16")
    def test_the_front_desk_is_told_that_it_is_not_part_of_its_role(self, page, fran, going):
        assert page(fran, course(going)).status == 403

    def test_the_persons_page_leads_to_it(self, page, nora, going):
        assert course(going) in page(nora, reverse("person", args=[going.pk])).html

    def test_who_may_only_read_sees_no_form(self, page, aude, going):
        shown = page(aude, course(going))
        assert "Write down" not in shown.text
        assert "Strike it out" not in shown.text


def answers(name, values):
    return {f"item{place}": str(value) for place, value in enumerate(values, start=1)}


class TestWriting:
    def score(self, one, name="phq-9"):
        return reverse("course-score", args=[one.pk, name])

    def test_a_score_is_asked_question_by_question(self, page, nora, adaeze):
        shown = page(nora, self.score(adaeze))
        assert shown.html.count("<legend>") == 9
        assert "Feeling down, depressed, or hopeless" in shown.text

    def test_and_written_with_its_band(self, page, nora, adaeze):
        page(nora, self.score(adaeze), answers("phq-9", [2] * 8 + [0]))
        (taken,) = queries.facts_of(adaeze).all(facts.ScoreTaken)
        assert (taken.body.total, taken.body.band, taken.body.source) == (
            16, "moderately severe", "staff",
        )  # fmt: skip

    @pytest.mark.hazard("HZ-23")
    def test_a_question_left_open_is_kept_as_not_answered(self, page, nora, adaeze):
        page(nora, self.score(adaeze), answers("phq-9", [2] * 5))
        (taken,) = queries.facts_of(adaeze).all(facts.ScoreTaken)
        assert taken.body.answers[5:] == (None,) * 4
        assert taken.body.total is None

    def test_an_empty_form_is_refused_in_words(self, page, nora, adaeze):
        shown = page(nora, self.score(adaeze), {"at": ""})
        assert shown.status == 400
        assert "an answer to one question at least" in shown.text.lower()

    def test_an_answer_about_suicide_becomes_a_task_at_once(self, page, nora, adaeze):
        page(nora, self.score(adaeze), answers("phq-9", [1] * 8 + [2]))
        assert [row.task_id.partition(":")[0] for row in Task.objects.all()] == ["suicide_answer"]
        assert "Suicide answer" in page(nora, reverse("tasks")).text

    def test_a_score_entered_again_counts_instead_and_the_first_stays_in_sight(
        self, page, nora, adaeze
    ):
        page(nora, self.score(adaeze), answers("phq-9", [2] * 8 + [0]))
        (wrong,) = queries.facts_of(adaeze).all(facts.ScoreTaken)
        page(
            nora, f"{self.score(adaeze)}?corrects={wrong.fact.id}", answers("phq-9", [1] * 8 + [0])
        )
        (now_,) = queries.facts_of(adaeze).all(facts.ScoreTaken)
        assert now_.body.total == 8
        assert "Entered again: entered again (Nora Lindqvist)" in page(nora, course(adaeze)).text

    def test_a_fact_is_struck_out_with_a_reason(self, page, nora, adaeze, now):
        wrong = commands.record(adaeze, facts.EventRecorded("mania"), nora, now)
        place = reverse("course-strike", args=[adaeze.pk, wrong.id])
        page(nora, place, {"reason": "another person"})
        assert queries.facts_of(adaeze).all(facts.EventRecorded) == ()
        assert "Struck out: another person" in page(nora, course(adaeze)).text

    def test_a_course_is_opened_and_ended_by_a_prescriber(self, page, priya, nora, adaeze):
        said = {"protocol": IM, "indication": "depression", "primary": "phq-9", "goal": "to sleep"}
        opening = reverse("course-open", args=[adaeze.pk])
        assert page(nora, opening, said).status == 403
        page(priya, opening, said)
        shown = page(priya, course(adaeze))
        assert "Hopes for: “to sleep”" in shown.text
        again = page(priya, opening, said)
        assert again.status == 400
        page(priya, reverse("course-end", args=[adaeze.pk]), {"reason": "wish", "note": "enough"})
        assert "wish" in page(priya, course(adaeze)).text
        assert queries.facts_of(adaeze).course is None

    def test_a_check_moves_its_due_date(self, page, nora, going):
        done = {"domain": "bladder", "result": "normal", "found": "BPIC-SS 3"}
        page(nora, reverse("course-check", args=[going.pk]), done)
        assert "due 22-Feb-2027 (3 months after the last)" in page(nora, course(going)).text

    @pytest.mark.hazard("HZ-23")
    def test_a_check_whose_result_nobody_knows_was_not_done(self, page, nora, going):
        page(
            nora,
            reverse("course-check", args=[going.pk]),
            {"domain": "bladder", "result": "not_known"},
        )
        assert "3 months after session 1, never done" in page(nora, course(going)).text


@pytest.fixture
def worse(adaeze, nora, now, tell):
    """Worse than before the course, written down by a nurse."""
    commands.record(adaeze, phq(15), nora, now, at=now - timedelta(days=9))
    treated(adaeze, nora, now - timedelta(days=8), tell)
    commands.take_score(adaeze, "phq-9", (3,) * 8 + (0,), nora, now)
    return adaeze


class TestTasks:
    def test_getting_worse_opens_one_task_for_the_prescriber(self, page, priya, worse):
        shown = page(priya, reverse("tasks"))
        assert "Worse than before the course: PHQ-9 15 → 24" in shown.text
        assert "24 h 0 min left" in shown.text
        assert Task.objects.count() == 1

    def test_the_same_thing_asks_once(self, worse, now):
        assert commands.review(worse, now + timedelta(hours=1)) == []

    def test_whose_turn_it_is_follows_the_clock(self, cast, worse, now):
        mine = lambda who, at: [row.task_id for row, _ in queries.tasks_for(who, at)]  # noqa: E731
        assert mine(cast.priya, now)
        assert not mine(cast.nora, now)
        assert mine(cast.nora, now + timedelta(hours=25))
        assert not mine(cast.miriam, now + timedelta(hours=25))
        assert mine(cast.miriam, now + timedelta(hours=49))

    def test_who_is_told_is_written_once_for_each_step(self, worse, now):
        assert commands.tell(now) == 1
        assert commands.tell(now) == 0
        assert commands.tell(now + timedelta(hours=25)) == 1
        told = [one.body for one in queries.facts_of(worse).all(facts.TaskTold)]
        assert [(one.step, one.names) for one in told] == [
            (0, ("Dr Priya Raman",)), (1, ("Nora Lindqvist", "Wes Okafor")),
        ]  # fmt: skip

    def test_taken_it_goes_to_nobody_else_in_time_and_closed_it_is_gone(
        self, page, cast, worse, now
    ):
        row = Task.objects.get()
        page(cast.priya, reverse("task-take", args=[row.pk]), {"from": "tasks"})
        in_time, late = now + timedelta(hours=23), now + timedelta(hours=25)
        assert queries.tasks_for(cast.nora, in_time) == []
        assert [row.pk for row, _ in queries.tasks_for(cast.nora, late)] == [row.pk]
        said = {"from": "tasks", "outcome": "Seen today; no risk; next dose put off."}
        page(cast.priya, reverse("task-close", args=[row.pk]), said)
        assert queries.open_tasks() == []
        assert "next dose put off" in page(cast.priya, course(worse)).text

    def test_what_is_grave_stands_on_the_bar_until_somebody_takes_it(self, client, cast, worse):
        def bar(who):
            client.force_login(who)
            return client.get(reverse("calls-mine")).json()["tasks"]

        (shown,) = bar(cast.priya)
        assert (shown["initials"], shown["late"]) == ("AO", False)
        assert "Okonkwo" not in str(shown)
        assert bar(cast.nora) == []
        client.force_login(cast.priya)
        client.post(reverse("task-take", args=[shown["id"]]))
        assert bar(cast.priya) == []

    def test_what_is_neither_grave_nor_late_waits_on_its_page(self, adaeze, cast, now):
        due = now + timedelta(days=14)
        body = facts.TaskOpened("t", "check_due", "Bladder", due, ("nurse",))
        commands.record(adaeze, body, commands.CLOCK, now)
        assert len(queries.tasks_for(cast.nora, now)) == 1
        assert queries.tasks_on_the_bar(cast.nora, now) == []
        assert len(queries.tasks_on_the_bar(cast.nora, due + timedelta(seconds=1))) == 1

    @pytest.mark.hazard("HZ-16")
    def test_a_role_that_it_does_not_ask_cannot_take_it(self, page, theo, worse):
        row = Task.objects.get()
        page(theo, reverse("task-take", args=[row.pk]), {"from": "tasks"})
        assert queries.facts_of(worse).all(facts.TaskTaken) == ()

    def test_a_task_is_not_closed_without_words(self, page, priya, worse):
        row = Task.objects.get()
        page(priya, reverse("task-close", args=[row.pk]), {"from": "tasks", "outcome": " "})
        assert len(queries.open_tasks()) == 1

    def test_a_score_that_is_struck_out_leaves_the_task_to_be_closed_by_a_person(
        self, nora, worse, now
    ):
        (_, taken) = queries.facts_of(worse).all(facts.ScoreTaken)
        commands.strike_out(worse, taken.fact.id, "typed wrong", nora, now)
        assert len(queries.open_tasks()) == 1


def infused(*rates, weight_g=70_000, protocol="iv-depression"):
    """A session with stretches of twenty minutes at these rates in mL/h of 1 mg/mL."""
    start = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)
    bodies = [
        SessionOpened("p", protocol),
        InfusionStarted(rates[0], 1000, 100_000, weight_g),
        *(RateChanged(rate) for rate in rates[1:]),
        InfusionStopped(),
    ]
    moments = [start, start, *(start + timedelta(minutes=20 * n) for n in range(1, len(rates) + 1))]
    by = Author("1", "Nora", "nurse")
    log = [
        Fact(f"f{n}", at, by, body)
        for n, (at, body) in enumerate(zip(moments, bodies, strict=True))
    ]
    return Visit(start.date(), fold(log), session="s")


class TestThePeakLevel:
    def test_it_is_a_band_with_its_models_and_follows_what_was_really_given(self):
        whole = peak_level(infused(52_500, 52_500))
        low, middle, high = whole.band
        assert 0 < low < middle < high
        assert len(whole.models) > 1
        half = peak_level(infused(26_250, 26_250))
        assert half.band[1] == pytest.approx(middle / 2, rel=0.01)
        stopped = peak_level(infused(52_500))
        assert stopped.band[1] < middle

    def test_the_peak_is_at_the_end_of_the_faster_stretch(self):
        early = peak_level(infused(80_000, 1_000))
        assert early.band[1] > peak_level(infused(40_000, 40_000)).band[1]

    def test_what_nobody_can_foresee_has_none(self):
        nothing = Visit(date(2026, 11, 2), fold([]), session="s")
        assert peak_level(nothing) is None
        assert peak_level(infused(52_500, protocol="no-such-protocol")) is None

    def test_the_picture_says_that_it_is_a_forecast(self, page, priya, going):
        said = page(priya, course(going)).text
        assert "a forecast, not a measurement" in said


class TestHowTheLastSessionWasTolerated:
    def test_what_nobody_rated_is_not_known_and_no_step_up_rests_on_it(self, page, priya, going):
        said = page(priya, course(going)).text
        assert "How the last session was tolerated" in said
        assert "Dissociation: Nobody wrote it down" in said

    def test_a_severe_rating_lowers_the_next_dose_and_says_whose_line_it_is(
        self, page, priya, adaeze, nora, now, tell
    ):
        session = treated(adaeze, nora, now - timedelta(days=3), tell)
        worst = ObservationCharted({"dissociation": Decimal(8), "nausea": Decimal(0)})
        tell(session, now - timedelta(days=3, minutes=-30), nora, worst)
        said = page(priya, course(adaeze)).text
        assert "Next dose lower" in said
        assert "Dissociation: dissociation 8 of 10" in said
        assert "no published cut-off" in said
        assert "Vomiting: no vomiting despite an antiemetic (nausea 0 of 10 at most)" in said
