"""Four patterns that the book shows only beside other records: both sides of every limit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from openketamine.core.ledger import Around, Course, Score, Transfer, Visit, book, patterns

AT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def waste(number, by="nora"):
    session = f"{by}-{number}"
    return Transfer(
        id=f"w-{session}", at=AT + number * DAY, source=f"tray:{session}",
        destination=f"waste:{session}", mass_ug=1_000, volume_ul=0, lot="", container="K1",
        session=session, by=by, witness="wes", reason="residual",
    )  # fmt: skip


def found(rule, entries=(), who="nora", **around):
    said = patterns(book(entries), Around(**around))
    return next(one for one in said if (one.rule, one.who) == (rule, who))


class TestWasteThatNobodyObserved:
    def seen(self, wastes, alone, minutes=60):
        """Something was charted so near to all of them but the first `alone`."""
        return {
            one.session: [one.at - minutes * MINUTE] for place, one in enumerate(wastes)
            if place >= alone
        }  # fmt: skip

    @pytest.mark.parametrize(("alone", "flagged"), [(2, False), (3, True)])
    def test_a_share_above_ten_percent_is_looked_at(self, alone, flagged):
        wastes = [waste(n) for n in range(20)]
        one = found("DV-UNSEEN", wastes, observed=self.seen(wastes, alone))
        assert (one.n, one.value, one.flagged) == (20, 5 * alone, flagged)
        assert one.about == tuple(w.session for w in wastes[:alone])

    @pytest.mark.parametrize(("minutes", "value"), [(60, 0), (61, 100)])
    def test_an_hour_is_near_and_a_minute_more_is_not(self, minutes, value):
        wastes = [waste(n) for n in range(20)]
        one = found("DV-UNSEEN", wastes, observed=self.seen(wastes, 0, minutes))
        assert one.value == value

    @pytest.mark.parametrize(("n", "flagged"), [(19, False), (20, True)])
    def test_with_few_wastes_nobody_is_named(self, n, flagged):
        assert found("DV-UNSEEN", [waste(k) for k in range(n)]).flagged is flagged

    def test_it_stands_beside_the_others(self):
        ours, theirs = [waste(n) for n in range(20)], [waste(n, "omar") for n in range(10)]
        seen = self.seen([*ours, *theirs], 4)
        one = found("DV-UNSEEN", [*ours, *theirs], observed=seen)
        assert (one.value, one.peers, one.peer_median, one.peer_sd) == (20, 1, 0, None)


class TestLooksWithoutADose:
    def looks(self, n):
        return {"nora": [AT + k * DAY for k in range(n)]}

    @pytest.mark.parametrize(("own", "flagged"), [(10, False), (9, True)])
    def test_more_than_half_without_anything_in_the_book(self, own, flagged):
        entries = [replace(waste(n), at=AT + n * DAY + 60 * MINUTE) for n in range(own)]
        one = found("DV-LOOK", entries, looks=self.looks(20))
        assert (one.n, one.value, one.flagged) == (20, 100 - 5 * own, flagged)

    @pytest.mark.parametrize(("minutes", "value"), [(60, 0), (61, 100)])
    def test_an_hour_before_or_after_is_near(self, minutes, value):
        entries = [replace(waste(n), at=AT + n * DAY - minutes * MINUTE) for n in range(20)]
        assert found("DV-LOOK", entries, looks=self.looks(20)).value == value

    def test_what_a_witness_signs_is_theirs_too(self):
        looks = {"wes": [AT + n * DAY for n in range(20)]}
        assert found("DV-LOOK", [waste(n) for n in range(20)], "wes", looks=looks).value == 0

    @pytest.mark.parametrize(("minutes", "n"), [(60, 1), (61, 2)])
    def test_pages_opened_one_after_the_other_are_one_look(self, minutes, n):
        assert found("DV-LOOK", looks={"nora": [AT, AT + minutes * MINUTE]}).n == n

    @pytest.mark.parametrize(("n", "flagged"), [(19, False), (20, True)])
    def test_with_few_looks_nobody_is_named(self, n, flagged):
        assert found("DV-LOOK", looks=self.looks(n)).flagged is flagged


def visits(n, every=7, planned=7, by="priya"):
    return tuple(Visit(AT + k * every * DAY, f"{by}-{k}", by, planned) for k in range(n))


class TestManyDosesThatDoNotHelp:
    def courses(self, own=5, scores=((18, 18),)):
        told = [
            Score(f"i{k}", AT + day * DAY, total)
            for k, pair in enumerate(scores)
            for day, total in enumerate(pair)
        ]
        others = [Course(f"other-{k}", visits(2)) for k in range(3)]
        return [Course("ada", visits(own), tuple(told)), *others]

    @pytest.mark.parametrize(("last", "flagged"), [(17, False), (18, True), (19, True)])
    def test_more_than_twice_the_doses_of_others_and_no_better(self, last, flagged):
        one = found("DV-EXTRA", who="ada", courses=self.courses(scores=((18, last),)))
        assert (one.value, one.peer_median, one.flagged) == (5, 2, flagged)
        assert one.about == (f"i0 18 to {last}",)

    def test_twice_the_doses_of_others_is_not_many(self):
        said = patterns(book([]), Around(courses=self.courses(own=4)))
        assert [one for one in said if one.rule == "DV-EXTRA"] == []

    def test_one_instrument_that_got_better_is_enough(self):
        courses = self.courses(scores=((18, 19), (7, 4)))
        assert found("DV-EXTRA", who="ada", courses=courses).flagged is False

    @pytest.mark.parametrize("scores", [(), ((18,),)])
    def test_without_two_scores_nobody_is_called_better_or_not(self, scores):
        one = found("DV-EXTRA", who="ada", courses=self.courses(scores=scores))
        assert (one.flagged, one.about) == (False, ("no two scores to compare",))

    @pytest.mark.parametrize(("own", "flagged"), [(3, False), (4, True)])
    def test_three_doses_are_not_frequent(self, own, flagged):
        courses = self.courses(own=own)
        few = [replace(one, visits=one.visits[:1]) for one in courses[1:]]
        assert found("DV-EXTRA", who="ada", courses=[courses[0], *few]).flagged is flagged


class TestDosesBeforeTheirDay:
    @pytest.mark.parametrize(("every", "value"), [(7, 0), (6, 100), (8, 0)])
    def test_a_day_before_the_plan_is_early(self, every, value):
        one = found("DV-EARLY", who="priya", courses=[Course("ada", visits(21, every))])
        assert (one.n, one.value) == (20, value)

    @pytest.mark.parametrize(("early", "flagged"), [(4, False), (5, True)])
    def test_a_share_above_a_fifth_is_looked_at(self, early, flagged):
        courses = [Course(f"{k}", visits(2, 6 if k < early else 7)) for k in range(20)]
        one = found("DV-EARLY", who="priya", courses=courses)
        assert (one.value, one.flagged, len(one.about)) == (5 * early, flagged, early)

    @pytest.mark.parametrize(("n", "flagged"), [(20, False), (21, True)])
    def test_with_few_doses_nobody_is_named(self, n, flagged):
        one = found("DV-EARLY", who="priya", courses=[Course("ada", visits(n, 6))])
        assert one.flagged is flagged

    def test_a_plan_that_names_no_day_says_nothing(self):
        courses = [Course("ada", visits(21, 1, None))]
        assert patterns(book([]), Around(courses=courses)) == ()


def test_the_book_alone_shows_none_of_them():
    wastes = [waste(n) for n in range(20)]
    assert {one.rule for one in patterns(book(wastes))} == {"DV-PAIR"}
