"""The rules as pages: read, found, reviewed, tightened over a list of what would have changed."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access, Fact
from openketamine.clinic.library import commands as library
from openketamine.clinic.library.catalogue import rule_entries
from openketamine.clinic.library.commands import Seen
from openketamine.clinic.library.queries import own_limits, site
from openketamine.clinic.patients import commands, queries
from openketamine.clinic.rulebook import replay
from openketamine.clinic.rulebook.decisions import decisions
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.screening import house_limits
from openketamine.knowledge import documents

pytestmark = pytest.mark.django_db
PROTOCOL = "iv-depression"
LIMIT = "/knowledge/rules/BP-02/limits/defer.systolic.above/"
WHY = "our anaesthetist wants a margin"
PASSWORD = "a-test-password"


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def recorded(people, answered, fran, nora, priya, now):
    """Three people with a recorded evaluation each; their pressures of the day in their names."""
    found = []
    for number, pressure in enumerate(("124/78", "152/84", "146/82"), 1):
        person = people(fran, now, mrn=f"MRN010{number}", family=f"P{pressure[:3]}")
        answered(person, nora, now, pressure=pressure)
        known = queries.known(person)
        commands.record_evaluation(
            person, known.evaluated(PROTOCOL, date(2026, 11, 22)), priya, now
        )
        found.append(person)
    return found


def limit():
    return next(one for one in house_limits() if (one.rule, one.signal) == ("BP-02", "systolic"))


def tighten(miriam, now, value=150):
    proof = Proof(miriam, now, "password")
    library.tighten(limit(), Decimal(value), WHY, proof, now, Seen(0, 0, 0))


class TestReading:
    def test_every_rule_has_a_page_of_its_own(self, page, priya):
        for entry in rule_entries().values():
            shown = page(priya, f"/knowledge/rules/{entry.id}/")
            assert shown.status == 200, entry.id
            assert entry.first.summary in shown.text
            assert "Nobody has reviewed this yet." in shown.text, entry.id

    def test_a_page_says_what_it_says_on_both_sides_and_on_whose_word(self, page, priya):
        text = page(priya, "/knowledge/rules/BP-02/").text
        assert "Systolic blood pressure at or above 160 mmHg on the day of the dose" in text
        assert "Systolic blood pressure at or above 160 mmHg as the house 160 159" in text
        assert "Proposed: our own default. No single source stands behind it" in text
        assert "Rest and measure again." in text
        assert 'href="/knowledge/source/YALE24/"' in page(priya, "/knowledge/rules/BP-02/").html

    def test_background_is_said_to_be_unchecked(self, page, priya):
        text = page(priya, "/knowledge/rules/RC-30/").text
        assert "nobody has yet checked against its source" in text

    def test_a_rule_that_is_not_there_is_not_found(self, page, miriam):
        assert page(miriam, "/knowledge/rules/XX-1/").status == 404
        assert page(miriam, "/knowledge/rules/BP-02/limits/block.weight.above/").status == 404

    def test_a_finding_leads_to_its_rule(self, page, priya, recorded):
        html = page(priya, f"/people/{recorded[0].id}/evaluation/{PROTOCOL}/").html
        assert 'href="/knowledge/rules/RC-01/"' in html


class TestFinding:
    def test_all_rules_are_on_the_list(self, page, sam):
        html = page(sam, "/knowledge/rules/").html
        assert all(f'href="/knowledge/rules/{name}/"' in html for name in rule_entries())

    ASKED = (
        ("q=heart+attack", {"CI-06"}, {"BP-02"}),
        ("kind=alarm", {"AL-SPO2-1"}, {"BP-02"}),
        ("evidence=B", {"RC-30"}, {"BP-02"}),
        ("show=never", {"BP-02"}, set()),
        ("show=own", {"BP-02"}, {"CI-06"}),
        ("show=overridden", set(), {"BP-02", "CI-06"}),
    )

    @pytest.mark.parametrize(("query", "there", "gone"), ASKED, ids=[row[0] for row in ASKED])
    def test_words_and_choices_narrow_it(self, page, miriam, now, query, there, gone):
        tighten(miriam, now)
        html = page(miriam, f"/knowledge/rules/?{query}").html
        listed = set(re.findall(r'href="/knowledge/rules/([A-Z0-9-]+)/"', html))
        assert there <= listed
        assert not gone & listed

    def test_a_nonsense_choice_is_no_error(self, page, sam):
        assert page(sam, "/knowledge/rules/?kind=poem&show=x").status == 200

    def test_an_own_limit_that_counts_no_more_is_told_at_the_top(
        self, page, miriam, now, monkeypatch
    ):
        tighten(miriam, now)
        from openketamine.clinic.library import queries as kept

        harder = replace(limit(), value=Decimal(140))
        monkeypatch.setattr(kept, "house_limits", lambda: (harder,))
        kept._standing.cache_clear()
        text = page(miriam, "/knowledge/rules/").text
        kept._standing.cache_clear()
        assert "own limit of 150 mmHg for BP-02 counts no more" in text
        assert "The house value is 140 mmHg now" in text


SAID = {"verdict": "stands", "note": "", "next_due": "2027-11-22", "password": PASSWORD}


class TestReviewing:
    def test_the_director_signs_a_review_and_the_page_says_so(self, page, miriam, priya):
        answer = page(miriam, "/knowledge/rules/BP-02/review/", SAID)
        assert answer.status == 302
        text = page(priya, "/knowledge/rules/BP-02/").text
        assert "Dr Miriam Adeyemi 22-Nov-2026" in text
        assert "To be read again by 22-Nov-2027" in text
        assert "Nobody has reviewed" not in text

    def test_what_is_due_is_on_the_list_of_what_is_due(self, page, miriam, now):
        then = now - timedelta(days=366)
        proof = Proof(miriam, then, "password")
        library.record_review("BP-02", "stands", "", now.date(), proof, then)
        assert "BP-02" in page(miriam, "/knowledge/rules/?show=due").text
        assert "The review is overdue." in page(miriam, "/knowledge/rules/BP-02/").text

    WRONG = (
        ({"password": "wrong"}, "That is not your password"),
        ({"next_due": "2026-11-22"}, "day after today"),
        ({"verdict": "change"}, "at least 10 letters"),
        ({"next_due": ""}, "required"),
    )

    @pytest.mark.parametrize(("said", "words"), WRONG, ids=[row[1] for row in WRONG])
    def test_what_is_wrong_is_said_and_nothing_is_written(self, page, miriam, said, words):
        shown = page(miriam, "/knowledge/rules/BP-02/review/", SAID | said)
        assert shown.status == 400
        assert words in shown.text
        assert not Fact.objects.filter(stream="rules").exists()

    def test_only_the_director_is_offered_it(self, page, priya):
        assert "Record a review" not in page(priya, "/knowledge/rules/BP-02/").text


class TestTightening:
    def test_before_signing_stands_who_would_have_been_decided_differently(
        self, page, miriam, recorded
    ):
        shown = page(miriam, f"{LIMIT}?value=150")
        assert shown.status == 200
        assert "Decisions replayed 3 Decided differently 1" in shown.text
        assert "MRN0102" in shown.text
        assert "MRN0101" not in shown.text
        assert "Proceed with caution → becomes Defer" in shown.text
        assert "systolic 152 mmHg on 2026-11-22" in shown.text
        assert "0 of 3 before, 1 of 3 with it" in shown.text
        assert own_limits() == ()

    def sign(self, page, who, value, **more):
        seen = page(who, f"{LIMIT}?value={value}").hidden("seen")
        said = {"value": value, "seen": seen, "reason": WHY, "password": PASSWORD}
        return page(who, LIMIT, said | more)

    def test_signing_it_makes_every_decision_use_it_and_say_so(self, page, miriam, priya, recorded):
        assert self.sign(page, miriam, 150, understood="on").status == 302
        text = page(priya, f"/people/{recorded[1].id}/evaluation/{PROTOCOL}/").text
        assert "the clinic’s own limit for systolic: 150 mmHg, house 160 mmHg" in text
        assert f"set by Dr Miriam Adeyemi on 2026-11-22, because: {WHY}" in text
        rule = page(priya, "/knowledge/rules/BP-02/").text
        assert (
            f"house 160 mmHg. Set by Dr Miriam Adeyemi on 22-Nov-2026 14:00 because “{WHY}”" in rule
        )
        assert "1 of 3 recorded decisions would have changed" in rule

    def test_whoever_has_not_read_the_list_does_not_sign(self, page, miriam, recorded):
        shown = self.sign(page, miriam, 150)
        assert shown.status == 400
        assert "Read the list, and say that you have." in shown.text
        assert own_limits() == ()

    def test_a_limit_that_stops_everybody_says_so_and_asks_once_more(self, page, miriam, recorded):
        text = page(miriam, f"{LIMIT}?value=120").text
        assert "Every one of the 3 decisions would be a refusal." in text
        assert self.sign(page, miriam, 120).status == 400
        assert self.sign(page, miriam, 120, understood="on").status == 302

    def test_a_list_that_changed_meanwhile_is_shown_again_and_nothing_is_signed(
        self, page, miriam, recorded
    ):
        shown = self.sign(page, miriam, 150, understood="on", seen="9.9.9.9")
        assert shown.status == 400
        assert "recorded meanwhile" in shown.text
        assert shown.hidden("seen") == "3.1.1.1"
        assert own_limits() == ()

    WRONG = (
        ("161", "looser than the house value of 160 mmHg; a clinic may go only lower."),
        ("160", "is the house value"),
        ("20", "too low for a cuff"),
        ("many", "A number, please."),
    )

    @pytest.mark.parametrize(("value", "words"), WRONG)
    def test_a_looser_or_senseless_value_gets_one_sentence_and_no_form(
        self, page, miriam, value, words
    ):
        shown = page(miriam, f"{LIMIT}?value={value}")
        assert shown.status == 400
        assert words in shown.text
        assert "Your password" not in shown.text

    @pytest.mark.parametrize("value", ["161", "", "NaN", "1e999"])
    def test_nor_is_it_signed_past_the_form(self, page, miriam, value):
        said = {"value": value, "seen": "0.0.0", "reason": WHY, "password": PASSWORD}
        assert page(miriam, LIMIT, said).status == 400
        assert own_limits() == ()

    def test_a_wrong_password_signs_nothing(self, page, miriam):
        assert self.sign(page, miriam, 150, password="wrong").status == 400
        assert own_limits() == ()

    def test_the_way_back_is_signed_too(self, page, miriam, now, recorded):
        tighten(miriam, now)
        shown = page(miriam, f"{LIMIT}return/")
        assert "Decided differently 1" in shown.text
        assert "Defer → becomes Proceed with caution" in shown.text
        said = {"seen": shown.hidden("seen"), "reason": WHY, "password": PASSWORD}
        assert page(miriam, f"{LIMIT}return/", said | {"understood": "on"}).status == 302
        assert site() == ()
        assert "back to the house value of 160" in page(miriam, "/knowledge/rules/BP-02/").text

    def test_where_nothing_is_tightened_there_is_no_way_back(self, page, miriam):
        assert page(miriam, f"{LIMIT}return/").status == 302

    @pytest.mark.parametrize("who", ["priya", "nora", "aude", "fran"])
    def test_nobody_else_gets_there(self, page, cast, who):
        assert page(getattr(cast, who), LIMIT).status == 403

    @pytest.mark.hazard("HZ-15")
    def test_the_demonstration_says_so_there_too(self, page, miriam, settings):
        settings.OPENKETAMINE_DEMO = True
        for path in (f"{LIMIT}?value=150", "/knowledge/rules/", "/knowledge/decisions/"):
            assert "<b>DEMONSTRATION</b>" in page(miriam, path).html


class TestReplay:
    def test_what_nobody_changed_comes_out_as_it_was_recorded(self, recorded):
        diff = replay.since_recorded()
        assert (diff.replayed, diff.faithful, diff.changed) == (3, 3, ())
        assert diff.other_knowledge == 0

    def test_an_answer_given_later_is_not_read_into_a_decision_before_it(self, recorded, nora, now):
        later = now + timedelta(hours=1)
        commands.answer_question(recorded[0], "pregnancy", "pregnant", "", nora, later)
        assert replay.since_recorded().changed == ()

    def test_nor_is_a_record_that_came_later(self, recorded, people, conditions, fran, now):
        stroke = conditions("c9", "274100004", "Cerebral hemorrhage", "active")
        later = now + timedelta(hours=1)
        people(fran, later, mrn="MRN0101", family="P124", stroke=stroke)
        assert replay.since_recorded().changed == ()

    def test_the_pages_tell_what_the_limits_of_today_change(
        self, page, aude, miriam, now, recorded
    ):
        tighten(miriam, now)
        text = page(aude, "/knowledge/decisions/").text
        assert "3 of these decisions were taken under other knowledge or other limits" in text
        assert "Proceed with caution → becomes Defer" in text
        assert "MRN0102" in text

    def test_a_decision_whose_record_is_not_there_is_counted_and_not_guessed(
        self, recorded, monkeypatch
    ):
        monkeypatch.setattr(replay, "known_at", lambda *_: None)
        diff = replay.since_recorded()
        assert (diff.replayed, diff.gone, diff.not_replayed) == (0, 3, 3)

    def test_a_fact_that_is_no_evaluation_is_counted_as_unreadable(self, recorded, priya, now):
        import uuid

        from openketamine.clinic.journal.commands import Entry, append
        from openketamine.clinic.staff.authors import author_of

        body = {"protocol": PROTOCOL, "findings": []}
        entry = Entry(str(uuid.uuid4()), "evaluation_recorded", body, now, author_of(priya))
        append(recorded[0].stream, [entry], now)
        assert (decisions(10).unreadable, replay.since_recorded().unreadable) == (1, 1)

    def test_only_the_newest_are_replayed_and_the_others_are_counted(self, recorded):
        assert replay.since_recorded(most=2).older == 1

    def test_a_signed_order_is_a_decision_too(self, adaeze, cast, story, now):
        story(adaeze, cast, now + timedelta(hours=1))
        (one,) = decisions(10).decisions
        assert one.kind_words == "Signed order"
        assert one.evaluation.decision == "caution"
        assert replay.since_recorded().replayed == 1

    def test_whoever_stands_in_a_list_was_read_of(self, page, miriam, recorded):
        page(miriam, f"{LIMIT}?value=150")
        read = Access.objects.filter(person_id__isnull=False, what__startswith="rule.tighten")
        assert [one.person_id for one in read] == [recorded[1].pk]


class TestUses:
    def test_a_rule_says_how_often_it_was_found_and_overridden(self, page, fran, recorded):
        text = page(fran, "/knowledge/rules/RC-01/").text
        assert "Recorded evaluations 3 Signed orders 0" in text

    def test_in_whom_is_for_those_who_treat_or_audit(self, page, cast, recorded):
        for who, status in (("nora", 200), ("aude", 200), ("fran", 403), ("sam", 403)):
            shown = page(getattr(cast, who), "/knowledge/rules/RC-01/uses/")
            assert shown.status == status
            assert ("MRN0101" in shown.text) == (status == 200)
        assert "In whom" not in page(cast.fran, "/knowledge/rules/RC-01/").text

    def test_nobody_is_named_there_and_each_opening_is_noted(self, page, nora, recorded):
        text = page(nora, "/knowledge/rules/RC-01/uses/").text
        assert "P124" not in text
        noted = Access.objects.filter(what__startswith="rule-uses", person_id__isnull=False)
        assert {one.person_id for one in noted} == {person.pk for person in recorded}

    def test_an_override_stands_with_who_and_why(self, page, priya, nora, recorded, now):
        from openketamine.clinic.rulebook.uses import overridings

        body = {"rule": "RC-01", "reason_code": "other", "reason": "measured twice today"}
        from openketamine.clinic.patients.commands import _append

        _append(recorded[0], "finding_overridden", body, priya, now)
        text = page(nora, "/knowledge/rules/RC-01/uses/").text
        assert "Overridden 1 time" in text
        assert "“measured twice today”" in text
        assert "Dr Priya Raman" in text
        assert overridings("RC-01", 5)[1] == 1
        assert "RC-01" in page(nora, "/knowledge/rules/?show=overridden").text


# Every row of the table in the clinical file, by the words that its claim must hold.
CLAIMS = {
    "no-approved-form": "No form of ketamine is approved",
    "ketamine-is-approved": "Ketamine is approved by the FDA",
    "safe-in-children": "safe in children",
    "minimal-side-effects": "Side effects are minimal",
    "easy-at-home": "at home",
    "seventy-percent-success": "Seventy to eighty percent",
    "works-for-ptsd": "post-traumatic",
    "one-and-done": "one treatment is enough",
    "blocks-glutamate": "blocking glutamate",
    "prevents-suicide": "prevents suicide",
    "no-addiction-risk": "no risk of addiction",
    "no-bladder-harm": "bladder",
    "more-is-better": "higher dose works better",
    "benzodiazepines": "Benzodiazepines do not matter",
    "safe-with-mao-inhibitors": "MAO inhibitors",
    "ect-is-obsolete": "electroconvulsive",
    "who-calls-it-safe": "World Health Organization",
    "half-to-two-mg-per-kg": "0.5 to 2 mg/kg",
}


class TestClaims:
    def test_anyone_reads_them_without_signing_in(self, client):
        answer = client.get("/claims/")
        assert answer.status_code == 200
        html = answer.content.decode()
        for name, words in CLAIMS.items():
            article = re.search(rf'<article[^>]*id="{name}".*?</article>', html, re.DOTALL)[0]
            assert words in article, name

    def test_each_has_a_verdict_and_each_sentence_a_source_and_how_sure_we_are(self, client):
        html = client.get("/claims/").content.decode()
        for file in documents("claims"):
            article = re.search(rf'<article[^>]*id="{file.id}".*?</article>', html, re.DOTALL)[0]
            assert file.body["verdict"].capitalize() in article
            for sentence in re.findall(r"<li>.*?</li>", article, re.DOTALL):
                assert re.search(r'href="#source-\d+"', sentence)
                assert re.search(r"read in the source|to be checked|proposed default", sentence)

    def test_every_number_leads_to_a_source_on_the_page(self, client):
        html = client.get("/claims/").content.decode()
        cited = set(re.findall(r'href="#(source-\d+)"', html))
        assert cited
        assert cited == set(re.findall(r'<li id="(source-\d+)"', html))

    def test_it_says_that_no_clinician_has_reviewed_it(self, client):
        assert "No clinician has reviewed this page yet" in client.get("/claims/").content.decode()

    def test_nothing_of_the_clinic_is_on_it(self, client, recorded):
        html = client.get("/claims/").content.decode()
        assert "MRN0101" not in html
        assert "/people/" not in html

    def test_the_sign_in_page_leads_to_it(self, client, db):
        assert 'href="/claims/"' in client.get("/account/login/").content.decode()
