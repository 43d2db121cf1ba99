"""Stock pages: scanned, counted blind, answered, destroyed; the packet and what proves it."""

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse
from tests.clinic.pages.test_vial_pages import LABEL

from openketamine import cli
from openketamine.clinic.journal.models import Access
from openketamine.clinic.pharmacy import queries
from openketamine.clinic.pharmacy.models import Vial
from openketamine.clinic.pharmacy.packet_files import _cell

pytestmark = pytest.mark.django_db
SECOND = {"witness": "wes", "witness_password": "a-test-password"}
RANGE = "?since=2026-01-01&until=2026-12-31"
GTIN = "00301439509011"


@pytest.fixture
def vial(page, ines):
    page(ines, "/vials/receive/", LABEL | {"site": "Main", "cabinet": "Cabinet 1"})
    return Vial.objects.get()


class TestReceiving:
    def test_a_burst_of_the_scanner_fills_in_and_receives_nothing(self, page, ines, vial):
        code = f"]d201{GTIN}1728093010K9\x1d21S77"
        shown = page(ines, "/vials/receive/", {"scan": code})
        assert Vial.objects.count() == 1
        for part in ('value="K9"', 'value="2028-09-30"', 'value="0143-9509-01"', 'value="10"'):
            assert part in shown.html, part

    def test_a_code_that_cannot_be_read_is_said_so(self, page, ines):
        shown = page(ines, "/vials/receive/", {"scan": "garbage"})
        assert shown.status == 400
        assert "The code was not read" in shown.text

    def test_a_pack_of_troches_is_counted_by_the_piece(self, page, ines):
        label = LABEL | {"form": "troche", "unit_mg": "100", "units": "30"}
        del label["concentration_mg_per_ml"], label["volume_ml"]
        assert page(ines, "/vials/receive/", label).status == 302
        assert "100 mg in each" in page(ines, "/vials/").text
        assert "30 troches of 30 troches" in page(ines, "/vials/").text

    def test_a_second_person_verifies(self, page, ines, wes):
        page(ines, "/vials/receive/", LABEL | SECOND)
        assert "Wes Okafor" in page(ines, reverse("vial", args=[Vial.objects.get().pk])).text

    def test_many_with_one_label_come_in_together_or_not_at_all(self, page, ines):
        many = LABEL | {"containers": "3"}
        assert page(ines, "/vials/receive/", many | {"expiry": "2020-01-01"}).status == 400
        assert Vial.objects.count() == 0
        assert page(ines, "/vials/receive/", many).status == 302
        assert Vial.objects.filter(lot=LABEL["lot"]).count() == 3

    def test_without_an_initial_inventory_it_waits_for_somebody_who_says_so(self, page, ines, nora):
        said = "No initial inventory is on record"
        unsaid = {name: value for name, value in LABEL.items() if name != "without_inventory"}
        assert said in page(ines, "/vials/").text
        shown = page(ines, "/vials/receive/", unsaid)
        assert (shown.status, said in shown.text, Vial.objects.count()) == (400, True, 0)
        purpose = {"purpose": "initial", "moment": "opening"}
        assert page(ines, "/stock/counts/new/", purpose | {"counted": "1"}).status == 302
        sheet = queries.sheets()[0].id
        assert page(nora, f"/stock/counts/{sheet}/", {"counted": "1"}).status == 302
        assert page(ines, "/vials/receive/", unsaid).status == 302
        assert said not in page(ines, "/vials/").text

    def test_only_this_page_may_use_the_camera(self, client, ines):
        client.force_login(ines)
        allowed = client.get("/vials/receive/").headers["Permissions-Policy"]
        assert allowed.startswith("camera=(self), microphone=()")
        assert client.get("/vials/").headers["Permissions-Policy"].startswith("camera=()")

    @pytest.mark.parametrize("path", ["/vials/", "/stock/counts/", "/stock/packet/"])
    def test_every_page_of_stock_stands_under_vials(self, client, ines, path):
        client.force_login(ines)
        text = client.get(path).content.decode()
        place = re.search(r'<a[^>]*href="/vials/"[^>]*>\s*Vials', text)
        assert 'aria-current="' in place.group(0)

    def test_the_shelf_is_by_cabinet(self, page, ines, vial):
        assert "Main, Cabinet 1" in page(ines, "/vials/").text


