"""Certificates: good to the end of their last day, checked by another, asked task by task."""

from datetime import date, datetime, time, timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from openketamine.clinic.journal import clock
from openketamine.clinic.pharmacy._people import checked_witness
from openketamine.clinic.staff import credentials, duty, proofs, rota
from openketamine.clinic.staff.credentials import Card
from openketamine.clinic.staff.permission import Place, can
from openketamine.clinic.staff.standing import standing, warnings
from openketamine.core.findings import BadInput
from openketamine.knowledge import documents

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]
PASSWORD = "a-test-password"
LAST_DAY = date(2026, 12, 31)


def card(type_="acls", expires=LAST_DAY, issued=date(2025, 1, 1), **more):
    given = {"issuer": "State board", "number": "N-1", "state": "US-AZ", **more}
    return Card(type=type_, issued=issued, expires=expires, **given)


@pytest.fixture
def hand_in(miriam, now):
    """A certificate of somebody, checked by the medical director."""

    def give(whose, *types, at=None, **more):
        for one in types:
            kept = credentials.record(whose, card(one, **more), whose, at or now)
            if whose != miriam:
                credentials.check(whose, kept, "register of the board", miriam, at or now)

    return give


@pytest.fixture
def complete(hand_in, nora):
    """Nora has everything that a nurse needs, ACLS to the end of the year."""
    hand_in(nora, "licence", "sedation", expires=date(2027, 6, 30))
    hand_in(nora, "acls")
    return nora


def local(day, hour, minute):
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


class TestInDate:
    def test_allowed_a_minute_before_midnight_and_refused_at_midnight(self, complete):
        assert can(complete, "infusion.start", at=local(LAST_DAY, 23, 59))
        answer = can(complete, "infusion.start", at=local(date(2027, 1, 1), 0, 0))
        assert not answer
        assert "Advanced cardiac life support (ACLS): ended on 31-Dec-2026." in answer.why

    def test_the_same_in_another_time_zone(self, complete):
        with timezone.override("America/Phoenix"):
            assert can(complete, "infusion.start", at=local(LAST_DAY, 23, 59))
            assert not can(complete, "infusion.start", at=local(date(2027, 1, 1), 0, 1))

    def test_it_is_refused_for_that_task_alone(self, complete):
        after = local(date(2027, 1, 1), 0, 1)
        assert not can(complete, "infusion.start", at=after)
        for task in ("chart.write", "drug.withdraw", "drug.witness", "session.read"):
            assert can(complete, task, at=after), task

    def test_each_reason_has_its_rule_and_its_source(self, complete):
        answer = can(complete, "infusion.start", at=local(date(2027, 1, 1), 0, 1))
        (reason,) = (one for one in answer.reasons if one.refuses)
        assert (reason.rule, reason.evidence) == ("CRED-02", "B")
        assert reason.source.startswith("ASRA18")

    def test_a_renewed_card_counts_and_the_old_one_stays_on_record(self, complete, hand_in):
        hand_in(complete, "acls", issued=date(2026, 12, 1), expires=date(2028, 11, 30))
        assert can(complete, "infusion.start", at=local(date(2027, 1, 1), 0, 1))
        assert len([one for one in credentials.held(complete) if one.type == "acls"]) == 2

    def test_one_that_has_not_begun_does_not_count(self, complete, hand_in, nora, now):
        for one in credentials.held(nora):
            if one.type == "acls":
                credentials.withdraw(nora, one.id, "entered by mistake", self.director(), now)
        hand_in(nora, "acls", issued=date(2027, 1, 5), expires=date(2028, 1, 5))
        answer = can(nora, "infusion.start", at=local(date(2027, 1, 4), 12, 0))
        assert "begins on 05-Jan-2027" in answer.why

    def director(self):
        from openketamine.clinic.staff.models import Staff

        return Staff.objects.get(username="miriam")

    def test_what_is_withdrawn_refuses_at_once(self, complete, miriam, now):
        acls = next(one for one in credentials.held(complete) if one.type == "acls")
        credentials.withdraw(complete, acls.id, "the card was revoked", miriam, now)
        assert "withdrawn (the card was revoked)" in can(complete, "infusion.start", at=now).why

    def test_what_was_true_yesterday_is_answered_for_yesterday(self, nora, hand_in, now):
        before = now - timedelta(days=1)
        hand_in(nora, "licence", "acls", "sedation")
        said = [one.says for one in can(nora, "infusion.start", at=before).reasons]
        assert all("not on record" in one for one in said)


