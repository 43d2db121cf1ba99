"""Attempts to break in, as docs/security/break-in.md tells them: each fails."""

import ast
import json
import socket
import uuid
from datetime import date
from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import escape
from tests.clinic.bedside import Bedside
from tests.clinic.test_access import GUARDED, address, places  # noqa: F401  (a fixture)
from tests.clinic.test_patients import bundle, patient, weight
from tests.devices.border import wait_for
from tests.devices.captures import BPM, HR, MDS, PID, RR, WHEN, message, numeric
from tests.devices.conftest import ATTACHED, clinic, connect, start_gateway  # noqa: F401

import openketamine.clinic
from openketamine.clinic.journal import clock
from openketamine.clinic.journal.models import Access, Fact
from openketamine.clinic.patients.commands import import_bundle
from openketamine.clinic.patients.models import Person
from openketamine.clinic.sessions import commands
from openketamine.clinic.sessions.commands import open_session
from openketamine.clinic.staff import credentials, proofs
from openketamine.clinic.staff.models import Staff
from openketamine.core.findings import BadInput
from openketamine.devices.connectors.mllp.framing import wrap

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]
PASSWORD = "a-test-password"
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><svg/onload=x>",
)
PROTOCOL = "iv-depression"


@pytest.fixture
def border(clinic):  # noqa: F811
    """The clinic's end of the gateway, which keeps what it was sent."""
    clinic.associations = ATTACHED
    return clinic


@pytest.fixture
def attached(border, start_gateway):  # noqa: F811
    """The gateway as a process of its own, with the monitor joined to somebody."""
    gateway = start_gateway(border.url)
    wait_for(lambda: border.heartbeats, 30)
    return gateway


def hostile_messages(evil):
    """A monitor with a script in every segment that has words, and a sender that is none."""
    words = f"OBX|9|ST|184330^MDC_DRUG_NAME_TYPE^MDC|1.1.2.1|{evil}||||||R|||{WHEN}"
    code = numeric(8, f"999999^{evil}", "1.9.9.9", "1", BPM)
    unit = numeric(7, RR, "1.20.1.1", "15", f"1^{evil}")
    rows = (MDS.replace("BEDMON", evil), numeric(2, HR, "1.5.1.1", "76", BPM), unit, code, words)
    named = PID.replace("FIXTURE^FERN", f"{evil}^{evil}")
    yield message(*rows, pid=named, control="E1")
    yield message(*rows, pid=named.replace("MRN7007", evil), control="E2")
    yield message(*rows, sender=evil, control="E3")
    yield message(*rows, control="E4").replace(b"|2.6", f"|{evil}".encode())


def signed_in(who, **more):
    client = Client(**more)
    client.force_login(who)
    return client


class TestForgedRequests:
    def test_no_address_that_writes_takes_a_post_without_the_token(self, cast, places):  # noqa: F811
        client = signed_in(cast.miriam, enforce_csrf_checks=True)
        taken = {}
        for pattern, name, _ in GUARDED:
            path = address(pattern, places)
            before = Fact.objects.count()
            answer = client.post(path, {"id": str(uuid.uuid4())})
            if answer.status_code not in (HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED):
                taken[name] = answer.status_code
            assert Fact.objects.count() == before, name
        assert taken == {}

    @pytest.mark.parametrize("kind", ["application/json", "text/plain"])
    def test_not_even_as_json_or_as_plain_text(self, cast, places, kind):  # noqa: F811
        client = signed_in(cast.nora, enforce_csrf_checks=True)
        path = f"/sessions/{places['session_id']}/facts"
        assert client.post(path, b"{}", content_type=kind).status_code == HTTPStatus.FORBIDDEN

    def test_no_read_changes_anything(self, cast, places):  # noqa: F811
        client = signed_in(cast.miriam)
        before = Fact.objects.count()
        for pattern, _, _ in GUARDED:
            client.get(address(pattern, places))
        assert Fact.objects.count() == before

    def test_a_sign_in_leads_nowhere_else(self, cast):
        for target in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
            answer = Client().post(
                f"/account/login/?next={target}",
                {"login": "nora", "password": PASSWORD, "next": target},
            )
            assert answer.status_code == HTTPStatus.FOUND
            assert "evil.example" not in answer["Location"]

    def test_another_host_name_is_refused(self, cast):
        answer = Client().get("/account/login/", HTTP_HOST="evil.example")
        assert answer.status_code == HTTPStatus.BAD_REQUEST

    def test_trace_is_not_answered(self, cast):
        answer = signed_in(cast.nora).trace("/", HTTP_X_SECRET="canary-header")
        assert b"canary-header" not in answer.content


