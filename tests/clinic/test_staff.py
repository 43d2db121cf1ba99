"""Who works here, what each may do, and proofs of who they are."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client

from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access
from openketamine.clinic.staff import attempts, presence, proofs
from openketamine.clinic.staff.access import allowed
from openketamine.clinic.staff.models import Staff
from openketamine.clinic.staff.roles import ROLES, TASKS, can
from openketamine.core.findings import BadInput

PASSWORD = "a-test-password"

# The rows that matter most, written out by hand: a table that only repeats the code proves nothing.
MAY = {
    "plan.sign": {"priya", "miriam"},
    "finding.override": {"priya", "miriam"},
    "drug.withdraw": {"priya", "nora", "wes"},
    "drug.witness": {"priya", "miriam", "nora", "wes"},
    "infusion.start": {"priya", "miriam", "nora", "wes"},
    "session.read": {"priya", "miriam", "nora", "wes", "theo", "aude"},
    "person.read": {"priya", "miriam", "nora", "wes", "theo", "aude", "fran"},
    "person.import": {"priya", "miriam", "nora", "wes", "fran"},
    "vials.receive": {"ines", "miriam"},
    "audit.read": {"aude", "miriam"},
    "rule-uses.read": {"priya", "miriam", "nora", "wes", "aude"},
    "rule.review": {"miriam"},
    "rule.tighten": {"miriam"},
    "decisions.read": {"aude", "miriam"},
}


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
class TestRoles:
    @pytest.mark.parametrize("task", sorted(MAY))
    def test_a_task_is_done_by_those_and_nobody_else(self, cast, task):
        assert {name for name, who in cast.people.items() if can(who, task)} == MAY[task]

    def test_the_system_administrator_sees_no_person_and_no_drug(self, sam):
        assert {task for task in TASKS if can(sam, task)} == {
            "device.read",
            "device.attach",
            "account.read",
            "account.ask",
            "knowledge.read",
            "site.read",
            "passkey.read",
            "contact.own",
        }

    def test_the_auditor_writes_nothing(self, aude):
        assert {t.rpartition(".")[2] for t in TASKS if can(aude, t)} == {"read"}

    def test_a_stranger_may_nothing(self, stranger):
        assert not any(can(stranger, task) for task in TASKS)

    def test_who_left_may_nothing(self, nora):
        nora.is_active = False
        assert not any(can(nora, task) for task in TASKS)

    def test_a_refusal_says_who_does_it(self, fran):
        assert can(fran, "plan.sign").why == (
            "Front desk may not do this (plan.sign). It is done by: Medical director, Prescriber."
        )

    def test_every_role_does_something_and_every_task_is_done(self):
        assert set(ROLES) == {role for roles in TASKS.values() for role in roles}
        assert all(TASKS.values())

    def test_the_database_refuses_a_role_that_is_not_in_the_table(self, db):
        with pytest.raises(IntegrityError), transaction.atomic():
            Staff.objects.create(username="x", role="wizard", display_name="X")

    def test_a_guard_for_a_task_that_is_not_in_the_table_cannot_be_written(self):
        with pytest.raises(ValueError, match="task: expected one of the table"):
            allowed("chart.raed")


@pytest.mark.django_db
@pytest.mark.hazard("HZ-16")
class TestTheGuard:
    @pytest.fixture
    def view(self):
        return allowed("plan.sign")(lambda request: HttpResponse("signed"))

    def ask(self, rf, view, user, **headers):
        request = rf.post("/x/", headers=headers)
        request.user = user
        return view(request)

    def test_it_lets_in_who_may_and_records_it(self, rf, view, priya):
        assert self.ask(rf, view, priya).content == b"signed"
        access = Access.objects.get()
        assert (access.by_name, access.refused) == ("Dr Priya Raman", False)
        assert access.what == "plan.sign · POST"

    def test_it_refuses_who_may_not_and_records_that(self, rf, view, nora):
        answer = self.ask(rf, view, nora, accept="application/json")
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert b"Nurse may not do this" in answer.content
        access = Access.objects.get()
        assert (access.by_name, access.refused) == ("Nora Lindqvist", True)

    def test_it_sends_a_stranger_to_the_sign_in(self, rf, view, stranger):
        assert self.ask(rf, view, stranger).status_code == HTTPStatus.FOUND
        answer = self.ask(rf, view, stranger, accept="application/json")
        assert answer.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.django_db
@pytest.mark.hazard("HZ-12")
class TestProofs:
    def test_the_own_password_is_a_proof(self, wes, now):
        proof = proofs.prove("wes", PASSWORD, now=now)
        assert (proof.staff, proof.at, proof.method) == (wes, now, "password")

    @pytest.mark.parametrize(
        ("username", "password"), [("wes", "wrong"), ("nobody", PASSWORD), ("wes", ""), ("", "")]
    )
    def test_anything_else_is_refused_in_the_same_words(self, wes, now, username, password):
        with pytest.raises(BadInput) as refused:
            proofs.prove(username, password, now=now)
        assert str(refused.value) == (
            "proof: expected the name and the own password or code of a person who works here"
        )
        assert Access.objects.get().refused

    def test_who_left_proves_nothing(self, wes, now):
        Staff.objects.filter(pk=wes.pk).update(is_active=False)
        with pytest.raises(BadInput):
            proofs.prove("wes", PASSWORD, now=now)

    def test_the_code_of_the_second_factor_is_a_proof_once(self, wes):
        secret = "JBSWY3DPEHPK3PXP"
        TOTP.activate(wes, secret)
        moment = clock.now()
        code = format_hotp_value(hotp_value(secret, int(moment.timestamp()) // 30))
        assert proofs.prove("wes", otp=code, now=moment).method == "code"
        with pytest.raises(BadInput):
            proofs.prove("wes", otp=code, now=moment)

    def test_a_code_proves_nothing_for_a_person_without_a_second_factor(self, wes, now):
        with pytest.raises(BadInput):
            proofs.prove("wes", PASSWORD, otp="123456", now=now)

    def test_five_failures_lock_the_name_for_that_source_only(self, wes, now):
        for _ in range(5):
            with pytest.raises(BadInput, match="own password"):
                proofs.prove("wes", "wrong", source="tablet-1", now=now)
        with pytest.raises(BadInput, match="too many wrong attempts"):
            proofs.prove("wes", PASSWORD, source="tablet-1", now=now)
        assert proofs.prove("wes", PASSWORD, source="tablet-2", now=now).staff == wes

    def test_the_lock_opens_by_itself(self, wes, now):
        for _ in range(5):
            with pytest.raises(BadInput):
                proofs.prove("wes", "wrong", source="tablet-1", now=now)
        later = now + attempts.FIRST_WAIT + timedelta(seconds=1)
        assert proofs.prove("wes", PASSWORD, source="tablet-1", now=later).staff == wes


@pytest.mark.django_db
class TestSigningOff:
    @pytest.fixture
    def clock_at(self, monkeypatch, now):
        """Set the clock of the clinic to so many seconds after `now`."""

        def set_to(seconds):
            monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=seconds))

        set_to(0)
        return set_to

    @pytest.fixture
    def signed_in(self, nora, clock_at):
        client = Client()
        client.force_login(nora)
        self.visit(client)
        return client

    def visit(self, client, **headers):
        client.get("/account/logout/", headers=headers)
        return "_auth_user_id" in client.session

    @pytest.mark.parametrize(("away", "still_in"), [(899, True), (900, True), (901, False)])
    def test_it_comes_after_a_quarter_of_an_hour_without_an_action(
        self, signed_in, clock_at, away, still_in
    ):
        clock_at(away)
        assert self.visit(signed_in) is still_in

    def test_each_action_starts_the_time_anew(self, signed_in, clock_at):
        for away in (800, 1600, 2400):
            clock_at(away)
            assert self.visit(signed_in)

    def test_what_a_page_asks_by_itself_is_no_action(self, signed_in, clock_at):
        clock_at(800)
        assert self.visit(signed_in, x_openketamine_background="1")
        clock_at(1000)
        assert not self.visit(signed_in)

    def test_the_console_of_a_running_dose_counts_as_presence(self, signed_in, clock_at, now):
        for minutes in range(1, 60):
            presence.still_watching(signed_in.session.session_key, now + timedelta(minutes=minutes))
        clock_at(3600)
        assert self.visit(signed_in)

    @pytest.mark.hazard("HZ-01")
    def test_the_console_of_somebody_in_recovery_stays_for_a_long_day_and_no_longer(
        self, signed_in, clock_at, now
    ):
        key = signed_in.session.session_key
        for minutes in range(0, 12 * 60, 10):
            presence.still_watching(key, now + timedelta(minutes=minutes), dose_runs=False)
        clock_at(12 * 3600 - 60)
        assert self.visit(signed_in)
        presence.still_watching(key, now + timedelta(hours=12, minutes=5), dose_runs=False)
        clock_at(12 * 3600 + 400)
        assert not self.visit(signed_in)

    def test_presence_does_not_bring_back_who_was_away_too_long(self, signed_in, clock_at, now):
        presence.still_watching(signed_in.session.session_key, now + timedelta(minutes=16))
        clock_at(16 * 60)
        assert not self.visit(signed_in)

    def test_presence_of_nobody_is_nothing(self, db, now):
        presence.still_watching("no-such-session", now)