@pytest.mark.hazard("HZ-11")
class TestBlindCount:
    def test_the_second_sees_neither_the_first_nor_the_book(self, page, ines, wes, vial):
        begun = {"counted": "1", "purpose": "shift", "moment": "close", str(vial.pk): "9.87"}
        assert page(ines, "/stock/counts/new/", begun).status == 302
        (sheet,) = queries.sheets()
        shown = page(wes, reverse("count-second", args=[sheet.id]))
        assert "9.87" not in shown.html
        assert "10 mL" not in shown.text
        assert (
            page(ines, reverse("count-second", args=[sheet.id]), {str(vial.pk): "9"}).status == 400
        )
        done = page(wes, reverse("count-second", args=[sheet.id]), {str(vial.pk): "9.86"})
        assert done.status == 302
        assert "Both agree" in page(ines, "/stock/counts/").text
        assert [case.difference for case in queries.cases()] == [-140]

    def test_an_inventory_that_is_missing_or_due_is_said(self, page, ines, wes):
        assert "No inventory is on record" in page(ines, "/stock/counts/").text
        begun = {"counted": "1", "purpose": "initial", "moment": "opening"}
        page(ines, "/stock/counts/new/", begun)
        page(wes, reverse("count-second", args=[queries.sheets()[0].id]), {"go": "1"})
        assert "Next inventory due by 22-Nov-2028" in page(ines, "/stock/counts/").text


@pytest.mark.hazard("HZ-11")
class TestDifference:
    @pytest.fixture
    def case(self, page, ines, vial):
        page(ines, reverse("vial-count", args=[vial.pk]), {"volume_ml": "9.8"})
        return queries.cases()[0]

    def test_it_says_what_is_due_by_when_and_from_where(self, page, ines, case):
        text = page(ines, reverse("difference", args=[case.id])).text
        assert "Notify the DEA field office in writing by 23-Nov-2026" in text
        assert "Submit Form 106 electronically by 06-Jan-2027" in text
        assert "Adjust the book" not in text

    def test_the_director_adjusts_and_the_officer_reports(self, page, cast, case):
        path = reverse("difference", args=[case.id])
        sent = {"do": "adjust", "adjust-cause": "measuring_loss", "adjust-words": "dead space"}
        sent |= {"adjust-" + name: value for name, value in SECOND.items()}
        assert page(cast.ines, path, sent).status == 200
        assert not queries.case(case.id).answered
        assert page(cast.miriam, path, sent).status == 302
        for step in ("dea_notified", "form_106_submitted"):
            sent = {"do": "step", "step-step": step, "step-words": "no. 1"}
            assert page(cast.ines, path, sent).status == 302
        assert queries.case(case.id).closed
        assert "Closed" in page(cast.ines, "/stock/differences/").text

    def test_it_is_not_adjusted_without_a_second_person(self, page, cast, case):
        sent = {"do": "adjust", "adjust-cause": "theft", "adjust-words": "so"}
        assert page(cast.miriam, reverse("difference", args=[case.id]), sent).status == 400


class TestCustody:
    @pytest.mark.parametrize(
        ("act", "sent", "said"),
        [
            ("quarantine", {"reason": "cracked"}, "Kept apart"),
            ("put", {"cabinet": "Cabinet 9"}, "Cabinet 9"),
            ("send", {"site": "North"} | SECOND, "Empty"),
            ("spill", {"volume_ml": "4", "reason": "breakage", "circumstances": "fell"} | SECOND,
             "6 mL"),
        ],
    )  # fmt: skip
    def test_what_was_done_with_it_stands_on_its_page(self, page, ines, wes, vial, act, sent, said):
        path = reverse(f"vial-{act}", args=[vial.pk])
        assert page(ines, path).status == 200
        assert page(ines, path, sent).status == 302
        assert said in page(ines, reverse("vial", args=[vial.pk])).text

    def test_a_shipment_is_under_way_until_two_people_receive_it(self, page, ines, wes, vial):
        page(ines, reverse("vial-send", args=[vial.pk]), {"site": "North"} | SECOND)
        (sent,) = queries.under_way()
        assert "Under way" in page(ines, "/vials/").text
        path = reverse("arrive", args=[sent.id])
        assert "sent to North by Inés Marín" in page(ines, path).text
        assert page(ines, path, {"cabinet": "Cabinet 7"}).status == 400
        assert page(ines, path, {"cabinet": "Cabinet 7"} | SECOND).status == 302
        assert "North, Cabinet 7" in page(ines, "/vials/").text
        assert queries.under_way() == []
        assert page(ines, path).status == 404

    def test_it_is_destroyed_by_two_with_its_form(self, page, ines, wes, vial):
        sent = {"do": "destroy", "destroy-vials": [str(vial.pk)], "destroy-method": "incineration",
                "destroy-place": "Site", "destroy-on": "2026-11-22"}  # fmt: skip
        assert page(ines, "/stock/dispose/", sent).status == 400
        sent |= {"destroy-" + name: value for name, value in SECOND.items()}
        assert page(ines, "/stock/dispose/", sent).status == 302
        assert "Inés Marín and Wes Okafor" in page(ines, "/stock/dispose/").text