class TestScripts:
    @pytest.fixture(params=PAYLOADS)
    def someone(self, request, cast, now):
        """Somebody whose record carries a script wherever a record has words."""
        evil = request.param
        named = patient(name=[{"family": evil, "given": [evil]}])
        coded = {"coding": [{"system": "http://snomed.info/sct", "code": evil}], "text": evil}
        more = [
            {"resourceType": "Condition", "id": "c", "code": coded},
            {"resourceType": "AllergyIntolerance", "id": "a", "code": {"text": evil}},
            {
                "resourceType": "MedicationRequest",
                "id": "m",
                "status": "active",
                "intent": "order",
                "medicationCodeableConcept": {"text": evil},
            },
            {"resourceType": "Procedure", "id": "p", "status": "completed", "code": coded},
        ]
        person = import_bundle(bundle(named, weight(70), *more), cast.fran, now).person
        return person, open_session(person.pk, PROTOCOL, cast.priya, now), evil

    @pytest.mark.hazard("HZ-15")
    def test_in_name_and_record_they_are_text_on_every_page(self, cast, someone):
        person, session, evil = someone
        client = signed_in(cast.priya)
        pages = (
            "/",
            "/people/",
            f"/people/?q={evil}",
            f"/people/{person.pk}/",
            f"/people/{person.pk}/notes/",
            f"/people/{person.pk}/evaluation/{PROTOCOL}/",
            f"/sessions/{session.pk}/",
            f"/sessions/{session.pk}/plan/",
            f"/sessions/{session.pk}/report/",
        )
        for path in pages:
            answer = client.get(path)
            assert answer.status_code == HTTPStatus.OK, path
            assert evil not in answer.content.decode(), path

    def test_in_a_heartbeat_of_a_gateway_they_are_text(self, cast, now):
        from openketamine.clinic.sessions import commands

        evil = PAYLOADS[0]
        device = {"device": evil, "kind": evil, "place": evil, "state": evil}
        said = {"gateway": evil, "devices": [device], "listeners": [], "at": now.isoformat()}
        try:
            commands.record_heartbeat(said, now)
        except BadInput:
            return  # refused is as good
        answer = signed_in(cast.nora).get("/devices/")
        assert evil not in answer.content.decode()

    @pytest.mark.parametrize("evil", PAYLOADS)
    def test_in_segments_of_hl7_they_are_text(self, cast, now, border, attached, connect, evil):  # noqa: F811
        """From the wire through the gateway that really runs to every page that shows a device."""
        wire = connect(attached.port)
        for one in hostile_messages(evil):
            wire.put(wrap(one))
            assert wire.answer()
        wait_for(lambda: border.received and border.heartbeats[-1]["health"]["devices"], 30)
        session = self.treated(cast, now)
        told = [{**one, "mrn": ""} for one in border.received]
        said = commands.record_readings("gw-1", [*border.received, *told], clock.now())
        assert said
        commands.record_heartbeat(border.heartbeats[-1], clock.now())
        pages = ("/devices/", f"/sessions/{session.pk}/", f"/sessions/{session.pk}/report/", "/")
        for path in pages:
            shown = signed_in(cast.nora).get(path)
            assert shown.status_code == HTTPStatus.OK, path
            assert evil not in shown.content.decode(), path
        content = signed_in(cast.nora).get("/devices/").content.decode()
        assert escape(evil)[:12] in content, "nothing of it reached the page: this proved nothing"

    def treated(self, cast, now):
        """Somebody in a chair, whose monitor is the one on the wire."""
        person = import_bundle(bundle(patient(), weight(70)), cast.fran, now).person
        session = open_session(person.pk, PROTOCOL, cast.priya, now)
        commands.attach_device(session.pk, "0A0B0CFFFE000042", "monitor", cast.nora, now)
        return session

    def test_no_page_lets_a_script_in_that_is_not_a_file_of_ours(self, cast, places):  # noqa: F811
        client = signed_in(cast.miriam)
        for pattern, name, _ in GUARDED:
            answer = client.get(address(pattern, places))
            policy = answer.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy, name
            assert "unsafe" not in policy, name