class TestNotOnRecord:
    def test_it_is_said_and_never_taken_for_in_date(self, nora, now):
        answer = can(nora, "infusion.start", at=now)
        assert answer
        assert [one.says for one in answer.reasons if "not on record" in one.says]

    def test_it_refuses_where_the_clinic_says_so(self, nora, now, settings):
        settings.OPENKETAMINE_CREDENTIALS = "required"
        assert "ACLS): not on record" in can(nora, "infusion.start", at=now).why

    def test_one_that_nobody_checked_says_so(self, nora, now):
        for one in ("licence", "acls", "sedation"):
            credentials.record(nora, card(one), nora, now)
        said = [one.says for one in can(nora, "infusion.start", at=now).reasons]
        assert any("not yet checked with who issued it" in one for one in said)


class TestWho:
    def test_nobody_checks_their_own(self, miriam, now):
        own = credentials.record(miriam, card(), miriam, now)
        with pytest.raises(BadInput, match="nobody judges their own"):
            credentials.check(miriam, own, "register of the board", miriam, now)

    def test_a_nurse_checks_nobodys(self, nora, wes, now):
        theirs = credentials.record(wes, card(), wes, now)
        with pytest.raises(BadInput, match="somebody who may do this"):
            credentials.check(wes, theirs, "register of the board", nora, now)

    def test_a_nurse_hands_in_for_nobody_else(self, nora, wes, now):
        with pytest.raises(BadInput, match="the person themselves"):
            credentials.record(wes, card(), nora, now)

    @pytest.mark.parametrize(
        ("wrong", "expected"),
        [
            ({"type_": "sorcery"}, "type: expected one of"),
            ({"issuer": " "}, "issuer"),
            ({"type_": "licence", "state": ""}, "state"),
            ({"expires": date(2024, 1, 1)}, "expires: expected a day after"),
            ({"expires": None}, "expires: expected the last day"),
        ],
    )
    def test_a_card_that_is_none_is_refused(self, nora, now, wrong, expected):
        with pytest.raises(BadInput, match=expected):
            credentials.record(nora, card(**wrong), nora, now)
        assert credentials.held(nora) == ()

    def test_only_the_fingerprint_of_a_scan_is_kept(self, nora, now):
        credentials.record(nora, card(document=b"%PDF scan"), nora, now)
        assert len(credentials.held(nora)[0].document_sha256) == 64


class TestWhereItCounts:
    def test_a_witness_whose_licence_has_ended_is_refused(self, nora, wes, hand_in, now):
        hand_in(wes, "licence", expires=now.date() - timedelta(days=1))
        proof = proofs.prove("wes", PASSWORD, now=now)
        with pytest.raises(BadInput, match="State licence: ended on"):
            checked_witness(proof, nora, now)

    def test_the_door_of_the_console_refuses_too(self, complete, monkeypatch):
        after = local(date(2027, 1, 1), 0, 1)
        monkeypatch.setattr(clock, "now", lambda: after)
        monkeypatch.setattr(timezone, "now", lambda: after)
        client = Client()
        client.force_login(complete)
        address = "/sessions/00000000-0000-4000-8000-000000000000/requests/start"
        answer = client.post(address, b"{}", content_type="application/json")
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "ended on 31-Dec-2026" in answer.json()["error"]


