"""What a clinic makes of the rules: its own limits, which are only ever stricter, and reviews."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from openketamine.clinic.journal.models import Fact
from openketamine.clinic.library import commands, queries
from openketamine.clinic.library.catalogue import rule_entries
from openketamine.clinic.library.commands import Seen
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput
from openketamine.core.screening import digest_with, evaluate, house_limits

pytestmark = pytest.mark.django_db
SEEN = Seen(replayed=4, changed=1, not_replayed=0)
WHY = "our anaesthetist wants a margin"


def limit(rule="BP-02", action="defer", signal="systolic", side="above"):
    key = (rule, action, signal, side)
    return next(h for h in house_limits() if (h.rule, h.action, h.signal, h.side) == key)


@pytest.fixture
def proof(miriam, now):
    return Proof(miriam, now, "password")


@pytest.fixture
def tighten(proof, now):
    def to(value, reason=WHY, **which):
        commands.tighten(limit(**which), Decimal(value), reason, proof, now, SEEN)

    return to


class TestLimits:
    def test_without_an_own_limit_the_house_counts(self):
        assert queries.site() == ()
        assert queries.own_limits() == ()

    def test_a_tightened_limit_is_given_to_every_evaluation_with_who_when_and_why(self, tighten):
        tighten(150)
        (own,) = queries.site()
        assert (own.rule, own.signal, own.value, own.reason) == ("BP-02", "systolic", 150, WHY)
        assert (own.by, own.on) == ("Dr Miriam Adeyemi", date(2026, 11, 22))

    def test_it_can_be_tightened_further(self, tighten):
        tighten(150)
        tighten(145)
        assert [own.value for own in queries.site()] == [145]

    def test_and_returned_to_the_house_value_with_a_reason(self, tighten, proof, now):
        tighten(150)
        commands.return_to_house(limit(), "nobody was helped by it", proof, now, SEEN)
        assert queries.site() == ()
        words = [(one.words, one.by) for one in queries.limit_changes("BP-02")]
        assert [who for _, who in words] == ["Dr Miriam Adeyemi"] * 2
        assert "back to the house value of 160" in words[0][0]
        assert "tightened to 150 mmHg, house 160 mmHg" in words[1][0]

    def test_nothing_of_it_can_be_changed_in_the_book(self, tighten):
        tighten(150)
        from django.db import DatabaseError, transaction

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Fact.objects.filter(stream="rules").update(kind="x")

    REFUSED = (
        ({}, 161, "looser than the house value of 160 mmHg; a clinic may go only lower"),
        ({}, 160, "is the house value"),
        ({}, 25, "too low for a cuff"),
        ({}, -5, "zero or less"),
        ({}, "NaN", "a number"),
        ({}, "1e999", "a number"),
        ({"rule": "VS-02", "signal": "spo2", "side": "below"}, 93, "may go only higher"),
        ({"rule": "VS-02", "signal": "spo2", "side": "below"}, 101, "more than 100 %"),
        ({"rule": "CI-10", "action": "block", "signal": "age", "side": "below"}, 17, "only higher"),
    )

    @pytest.mark.parametrize(("which", "value", "words"), REFUSED, ids=[r[2][:20] for r in REFUSED])
    def test_a_looser_or_a_senseless_value_is_refused_in_one_sentence(
        self, tighten, which, value, words
    ):
        with pytest.raises(BadInput, match=words):
            tighten(value, **which)
        assert queries.own_limits() == ()

    def test_a_refusal_names_field_house_value_and_direction(self):
        why = commands.why_not(limit(), Decimal(165))
        assert why == (
            "Systolic of BP-02: 165 mmHg would be looser than the house value of 160 mmHg; "
            "a clinic may go only lower."
        )

    def test_it_is_not_loosened_halfway(self, tighten):
        tighten(150)
        for value in (150, 155):
            with pytest.raises(BadInput, match=r"already|return to the house value of 160 mmHg"):
                tighten(value)

    @pytest.mark.parametrize("reason", ["", "   ", "too short"])
    def test_without_a_reason_nothing_is_written(self, tighten, reason):
        with pytest.raises(BadInput, match="reason"):
            tighten(150, reason)

    def test_nothing_to_return_is_said_so(self, proof, now):
        with pytest.raises(BadInput, match="that this clinic has tightened"):
            commands.return_to_house(limit(), WHY, proof, now, SEEN)

    @pytest.mark.parametrize("who", ["priya", "nora", "aude", "sam"])
    def test_nobody_but_the_director(self, cast, now, who):
        proof = Proof(getattr(cast, who), now, "password")
        with pytest.raises(BadInput, match=r"rule\.tighten"):
            commands.tighten(limit(), Decimal(150), WHY, proof, now, SEEN)

    def test_a_proof_of_a_while_ago_is_none(self, proof, now):
        later = now + timedelta(minutes=3)
        with pytest.raises(BadInput, match="just now"):
            commands.tighten(limit(), Decimal(150), WHY, proof, later, SEEN)

    def test_both_sides_of_a_signal_are_two_limits(self, tighten):
        tighten(55, rule="VS-01", signal="heart_rate", side="below")
        tighten(100, rule="VS-01", signal="heart_rate", side="above")
        assert {(own.side, own.value) for own in queries.site()} == {("below", 55), ("above", 100)}

    def test_a_house_that_became_stricter_counts_and_the_own_limit_says_nothing(
        self, tighten, monkeypatch
    ):
        tighten(150)
        queries._standing.cache_clear()
        harder = replace(limit(), value=Decimal(140))
        monkeypatch.setattr(queries, "house_limits", lambda: (harder,))
        assert queries.site() == ()
        assert [own.holds for own in queries.own_limits()] == [False]
        queries._standing.cache_clear()

    def test_a_rule_that_is_gone_is_told_and_breaks_nothing(self, tighten, monkeypatch):
        tighten(150)
        queries._standing.cache_clear()
        monkeypatch.setattr(queries, "house_limits", tuple)
        assert queries.site() == ()
        (own,) = queries.own_limits()
        assert (own.holds, own.shown, own.house_shown) == (False, "150 mmHg", "160 mmHg")
        queries._standing.cache_clear()

    def test_what_was_seen_before_signing_is_kept(self, tighten):
        tighten(150)
        body = Fact.objects.get(stream="rules").body
        assert body["seen"] == {"replayed": 4, "changed": 1, "not_replayed": 0}
        assert body["knowledge"] == digest_with(())


class TestReviews:
    def test_nobody_has_reviewed_a_rule_until_somebody_does(self):
        entry, found = rule_entries()["BP-02"], queries.reviews("BP-02")
        assert queries.review_state(entry, found, date(2026, 11, 22)).state == "never"

    def test_a_review_holds_until_it_is_due(self, proof, now):
        due = date(2027, 11, 22)
        commands.record_review("BP-02", "stands", "", due, proof, now)
        entry, found = rule_entries()["BP-02"], queries.reviews("BP-02")
        state = lambda day: queries.review_state(entry, found, day).state  # noqa: E731
        assert (state(date(2027, 11, 21)), state(due)) == ("ok", "due")
        assert (found[0].by, found[0].next_due) == ("Dr Miriam Adeyemi", due)

    def test_a_rule_that_changed_since_says_so(self, proof, now):
        commands.record_review("BP-02", "stands", "", date(2027, 11, 22), proof, now)
        other = replace(rule_entries()["BP-02"], content="another")
        found = queries.reviews("BP-02")
        assert queries.review_state(other, found, date(2026, 12, 1)).state == "changed"

    def test_who_wants_a_change_says_which(self, proof, now):
        with pytest.raises(BadInput, match="note"):
            commands.record_review("BP-02", "change", "", date(2027, 11, 22), proof, now)

    REFUSED = (
        ("NO-99", "stands", date(2027, 1, 1), "rule"),
        ("BP-02", "perfect", date(2027, 1, 1), "verdict"),
        ("BP-02", "stands", date(2026, 11, 22), "next due"),
    )

    @pytest.mark.parametrize(("rule", "verdict", "due", "field"), REFUSED)
    def test_what_makes_no_sense_is_refused(self, proof, now, rule, verdict, due, field):
        with pytest.raises(BadInput, match=field):
            commands.record_review(rule, verdict, "", due, proof, now)

    def test_a_prescriber_does_not_review_rules(self, priya, now):
        with pytest.raises(BadInput, match=r"rule\.review"):
            commands.record_review(
                "BP-02", "stands", "", date(2027, 1, 1), Proof(priya, now, "password"), now
            )


class TestCatalogue:
    def test_every_rule_of_the_evaluator_has_an_entry_with_words(self):
        from openketamine.core.screening._rules import rules

        assert {rule.id for rule in rules()} <= set(rule_entries())
        for entry in rule_entries().values():
            for grade in entry.grades:
                assert grade.summary
                assert grade.sources, entry.id
                assert grade.evidence, entry.id

    def test_every_limit_that_may_be_tightened_stands_on_a_page_with_examples(self):
        shown = {
            one.house: one
            for entry in rule_entries().values()
            for grade in entry.grades
            for one in grade.limits
            if one.house
        }
        assert set(shown) == set(queries.every_limit())
        assert all(one.met and one.not_met for one in shown.values())

    def test_each_rule_that_can_raise_says_what_raises_it(self):
        silent = [
            entry.id
            for entry in rule_entries().values()
            if entry.first.folder in ("contraindications", "interactions")
            and not all(grade.raised_by for grade in entry.grades)
        ]
        assert silent == []

    def test_the_strictest_grade_comes_first(self):
        assert rule_entries()["DDI-04"].first.level == "override"


def test_an_evaluation_with_the_clinics_limits_is_what_the_core_says(tighten):
    from tests.core.people import TODAY, person, pressure

    tighten(150)
    found = evaluate(person(pressure(152, 80)), "iv-depression", TODAY, site=queries.site())
    assert found.decision == "defer"
    assert "Dr Miriam Adeyemi" in str(found.as_json()["findings"])