class TestTheServerAsksNobody:
    def test_nothing_in_the_clinic_can_open_an_address(self):
        """No library that speaks to another machine is imported by a page or a command. One module
        posts messages, to the addresses that the house's own settings name and to no other."""
        outward = {
            "httpx",
            "requests",
            "urllib.request",
            "http.client",
            "ftplib",
            "smtplib",
            "aiohttp",
        }
        root = Path(openketamine.clinic.__file__).parent
        postman = {root / "checkins" / "carriers.py"}
        for path in root.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                assert not outward & set(names) or path in postman, path

    def test_addresses_in_a_bundle_are_words(self, cast, now, monkeypatch):
        def refuse(*_):
            raise AssertionError("somebody was called")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        link = "http://169.254.169.254/latest/meta-data/"
        evil = patient(photo=[{"url": link}], generalPractitioner=[{"reference": link}])
        condition = {
            "resourceType": "Condition",
            "id": "c",
            "code": {"text": "x", "coding": [{"system": link, "code": "1"}]},
            "evidence": [{"detail": [{"reference": link}]}],
        }
        assert import_bundle(bundle(evil, weight(70), condition), cast.fran, now).person


class TestPaths:
    @pytest.mark.parametrize(
        "path",
        [
            "/static/../settings.py",
            "/static/..%2fsettings.py",
            "/static/%2e%2e/%2e%2e/settings.py",
            "/static/site/..\\..\\settings.py",
            "/knowledge/protocols/..%2f..%2fsources/",
            "/knowledge/..%2f..%2f..%2fetc/passwd/",
        ],
    )
    def test_no_address_leads_out_of_its_folder(self, cast, path):
        answer = signed_in(cast.miriam).get(path)
        assert answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST)

    def test_the_name_of_an_uploaded_file_is_never_a_path(self, cast, tmp_path):
        from django.core.files.uploadedfile import SimpleUploadedFile

        evil = SimpleUploadedFile("../../../evil.json", bundle(patient(), weight(70)))
        signed_in(cast.fran).post("/people/import/", {"bundles": evil})
        assert not list(Path.cwd().parent.glob("evil.json"))