@pytest.mark.hazard("HZ-11")
class TestPacket:
    @pytest.fixture
    def files(self, client, ines, told):
        client.force_login(ines)
        answer = client.get(f"/stock/packet/zip/{RANGE}")
        return zipfile.ZipFile(io.BytesIO(answer.getvalue()))

    def test_every_dose_has_every_column_of_the_regulation(self, client, ines, told, adaeze):
        client.force_login(ines)
        made = json.loads(client.get(f"/stock/packet/json/{RANGE}").getvalue())
        (dose,) = made["tables"]["administration"]
        assert dose["Person"] == "OKONKWO, Adaeze"
        assert dose["Given"] == "34.65 mg"
        assert dose["Units or volume"] == "0.693 mL"
        assert dose["Given by"] == "Nora Lindqvist"
        assert dose["Witness"] == "Wes Okafor"
        assert dose["Address"] == "not known"
        assert made["packet"]["chain"]["whole"] is True
        assert made["packet"]["initial_inventory"] is False
        names = Access.objects.filter(what__startswith="packet.read", person_id=adaeze.pk)
        assert names.count() == 1

    def test_book_and_chain_prove_themselves_without_a_clinic(self, files, tmp_path, capsys):
        files.extractall(tmp_path)
        assert cli.main(["ledger", "check", str(tmp_path / "book.jsonl"), "--json"]) == 0
        assert cli.main(["audit", "verify", str(tmp_path), "--json"]) == 0
        capsys.readouterr()

    @pytest.mark.parametrize("line", [0, 1, 2, -1])
    def test_a_tampered_byte_is_named_by_its_number(self, files, tmp_path, capsys, line):
        lines = files.read("journal.jsonl").decode().splitlines()
        lines[line] = lines[line].replace('"mass_ug": 4', '"mass_ug": 5').replace("K", "L", 1)
        (tmp_path / "journal.jsonl").write_text("\n".join(lines))
        assert cli.main(["audit", "verify", str(tmp_path / "journal.jsonl"), "--json"]) == 3
        said = json.loads(capsys.readouterr().out)
        assert said["broken"][0]["number"] == range(1, len(lines) + 1)[line]

    def test_a_missing_line_is_named(self, files, tmp_path, capsys):
        lines = files.read("journal.jsonl").decode().splitlines()
        (tmp_path / "journal.jsonl").write_text("\n".join(lines[:1] + lines[2:]))
        assert cli.main(["audit", "verify", str(tmp_path / "journal.jsonl"), "--json"]) == 3
        assert "missing" in capsys.readouterr().out

    def test_it_is_a_pdf_too(self, client, ines, told):
        client.force_login(ines)
        answer = client.get(f"/stock/packet/pdf/{RANGE}")
        assert answer.content.startswith(b"%PDF")

    def test_a_table_outside_of_the_range_is_empty(self, client, ines, told):
        client.force_login(ines)
        path = "/stock/packet/json/?since=2020-01-01&until=2020-12-31"
        assert json.loads(client.get(path).getvalue())["tables"]["administration"] == []

    @pytest.mark.parametrize(
        "query", ["", "?since=2026-02-01&until=2026-01-01", "?since=x&until=y"]
    )
    def test_a_range_that_is_none_is_refused(self, page, ines, query):
        assert page(ines, f"/stock/packet/pdf/{query}").status == 400

    @pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x"])
    def test_a_spreadsheet_reads_words_as_words(self, value):
        assert _cell(value) == f"'{value}"


@pytest.mark.hazard("HZ-16")
class TestPatterns:
    def test_the_director_sees_numbers_with_their_denominators(self, page, miriam, told):
        text = page(miriam, "/stock/patterns/").text
        assert "Nora Lindqvist share of what was withdrawn that was wasted 23 %" in text
        assert "of 1 sessions with drug withdrawn" in text
        assert "Too few to say" in text

    @pytest.mark.parametrize("name", ["nora", "ines", "priya", "aude", "sam", "fran", "theo"])
    def test_nobody_else_does(self, page, cast, name):
        assert page(getattr(cast, name), "/stock/patterns/").status == 403


def test_a_correction_waits_on_the_page_until_a_second_person_signs(page, cast, adaeze, story, now):
    from openketamine.clinic.sessions import commands
    from openketamine.clinic.sessions import queries as sessions

    told = story(adaeze, cast, now - timedelta(hours=4))
    stop = next(f for f in sessions.facts(told) if type(f.body).__name__ == "InfusionStopped")
    again = {
        "id": "6a1d0f0e-0000-4000-8000-0000000000aa", "kind": "rate_changed",
        "at": (stop.at - timedelta(minutes=10)).isoformat(),
        "body": {"rate_ul_per_h": 1000, "reason": "kinked line, found on the pump's log"},
    }  # fmt: skip
    commands.record_fact(told.id, again, cast.nora, now)
    shown = page(cast.wes, "/stock/differences/")
    assert "a correction of an amount needs a second person" in shown.text
    entry = next(e for e in queries.book().transfers.values() if e.corrects)
    assert page(cast.nora, f"/stock/sign/{entry.id}/", SECOND).status == 302
    assert (
        "second person" not in page(cast.wes, "/stock/differences/").text.split("On trays")[0][200:]
    )
