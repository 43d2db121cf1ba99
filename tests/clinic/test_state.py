"""What a state lets a nurse do: read by us, or confirmed by the medical director with proof."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from tests.clinic.bedside import Bedside

from openketamine.clinic.pharmacy import queries as pharmacy
from openketamine.clinic.staff import state
from openketamine.clinic.staff.permission import Place, can
from openketamine.clinic.staff.proofs import Proof
from openketamine.core.findings import BadInput

pytestmark = [pytest.mark.django_db, pytest.mark.hazard("HZ-16")]
SAYS, SOURCE = "A nurse may run an infusion that a prescriber ordered.", "Board opinion, 2025"


@pytest.fixture
def wyoming(settings):
    settings.OPENKETAMINE_STATE = "US-WY"
    settings.OPENKETAMINE_CREDENTIALS = "required"


class TestConfirming:
    def confirm(self, who, now, says=SAYS, source=SOURCE, at=None):
        return state.confirm("US-WY", says, source, Proof(who, at or now, "password"), now)

    def test_it_takes_the_question_away(self, cast, now, wyoming):
        before = can(cast.nora, "infusion.start", Place("US-WY"), now)
        assert "SCOPE-00" in [one.rule for one in before.reasons]
        self.confirm(cast.miriam, now)
        after = can(cast.nora, "infusion.start", Place("US-WY"), now)
        assert "SCOPE-00" not in [one.rule for one in after.reasons]
        (said,) = state.confirmations("US-WY")
        assert (said.says, said.source, said.by) == (SAYS, SOURCE, "Dr Miriam Adeyemi")

    def test_another_state_stays_open(self, cast, now, wyoming):
        self.confirm(cast.miriam, now)
        answer = can(cast.nora, "infusion.start", Place("US-NV"), now)
        assert "SCOPE-00" in [one.rule for one in answer.reasons]

    @pytest.mark.parametrize("name", ["priya", "nora", "ines", "aude", "sam"])
    def test_only_the_director_confirms(self, cast, now, name):
        with pytest.raises(BadInput, match="medical director"):
            self.confirm(getattr(cast, name), now)

    @pytest.mark.parametrize("wrong", [{"says": " "}, {"source": ""}])
    def test_words_and_a_source_are_asked_for(self, cast, now, wrong):
        with pytest.raises(BadInput):
            self.confirm(cast.miriam, now, **wrong)

    def test_an_old_proof_is_none(self, cast, now):
        with pytest.raises(BadInput, match="just now"):
            self.confirm(cast.miriam, now, at=now - timedelta(hours=1))


class TestPage:
    @pytest.fixture
    def as_of(self, cast):
        def client(name):
            one = Client()
            one.force_login(getattr(cast, name))
            return one

        return client

    def test_an_unknown_state_is_confirmed_on_it(self, as_of, wyoming):
        miriam = as_of("miriam")
        assert "was not read by us" in miriam.get("/staff/state/").content.decode()
        sent = {"says": SAYS, "source": SOURCE, "password": "a-test-password"}
        wrong = miriam.post("/staff/state/confirm/", sent | {"password": "guess"})
        assert wrong.status_code == 400
        assert state.confirmations("US-WY") == []
        assert miriam.post("/staff/state/confirm/", sent).status_code == 302
        text = miriam.get("/staff/state/").content.decode()
        assert "US-WY is confirmed" in text
        assert SOURCE in text

    def test_an_auditor_reads_it_and_has_no_form(self, as_of, wyoming):
        aude = as_of("aude")
        assert "Your password" not in aude.get("/staff/state/").content.decode()
        sent = {"says": SAYS, "source": SOURCE, "password": "a-test-password"}
        assert aude.post("/staff/state/confirm/", sent).status_code == 403

    def test_a_state_that_was_read_shows_its_rules_and_asks_nothing(self, as_of, settings):
        settings.OPENKETAMINE_STATE = "US-AZ"
        text = as_of("miriam").get("/staff/state/").content.decode()
        assert "SCOPE-AZ-02" in text
        assert "Your password" not in text

    def test_without_a_state_no_rule_applies(self, as_of):
        assert "No state is set" in as_of("miriam").get("/staff/state/").content.decode()


class TestAtTheStart:
    """The way in which the drug goes in decides: a pump that runs, or all at once into the vein."""

    @pytest.fixture
    def bed(self, cast, now):
        return Bedside(cast, now).opened()

    def test_a_nurse_starts_an_infusion_in_arizona(self, bed, settings):
        settings.OPENKETAMINE_STATE = "US-AZ"
        bed.ready()
        bed.ask("start")
        assert bed.state["phase"] == "infusing"

    def test_in_a_state_that_nobody_confirmed_nobody_starts_and_nothing_is_written(
        self, bed, settings
    ):
        bed.ready()
        settings.OPENKETAMINE_STATE = "US-WY"
        settings.OPENKETAMINE_CREDENTIALS = "required"
        with pytest.raises(BadInput, match="confirms it locally"):
            bed.ask("start")
        assert "InfusionStarted" not in bed.kinds()
        assert pharmacy.tray(bed.session.id) > 0

    def test_a_bolus_by_a_nurse_is_refused_in_arizona(self, cast, now, settings):
        from openketamine.clinic.sessions._requests import let_by_state
        from openketamine.core.treatment import Author, Fact, facts, fold

        settings.OPENKETAMINE_STATE = "US-AZ"
        plan = facts.PlanSigned(
            "ketamine", "iv", 20_000, 0, 50_000, 400, 0, 70_000, "actual", {}, (), "sha256:x"
        )
        fact = Fact(str(uuid.uuid4()), now, Author("1", "P", "prescriber"), plan)
        said = fold([fact])
        with pytest.raises(BadInput, match="intravenous bolus"):
            let_by_state(cast.nora, said, now)
        let_by_state(cast.priya, said, now)