class TestMoreThanWasAskedFor:
    def test_a_certificate_is_not_checked_by_who_hands_it_in(self, cast, now, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: now)
        said = {
            "type": "acls",
            "issuer": "x board",
            "number": "1",
            "issued": "2026-01-01",
            "expires": "2027-01-01",
            "checked_by": "Dr Miriam Adeyemi",
            "checked_at": "2026-01-02",
            "role": "medical_director",
            "staff_id": str(cast.wes.pk),
            "is_superuser": "on",
        }
        answer = signed_in(cast.nora).post("/staff/own/", said)
        assert answer.status_code == HTTPStatus.FOUND
        assert credentials.held(cast.nora)[0].checked_at is None
        assert credentials.held(cast.wes) == ()
        nora = Staff.objects.get(username="nora")
        assert (nora.role, nora.is_superuser) == ("nurse", False)

    def test_who_and_when_of_a_fact_are_the_servers(self, cast, places):  # noqa: F811
        fact = {
            "id": str(uuid.uuid4()),
            "kind": "note_written",
            "at": clock.now().isoformat(),
            "body": {"text": "hello"},
            "by": {"id": str(cast.priya.pk), "name": "Dr Priya Raman", "role": "prescriber"},
            "recorded_at": "2020-01-01T00:00:00+00:00",
            "number": 999,
            "hash": "0" * 64,
        }
        path = f"/sessions/{places['session_id']}/facts"
        signed_in(cast.nora).post(path, json.dumps(fact), content_type="application/json")
        row = Fact.objects.filter(pk=fact["id"]).first()
        assert row is None or (row.by_name, row.number != 999) == ("Nora Lindqvist", True)
        assert row is None or row.recorded_at.year > 2020

    def test_a_search_is_a_word_and_never_a_command(self, cast, now):
        import_bundle(bundle(patient(), weight(70)), cast.fran, now)
        answer = signed_in(cast.fran).get("/people/", {"q": "' OR '1'='1"})
        assert "Holt" not in answer.content.decode()
        assert Person.objects.count() == 1


class TestSomebodyElses:
    """Names of things are long and random; knowing one must not be enough."""

    def test_an_evaluation_is_found_under_its_own_person_only(self, cast, places, now):  # noqa: F811
        second = patient(identifier=[{"type": {"coding": [{"code": "MR"}]}, "value": "T-2"}])
        other = import_bundle(bundle(second, weight(60)), cast.fran, now).person
        pattern = next(path for path, name, _ in GUARDED if name == "evaluation-pdf")
        path = address(pattern, {**places, "person_id": str(other.pk)})
        assert signed_in(cast.priya).get(path).status_code == HTTPStatus.NOT_FOUND

    def test_a_certificate_is_checked_under_its_own_person_only(self, cast, now, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: now)
        card = credentials.Card("diversion", "x board", "", "", now.date(), now.date())
        theirs = credentials.record(cast.wes, card, cast.wes, now)
        path = f"/staff/{cast.nora.pk}/{theirs}/"
        said = {"what": "check", "words": "register of the board"}
        answer = signed_in(cast.miriam).post(path, said)
        assert answer.status_code == HTTPStatus.BAD_REQUEST
        assert credentials.held(cast.wes)[0].checked_at is None

    def test_who_may_not_learns_not_even_whether_it_exists(self, cast, places):  # noqa: F811
        client = signed_in(cast.ines)
        real = client.get(f"/people/{places['person_id']}/")
        none = client.get(f"/people/{uuid.uuid4()}/")
        assert real.status_code == none.status_code == HTTPStatus.FORBIDDEN
        assert Access.objects.filter(refused=True, by_name="Inés Marín").count() == 2


class TestTheStolenTablet:
    def test_what_it_carries_opens_nothing_once_the_account_is_closed(self, cast, now):
        from openketamine.clinic.staff import accounts

        tablet = Client()
        tablet.post("/account/login/", {"login": "nora", "password": PASSWORD})
        assert tablet.get("/").status_code == HTTPStatus.OK
        accounts.close(cast.nora, "the tablet was stolen", cast.sam, now)
        for path in ("/", "/people/", "/staff/own/"):
            assert tablet.get(path).status_code == HTTPStatus.FOUND

    def test_its_cookies_are_out_of_reach_of_a_script(self, cast):
        tablet = Client()
        tablet.post("/account/login/", {"login": "nora", "password": PASSWORD})
        for name in ("openketamine_session", "openketamine_device"):
            cookie = tablet.cookies[name]
            assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")

    def test_nothing_of_a_person_may_be_kept_by_the_browser(self, cast, places):  # noqa: F811
        client = signed_in(cast.priya)
        for pattern, name, _ in GUARDED:
            answer = client.get(address(pattern, places))
            assert "no-store" in answer.headers["Cache-Control"], name