class TestState:
    def test_a_state_that_was_read_says_what_it_lets_a_nurse_do(self, complete, priya, now):
        bolus = Place("US-AZ", "bolus")
        assert (
            "may not give ketamine as an intravenous bolus"
            in can(complete, "infusion.start", bolus, now).why
        )
        slow = Place("US-AZ", "continuous")
        said = [one.says for one in can(complete, "infusion.start", slow, now).reasons]
        assert any(one.startswith("No prescriber is on duty") for one in said)
        duty.take(priya, "prescriber", now)
        assert can(complete, "infusion.start", slow, now).reasons == ()

    def test_an_unknown_state_asks_for_local_confirmation(self, complete, now, settings):
        answer = can(complete, "infusion.start", Place("US-WY"), now)
        assert [one.rule for one in answer.reasons] == ["SCOPE-00"]
        assert answer
        settings.OPENKETAMINE_CREDENTIALS = "required"
        assert not can(complete, "infusion.start", Place("US-WY"), now)

    def test_no_state_no_rule_of_a_state(self, complete, now):
        assert can(complete, "infusion.start", Place(), now).reasons == ()

    def test_every_rule_names_tasks_roles_and_types_that_exist(self):
        from openketamine.clinic.staff.roles import ROLES, TASKS

        bodies = {one.id: one.body for one in documents("credentials")}
        rows = [*bodies["required"]["rules"], *bodies["scope"]["rules"], bodies["scope"]["unknown"]]
        for row in rows:
            assert set(row["tasks"]) <= set(TASKS), row["rule"]
            assert set(row["roles"]) <= set(ROLES), row["rule"]
            assert set(row.get("needs", ())) <= set(credentials.types()), row["rule"]


class TestWarnings:
    @pytest.mark.parametrize(
        ("days", "step"),
        [(91, None), (90, 90), (61, 90), (60, 60), (30, 30), (8, 30), (7, 7), (0, 7)],
    )
    def test_they_come_90_60_30_and_7_days_ahead(self, nora, hand_in, now, days, step):
        hand_in(nora, "acls", expires=timezone.localdate(now) + timedelta(days=days))
        found = [one for one, _, _ in warnings([standing(nora, now)])]
        assert found == ([step] if step else [])


class TestRota:
    def test_it_says_a_week_ahead_what_a_shift_lacks(self, cast, complete, hand_in, now):
        hand_in(complete, "bls")
        day = timezone.localdate(now) + timedelta(days=6)
        rota.plan(cast.nora, day, "morning", cast.fran, now)
        (shift,) = (one for one in rota.week(now) if one.people)
        assert shift.day == day
        assert "Lacks somebody who signs doses." in shift.lacks
        rota.plan(cast.priya, day, "morning", cast.fran, now)
        (shift,) = (one for one in rota.week(now) if one.people)
        assert shift.lacks == ()

    def test_a_certificate_that_will_have_ended_by_then_is_a_gap(self, cast, hand_in, now):
        day = timezone.localdate(now) + timedelta(days=5)
        hand_in(cast.nora, "licence", expires=day - timedelta(days=1))
        rota.plan(cast.nora, day, "afternoon", cast.fran, now)
        (shift,) = (one for one in rota.week(now) if one.people)
        assert any(one.startswith("Nora Lindqvist: State licence: ended") for one in shift.lacks)

    def test_a_plan_is_taken_back(self, cast, now):
        day = timezone.localdate(now)
        rota.plan(cast.nora, day, "morning", cast.fran, now)
        rota.unplan(cast.nora, day, "morning", cast.fran, now)
        assert not any(one.people for one in rota.week(now))

    def test_who_may_not_plan_plans_nothing(self, cast, now):
        with pytest.raises(BadInput, match="somebody who may do this"):
            rota.plan(cast.nora, timezone.localdate(now), "morning", cast.theo, now)