class TestReplayedSignatures:
    """What was signed once is not signed again with the same proof, nor under another content."""

    def test_a_signature_sent_twice_is_one_and_elsewhere_none(self, cast, now):
        bed = Bedside(cast, now).opened().asked()
        asked = {"id": str(uuid.uuid4()), "password": PASSWORD, "dose_ug": bed.proposal().dose_ug}
        first = commands.sign_plan(bed.session.id, asked, cast.priya, now)
        assert commands.sign_plan(bed.session.id, asked, cast.priya, now) == first
        assert bed.kinds().count("PlanSigned") == 1
        other = Bedside(cast, now).opened(mrn="MRN0002", given="Bea").asked()
        with pytest.raises(commands.KeyReused):
            commands.sign_plan(other.session.id, asked, cast.priya, now)
        assert "PlanSigned" not in other.kinds()

    def test_a_plan_for_another_dose_than_the_one_on_the_page_is_not_signed(self, cast, now):
        bed = Bedside(cast, now).opened().asked()
        asked = {"id": str(uuid.uuid4()), "password": PASSWORD, "dose_ug": 1}
        with pytest.raises(BadInput, match="the dose that is proposed now"):
            commands.sign_plan(bed.session.id, asked, cast.priya, now)

    def test_a_proof_of_one_person_signs_for_nobody_else(self, cast, now):
        """The name of who signs is that of who is signed in; a colleague's secret is not theirs."""
        bed = Bedside(cast, now).opened().asked()
        cast.wes.set_password("another-password-than-hers")
        cast.wes.save()
        asked = {
            "id": str(uuid.uuid4()), "password": "another-password-than-hers",
            "dose_ug": bed.proposal().dose_ug, "username": "wes", "by": str(cast.wes.pk),
        }  # fmt: skip
        with pytest.raises(BadInput, match="proof"):
            commands.sign_plan(bed.session.id, asked, cast.priya, now)

    def test_what_is_signed_says_who_when_and_what_it_means(self, cast, now):
        """21 CFR 11.50: plan, report, override, evaluation, limit, review."""
        from openketamine.clinic.library import commands as library
        from openketamine.clinic.patients import commands as patients

        said = {**patients.MEANINGS, **library.MEANINGS}
        assert set(said) == {
            "finding_overridden", "evaluation_recorded", "limit_tightened", "limit_returned",
            "rule_reviewed",
        }  # fmt: skip
        proof = proofs.prove("miriam", PASSWORD, now=now)
        library.record_review("BP-02", "stands", "", date(2027, 11, 22), proof, now)
        fact = Fact.objects.get(kind="rule_reviewed")
        assert fact.body["meaning"] == said["rule_reviewed"]
        assert (fact.by_name, fact.at) == ("Dr Miriam Adeyemi", now)
        shown = signed_in(cast.miriam).get("/knowledge/rules/BP-02/").content.decode()
        assert escape(said["rule_reviewed"]) in shown


class TestTimingOfSignIn:
    def test_an_unknown_name_costs_as_many_hashes_as_a_wrong_password(self, cast, monkeypatch):
        """Counted and not measured: a clock in a test proves the machine, not the program."""
        from django.contrib.auth.hashers import MD5PasswordHasher

        made = []
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(
            MD5PasswordHasher, "encode", lambda *args: (made.append(1), encode(*args))[1]
        )
        counts = {}
        for name in ("nora", "nobody-of-that-name"):
            made.clear()
            Client().post("/account/login/", {"login": name, "password": "wrong"})
            signs_in = len(made)
            made.clear()
            with pytest.raises(BadInput):
                proofs.prove(name, "wrong", source="a screen")
            counts[name] = (signs_in, len(made))
        assert counts["nora"] == counts["nobody-of-that-name"] == (1, 1)
